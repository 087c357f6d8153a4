#include "host/engine/plan_notes.hpp"

#include <fmt/format.h>

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

}  // namespace

void report_notes(Plan& plan, Diagnostics& diagnostics) {
    const Topology& topology = plan.topology();
    for (size_t i = 0; i < topology.nodes.size(); ++i) {
        note_state(plan.nodes()[i], topology.nodes[i], diagnostics);
        warn_of_loss(topology, topology.nodes[i], diagnostics);
    }
}

}  // namespace weir::host
