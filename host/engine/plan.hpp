// A topology with its code: every node's instance made and bound, every edge's schema known. What lint checks
// and what a run starts from.
//
// Threads: one host thread.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <weir/types.hpp>

#include "host/engine/connections.hpp"
#include "host/engine/instance.hpp"
#include "host/topology/diagnostic.hpp"
#include "host/topology/topology.hpp"

namespace weir::host {

struct PlanOptions {
    bool check_only = false;  // create and bind, never open: for lint
    std::chrono::microseconds connect_timeout{std::chrono::seconds(30)};
};

// An output port as bound: its schema, and the edges (indices into Topology::edges) that read it.
struct PlannedPort {
    std::string name;
    Schema schema;
    ArrowSchema abi_schema{};
    uint32_t stream = WEIR_STREAM_ROWS;
    std::vector<int> edges;
};

struct PlannedNode {
    std::unique_ptr<Instance> instance;
    std::vector<int> inputs;           // edges, in the order in which process numbers them
    std::vector<PlannedPort> outputs;  // the descriptor's, then `errors`

    uint32_t errors_port() const { return static_cast<uint32_t>(outputs.size() - 1); }
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
    const std::vector<std::unique_ptr<ConnectionInstance>>& connections() const { return connections_; }
    // Whether a plugin was refused (exit code 3 rather than 2).
    bool plugin_refused() const { return plugin_refused_; }

private:
    Plan(const Topology& topology, OperatorResolver& resolver, const PlanOptions& options, Diagnostics& diagnostics)
        : topology_(topology), resolver_(resolver), options_(options), diagnostics_(diagnostics) {}

    void warn_of_settings();
    bool create_connections();
    bool create_instances();
    void wire();
    bool bind_all();
    enum class Round {
        kOffered,  // what there could be on each edge, metadata included
        kReads,    // what a node reads when only the wanted columns are read of it
        kFinal,
    };
    bool bind_node(size_t node, Round round);
    void collect_wanted();
    void fail(const NodeSpec& node, const Status& status);

    struct Wanted {
        bool all = true;
        std::vector<std::string> columns;
    };

    const Topology& topology_;
    OperatorResolver& resolver_;
    PlanOptions options_;
    Diagnostics& diagnostics_;
    bool plugin_refused_ = false;
    std::vector<std::unique_ptr<ConnectionInstance>> connections_;  // before nodes_: destroyed after them
    std::vector<PlannedNode> nodes_;
    std::vector<std::optional<std::vector<std::string>>> reads_;  // by edge; none: all but metadata
    std::vector<std::vector<Wanted>> wanted_;                     // by node and port
};

}  // namespace weir::host
