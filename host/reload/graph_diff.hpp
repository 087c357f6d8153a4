// What a change of a topology's graph means, node by node: what is kept, what goes on in another way, what would be lost.
//
// A node is known by its id. Nodes of clauses and those that the host puts in are part of the node that they belong to.
//
// Plain values; the functions from one thread at a time.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/engine/plan.hpp"
#include "host/engine/state_conversion.hpp"

namespace weir::host {

enum class NodeFate {
    kKept,          // nothing of it is another
    kReconfigured,  // its state goes on under another configuration, code, or other inputs
    kRenamed,       // only its id is another
    kMigrated,      // its state goes on, and is of an older version than its operator's
    kRekeyed,       // its state goes on, and lies under another key
    kReplaced,      // another operator of that name: it begins anew
    kAdded,
    kDropped,
};

struct NodeChange {
    std::string node;
    NodeFate fate = NodeFate::kKept;
    std::vector<std::string> what;  // a line each: what is another, and how it was
    std::string lost;               // what would be lost, and only goes with --allow-loss; empty: nothing
    bool begins_anew = false;       // what is lost is all of its state, which cannot be read any more
    std::string renamed_from = {};  // its id before; empty: the same
    std::optional<Rekeyed> rekeyed = {};  // of kRekeyed: what waits in its state, where that can be counted
};

// The type of what an edge carries.
struct EdgeChange {
    std::string from, to;         // node or node.port
    std::string before, after;    // columns
};

struct GraphDiff {
    std::vector<NodeChange> nodes;  // of both graphs, in the order of the new one, then the dropped ones
    std::vector<EdgeChange> edges;
    std::vector<std::string> settings;  // of the topology as a whole: `workers: 2 -> 3`
    // Why the change cannot be made as it is, whatever may be lost; empty: it can.
    std::vector<std::string> refused;
    // For how long rows would not flow, and how much state is read from the store meanwhile: about; none: that is not known.
    std::optional<std::chrono::microseconds> pause;
    int64_t state_read = 0;  // bytes

    bool is_empty() const;
    bool loses() const;
};

std::string_view fate_name(NodeFate fate);

// What stored state would become; null where none is stored.
struct StatePreviews {
    // Counts what rekeying would do to the state of a node that is stored as `stored`. WEIR_E_UNSUPPORTED: its operator cannot.
    std::function<Result<Rekeyed>(const std::string& stored, Instance& now)> count;
    // Whether node `now` of the new graph could go on with that state; `gives_up`: where the user gives up what is lost.
    // WEIR_E_STATE_VERSION: why not.
    std::function<Status(const std::string& stored, size_t now, bool gives_up)> restore;
};

// Plans of both; they need not be such that run.
GraphDiff compare_graphs(const Plan& before, Plan& after, const StatePreviews& previews);

// For people: nodes that are kept are counted and not listed.
std::string diff_text(const GraphDiff& diff);
Json diff_json(const GraphDiff& diff);

}  // namespace weir::host
