// Event time and timers: how watermarks advance over a node's channels, and what is called before they go on.
#include <algorithm>

#include "host/engine/dataflow.hpp"

namespace weir::host {

namespace {

// How many timers of a node fire before the others have their turn, and how many a call counts for at least.
constexpr size_t kTimersAStep = 16 * WEIR_BATCH_MAX_ROWS, kTimersACall = 256;

}  // namespace

bool Dataflow::is_stopped(const std::vector<Link*>& links) {
    return std::any_of(links.begin(), links.end(), [](const Link* link) { return link->stopped; });
}

// The minimum over the channels that are neither idle nor at their end. Where there is none nobody is waited for: the time is that
// of the furthest, whichever fell silent or ended last. One that was stopped counts as before.
Dataflow::Inputs Dataflow::combine(const std::vector<Link*>& links) {
    Inputs out;
    int64_t lowest = INT64_MAX, highest = kNoEventTime;
    bool any_active = false;
    for (const Link* link : links) {
        highest = std::max(highest, link->watermark);
        out.any_open = out.any_open || !link->ended;
        if (link->idle || (link->ended && !link->stopped)) continue;
        any_active = true;
        if (link->watermark >= lowest) continue;
        lowest = link->watermark;
        out.held_by = link->input;
    }
    out.idle = out.any_open && !any_active;
    out.watermark = any_active ? lowest : highest;
    return out;
}

// `then` comes behind what that leads to.
void Dataflow::advance_watermark(Node& node, std::function<void()> then) {
    const Inputs inputs = combine(node.inputs);
    if (!node.event_time) node.instance->time().set_held_by(inputs.held_by.value_or(TimeGauge::kNobody));
    auto done = [this, &node, inputs, then] {
        forward_activity(node, inputs);
        if (then) then();
    };
    if (inputs.watermark <= node.watermark) return done();
    node.watermark = inputs.watermark;
    auto forward = [this, &node, done] {
        forward_watermark(node);
        done();
    };
    fire_timers(node, WEIR_CLOCK_EVENT, node.watermark, [this, &node, forward] {
        if (!node.instance->api().on_watermark) return forward();
        settle(node, node.instance->call([&](void* self, weir_error* error) {
            return node.instance->api().on_watermark(self, node.watermark, error);
        }),
               forward);
    });
}

// Behind a node with event time of its own only that counts; what its source says of itself is a promise.
void Dataflow::forward_watermark(Node& node) {
    if (!node.event_time) {
        node.idle = false;
        return send(node, Watermark{node.watermark});
    }
    if (!node.by_split) return;
    node.event_time->promise(node.watermark);
    tell_event_time(node);
}

void Dataflow::forward_activity(Node& node, const Inputs& inputs) {
    if (!inputs.any_open || failure_) return;
    if (node.event_time) {
        if (node.by_split || !inputs.idle) return;
        node.event_time->make_idle();
        return tell_event_time(node);
    }
    if (node.idle == inputs.idle) return;
    node.idle = inputs.idle;
    send(node, inputs.idle ? Item(Idle{}) : Item(Watermark{node.watermark}));
}

void Dataflow::fire_timers(Node& node, uint32_t clock, int64_t upto, std::function<void()> then) {
    size_t fired = 0;
    while (node.keyed && !failure_ && node.keyed->is_due(clock, upto)) {
        auto again = [this, &node, clock, upto, then] { fire_timers(node, clock, upto, then); };
        if (fired >= kTimersAStep || !has_room(node)) {
            node.state = State::kHeld;
            node.then = again;
            return;
        }
        const BatchRef keys = node.keyed->take_timers(clock, upto, node.timer_times, clock_, node.watermark);
        fired += std::max(kTimersACall, static_cast<size_t>(keys.rows()));
        Status status = node.instance->call([&](void* self, weir_error* error) {
            return node.instance->api().on_timers(self, clock, &keys.view(), node.timer_times.data(), error);
        });
        if (!status.done()) return settle(node, status, again);
        settle(node, status);
    }
    if (then && !failure_) then();
}

bool Dataflow::can_fire(const Node& node) const {
    return node.keyed && !stands(node) && node.state == State::kReady && !node.preparing && !node.closing && !node.ended && has_room(node);
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
    if (failure_) return;
    if (node.event_time) {
        node.event_time->promise(time);
        return tell_event_time(node);
    }
    if (time <= node.watermark) return;
    node.watermark = time;
    node.idle = false;
    send(node, Watermark{time});
}

}  // namespace weir::host
