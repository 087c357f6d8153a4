// Event time and timers: how watermarks advance over a node's channels, and what is called before they go on.
#include <algorithm>

#include "host/engine/dataflow.hpp"

namespace weir::host {

// The minimum over the channels that are neither idle nor ended. `then` comes behind what that leads to.
void Dataflow::advance_watermark(Node& node, std::function<void()> then) {
    int64_t lowest = INT64_MAX;
    bool any_open = false;
    for (const Link* link : node.inputs) {
        any_open = any_open || !link->ended;
        if (!link->ended && !link->idle) lowest = std::min(lowest, link->watermark);
    }
    if (lowest == INT64_MAX && any_open && !node.idle) {
        node.idle = true;
        send(node, Idle{});
    }
    if (lowest == INT64_MAX || lowest <= node.watermark) {
        if (then) then();
        return;
    }
    node.idle = false;
    node.watermark = lowest;
    auto forward = [this, &node, lowest, then] {
        send(node, Watermark{lowest});
        if (then) then();
    };
    fire_timers(node, WEIR_CLOCK_EVENT, lowest, [this, &node, lowest, forward] {
        if (!node.instance->api().on_watermark) return forward();
        settle(node, node.instance->call([&](void* self, weir_error* error) {
            return node.instance->api().on_watermark(self, lowest, error);
        }),
               forward);
    });
}

void Dataflow::fire_timers(Node& node, uint32_t clock, int64_t upto, std::function<void()> then) {
    while (node.keyed && !failure_ && node.keyed->is_due(clock, upto)) {
        auto again = [this, &node, clock, upto, then] { fire_timers(node, clock, upto, then); };
        if (!has_room(node)) {
            node.state = State::kHeld;
            node.then = again;
            return;
        }
        const BatchRef keys = node.keyed->take_timers(clock, upto, node.timer_times, clock_, node.watermark);
        Status status = node.instance->call([&](void* self, weir_error* error) {
            return node.instance->api().on_timers(self, clock, &keys.view(), node.timer_times.data(), error);
        });
        if (!status.done()) return settle(node, status, again);
        settle(node, status);
    }
    if (then && !failure_) then();
}

bool Dataflow::can_fire(const Node& node) const {
    return node.keyed && node.state == State::kReady && !node.preparing && !node.ended && has_room(node);
}

bool Dataflow::fire_processing_timers(Node& node) {
    if (!can_fire(node) || !node.keyed->next_timer(WEIR_CLOCK_PROCESSING)) return false;
    const int64_t now = clock_();
    if (!node.keyed->is_due(WEIR_CLOCK_PROCESSING, now)) return false;
    fire_timers(node, WEIR_CLOCK_PROCESSING, now, nullptr);
    return true;
}

void Dataflow::on_watermark(Instance& source, int64_t time) {
    Node& node = nodes_[source.slot()];
    if (time <= node.watermark || failure_) return;
    node.watermark = time;
    node.idle = false;
    send(node, Watermark{time});
}

void Dataflow::set_idle(size_t index) {
    Node& node = nodes_[index];
    if (node.idle || node.ended || failure_) return;
    node.idle = true;
    send(node, Idle{});
}

}  // namespace weir::host
