// A topology with its code: every node's instance made and bound, every edge's schema known. What lint checks
// and what a run starts from.
//
// Threads: one host thread.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <weir/ext/query.h>
#include <weir/types.hpp>

#include "host/engine/connections.hpp"
#include "host/engine/instance.hpp"
#include "host/engine/key_hash.hpp"
#include "host/topology/diagnostic.hpp"
#include "host/topology/topology.hpp"

namespace weir::host {

// What a topology has open. Whoever is left with the last reference destroys it.
using Connections = std::vector<std::shared_ptr<ConnectionInstance>>;

struct PlanOptions {
    bool check_only = false;  // create and bind, never open: for lint; one instance a node
    std::chrono::microseconds connect_timeout{std::chrono::seconds(30)};
    Connections running = {};  // of the graph whose place it is to take: what is declared alike is used, and not made anew
};

// An output port as bound: its schema, and the edges (indices into Topology::edges) that read it.
struct PlannedPort {
    std::string name;
    Schema schema;
    std::shared_ptr<ArrowSchema> abi_schema;  // the same; batches point to it
    uint32_t stream = WEIR_STREAM_ROWS;
    std::vector<int> edges;
};

// Which instances of its node an edge's rows reach.
enum class Routing {
    kForward,    // the one on the worker where they are
    kKeyed,      // the one that owns their key group
    kBroadcast,  // all of them
};

struct PlannedEdge {
    Routing routing = Routing::kForward;
    std::optional<KeyHasher> hasher;  // kKeyed by `key:`; without one the operator computes its own key
    std::string key_kinds = {};       // of the hasher's columns: "integer, text" (KeyCodec::kinds)
};

// Where a node's event time is: a port, and a column of it.
struct PlannedTime {
    size_t port = 0, column = 0;
};

struct PlannedNode {
    std::vector<std::unique_ptr<Instance>> instances;  // one a worker
    std::vector<int> inputs;           // edges, in the order in which process numbers them
    std::vector<PlannedPort> outputs;  // the descriptor's, then `errors`
    std::optional<PlannedTime> event_time;  // where the node declares it

    Instance& instance(uint32_t worker = 0) const { return *instances[worker]; }
};

// What answers a view of the topology.
struct PlannedView {
    Schema schema;                 // latest: as its rows are kept
    std::vector<std::string> key;  // latest: whose last rows are kept; empty: the last rows
    std::string connection;        // query: its name
    const weir_query_api* api = nullptr;  // query
};

class Plan {
public:
    // Creates connections and instances and binds them. Errors go to `diagnostics` at the place of the value at
    // fault, all that can be found at once; null if there was one. `topology` and `resolver` must outlive the plan.
    static std::unique_ptr<Plan> build(const Topology& topology, OperatorResolver& resolver, const PlanOptions& options,
                                       Diagnostics& diagnostics);
    ~Plan();

    const Topology& topology() const { return topology_; }
    std::vector<PlannedNode>& nodes() { return nodes_; }
    const std::vector<PlannedNode>& nodes() const { return nodes_; }
    const std::vector<PlannedEdge>& edges() const { return edges_; }  // as Topology::edges
    // Where rows of an edge, an index into Topology::edges, come from.
    const PlannedPort& port_of(int edge) const;
    // Of a node with `key:`: of what kinds its columns are, on which the bytes of a key depend. None: it has no such key.
    std::optional<std::string> key_kinds(size_t node) const;
    const std::vector<PlannedView>& views() const { return views_; }  // as Topology::views
    uint32_t workers() const { return workers_; }
    // The connection that decides the epochs of an exactly-once topology; null if none does.
    ConnectionInstance* decider() const { return decider_; }
    // Whether anything of it is worth keeping: state of a node, or a promise that needs positions; and whether what
    // its connections reach is gone with this process.
    bool has_state() const;
    bool is_ephemeral() const;
    const Connections& connections() const { return connections_; }  // as Topology::connections
    // Nodes whose instances, open as they are, can be those of a node of `next`: (here, there). They are declared alike, made of
    // the same code and bound to the same, and so are those before them, as far as batches show that they may hold.
    using Moves = std::vector<std::pair<size_t, size_t>>;
    Moves moves_to(const Plan& next) const;
    // Moves them there, in the place of those that `next` has made. REQUIRES: of moves_to; they have left their hosts.
    void move(Plan& next, const Moves& moves);
    // Whether a plugin was refused (exit code 3 rather than 2).
    bool plugin_refused() const { return plugin_refused_; }

private:
    Plan(const Topology& topology, OperatorResolver& resolver, const PlanOptions& options, Diagnostics& diagnostics)
        : topology_(topology), resolver_(resolver), options_(options), diagnostics_(diagnostics) {}

    bool create_connections();
    Result<std::shared_ptr<ConnectionInstance>> connection_of(const ConnectionSpec& spec) const;
    bool create_instances();
    void wire();
    bool bind_all();
    enum class Round {
        kOffered,  // what there could be on each edge, metadata included
        kReads,    // what a node reads when only the wanted columns are read of it
        kFinal,
    };
    bool bind_node(size_t node, Round round);
    bool route_edges();
    bool route_edge(size_t edge);
    bool bind_keyed(size_t edge, const Schema& schema);
    void bind_broadcast(size_t edge);
    void read_keys(size_t node);
    bool check_delivery();
    bool keeps_promise(const NodeSpec& node);
    uint32_t context_flags() const;
    uint32_t port_flags(size_t edge) const;  // of the input that it leads to
    void collect_wanted();
    bool is_viewed(size_t node, const std::string& port, const std::string& column) const;
    bool limits_columns(size_t node, const std::string& port) const;
    bool check_views();
    bool check_latest(const ViewSpec& view, Schema& offered);
    bool check_query(const ViewSpec& view, PlannedView& planned);
    bool check_panels(const std::vector<Schema>& offered);
    void finish_views();
    const PlannedPort* viewed_port(const ViewSpec& view) const;
    bool is_time_port(size_t node, size_t port) const;
    bool mark_event_time(size_t node, size_t port, Schema& schema);
    void fail(const NodeSpec& node, const Status& status);
    std::string nearest_column(const NodeSpec& node, const std::string& path) const;
    void fail_key(const NodeSpec& node, const Status& status, const Schema& schema);
    void fail_bind(const NodeSpec& node, const Status& status, const std::vector<ExpressionProblem>& problems);

    struct Wanted {
        bool all = true;
        std::vector<std::string> columns;
        bool operator==(const Wanted&) const = default;
    };
    bool is_fed_alike(size_t node, const Plan& next, size_t other) const;
    bool emits_alike(size_t node, const Plan& next, size_t other) const;
    bool is_declared_alike(size_t node, const Plan& next, size_t other) const;

    const Topology& topology_;
    OperatorResolver& resolver_;
    PlanOptions options_;
    Diagnostics& diagnostics_;
    bool plugin_refused_ = false;
    Connections connections_;  // before nodes_: destroyed after them
    std::vector<PlannedNode> nodes_;
    std::vector<PlannedEdge> edges_;
    uint32_t workers_ = 1;
    ConnectionInstance* decider_ = nullptr;
    std::vector<std::optional<std::vector<std::string>>> reads_;  // by edge; none: all but metadata
    std::vector<std::vector<Wanted>> wanted_;                     // by node and port
    std::vector<PlannedView> views_;
};

}  // namespace weir::host
