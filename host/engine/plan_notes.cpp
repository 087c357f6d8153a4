#include "host/engine/plan_notes.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "host/topology/ports.hpp"

namespace weir::host {
namespace {

void note_state(const PlannedNode& planned, const NodeSpec& node, Diagnostics& diagnostics) {
    const KeyedState* state = planned.instance().keyed();
    if (state == nullptr) return;
    for (const std::string& name : state->kept_for_good()) {
        diagnostics
            .note(Code::kUnboundedState, node.op_place,
                  fmt::format("node `{}`: `{}` keeps its state `{}` for good, of each key that ever came", node.id, node.op->name,
                              name))
            .hint = "right where there are only so many keys; else see `memory_limit`, and a time to live if the operator has one";
    }
}

void warn_of_loss(const Topology& topology, const NodeSpec& node, Diagnostics& diagnostics) {
    const bool is_promised = !topology.exactly_once && topology.delivery_place.known();
    const bool is_lossy = node.op->is_a(OperatorKind::kSource) && !(node.op->flags & (WEIR_SOURCE_REPLAYABLE | WEIR_SOURCE_JOURNALED));
    if (!is_promised || !is_lossy) return;
    diagnostics
        .warning(Code::kDelivery, node.op_place,
                 fmt::format("node `{}`: `{}` cannot be read again: what was read since the last epoch is lost in a crash", node.id,
                             node.op->name))
        .hint = "write to a topic first where `at_least_once` matters";
}

// Whether watermarks come to a node, from all that it reads, from some, or from none.
enum class Watermarks { kNone, kSome, kAll };

Watermarks watermarks_at(const Topology& topology, size_t index, const std::vector<Watermarks>& before) {
    const NodeSpec& node = topology.nodes[index];
    if (node.event_time) return Watermarks::kAll;
    bool any = false, all = true;
    for (const Edge& edge : topology.edges) {
        if (static_cast<size_t>(edge.to_node) != index || edge.from_port == kErrorsPort) continue;
        const Watermarks from = before[static_cast<size_t>(edge.from_node)];
        any = any || from != Watermarks::kNone;
        all = all && from == Watermarks::kAll;
    }
    return !any ? Watermarks::kNone : all ? Watermarks::kAll : Watermarks::kSome;
}

// Told at the first node where those that have some meet those that have none.
void warn_of_missing_watermarks(const Topology& topology, Diagnostics& diagnostics) {
    std::vector<Watermarks> all;
    for (size_t i = 0; i < topology.nodes.size(); ++i) {
        const NodeSpec& node = topology.nodes[i];
        all.push_back(watermarks_at(topology, i, all));
        if (all.back() != Watermarks::kSome || node.op->is_a(OperatorKind::kSink)) continue;
        for (const Edge& edge : topology.edges) {
            const auto from = static_cast<size_t>(edge.from_node);
            if (static_cast<size_t>(edge.to_node) != i || edge.from_port == kErrorsPort || all[from] != Watermarks::kNone) continue;
            const std::string& name = topology.nodes[from].name();
            diagnostics
                .warning(Code::kBadEventTime, edge.place,
                         fmt::format("node `{}`: no watermark comes from `{}`, and so none goes on, whatever else it reads", node.name(), name))
                .hint = fmt::format("give `{}` an `event_time`, with `idle_after` if it is silent most of the time", name);
        }
    }
}

// A node behind that one, or it itself, that waits for watermarks and lets rows go that come behind them; null: there is none.
const NodeSpec* waits_behind(const Plan& plan, size_t index) {
    const Topology& topology = plan.topology();
    std::vector<bool> is_behind(topology.nodes.size(), false);
    is_behind[index] = true;
    for (size_t i = index; i < topology.nodes.size(); ++i) {
        for (const int e : plan.nodes()[i].inputs) {
            const Edge& edge = topology.edges[static_cast<size_t>(e)];
            if (is_behind[static_cast<size_t>(edge.from_node)] && edge.from_port != kErrorsPort) is_behind[i] = true;
        }
        const auto& outputs = topology.nodes[i].op->outputs;
        const bool has_late = std::any_of(outputs.begin(), outputs.end(), [](const PortInfo& port) { return port.name == kLatePort; });
        if (is_behind[i] && has_late) return &topology.nodes[i];
    }
    return nullptr;
}

// Whether a source has one split or many is known where it runs; without a server there is nobody else who could be silent.
void note_silent_splits(const Plan& plan, size_t index, Diagnostics& diagnostics) {
    const Topology& topology = plan.topology();
    const NodeSpec& node = topology.nodes[index];
    if (!node.event_time || node.event_time->idle_after) return;
    const int source = topology.find_node(node.name());
    if (source < 0) return;
    const NodeSpec& spec = topology.nodes[static_cast<size_t>(source)];
    if (!spec.op->is_a(OperatorKind::kSource) || spec.connection.empty() || (spec.op->flags & WEIR_SOURCE_BOUNDED) != 0) return;
    const NodeSpec* waiting = waits_behind(plan, index);
    if (waiting == nullptr) return;
    diagnostics
        .note(Code::kNoIdleAfter, node.event_time->place,
              fmt::format("node `{}`: a partition, or other split, that is silent holds back `{}` for good", node.name(), waiting->name()))
        .hint = fmt::format("`event_time: {{ column: {}, idle_after: 30s }}` stops waiting for it", node.event_time->column);
}

}  // namespace

void report_notes(Plan& plan, Diagnostics& diagnostics) {
    const Topology& topology = plan.topology();
    for (size_t i = 0; i < topology.nodes.size(); ++i) {
        note_state(plan.nodes()[i], topology.nodes[i], diagnostics);
        warn_of_loss(topology, topology.nodes[i], diagnostics);
        note_silent_splits(plan, i, diagnostics);
    }
    warn_of_missing_watermarks(topology, diagnostics);
}

}  // namespace weir::host
