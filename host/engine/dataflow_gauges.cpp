// What a worker's nodes tell who looks on: what waits before them, whether those behind them hold them up,
// and rows.
#include "host/engine/dataflow.hpp"

namespace weir::host {

void Dataflow::add_tap(size_t node, uint32_t port, std::shared_ptr<LiveTap> tap) { nodes_[node].live_taps.emplace_back(port, std::move(tap)); }

void Dataflow::note_flow(Node& node) {
    if (!node.live_taps.empty()) std::erase_if(node.live_taps, [](const auto& one) { return one.second->has_left(); });
    NodeCounters& counters = node.instance->counters();
    size_t queued = 0;
    for (const Link* link : node.inputs) queued += link->ring ? link->ring->size() : link->queue.size();
    counters.queued.store(static_cast<int64_t>(queued), std::memory_order_relaxed);
    const bool is_at_work = queued > 0 || node.state != State::kReady || (node.instance->is_source() && !node.ended);
    const bool is_blocked = is_at_work && node.state != State::kPending && !has_room(node);
    const int64_t since = counters.blocked_since.load(std::memory_order_relaxed);
    if (is_blocked == (since != 0)) return;
    const int64_t now = coarse_now();
    if (!is_blocked) NodeCounters::add(counters.blocked_ns, now - since);
    counters.blocked_since.store(is_blocked ? now : 0, std::memory_order_relaxed);
}

}  // namespace weir::host
