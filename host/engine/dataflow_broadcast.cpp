// Broadcast edges: worker 0 passes on what its node takes, so that all instances see the rows of an edge in one order,
// and, behind a barrier, the same of them.
#include <algorithm>

#include "host/engine/dataflow.hpp"

namespace weir::host {

bool Dataflow::Relay::has_room() const {
    return std::all_of(to.begin(), to.end(), [](const Channel* channel) { return channel->has_room(); });
}

void Dataflow::pass_on(Relay& relay, const Item& item) {
    for (Channel* channel : relay.to) {
        if (!channel->push(item)) return fail(relay.node, Status::fatal("more is broadcast than was let in"));
        channel->announce();
    }
}

// Once it came from all who have not ended.
void Dataflow::relay_barrier(Relay& relay, uint64_t epoch) {
    bool any = false;
    for (const Link* link : relay.from) {
        if (!link->blocked && !link->ended) return;
        any = any || link->blocked;
    }
    if (!any || relay.barrier == epoch) return;
    relay.barrier = epoch;
    pass_on(relay, Barrier{epoch});
}

// What the edge's channels say together: the watermark, idle, or the end.
void Dataflow::relay_control(Relay& relay) {
    const Inputs inputs = combine(relay.from);
    if (inputs.watermark > relay.watermark || (relay.idle && !inputs.idle)) {
        relay.watermark = std::max(relay.watermark, inputs.watermark);
        relay.idle = false;
        pass_on(relay, Watermark{relay.watermark});
    }
    if (inputs.idle && !std::exchange(relay.idle, true)) pass_on(relay, Idle{});
    if (!inputs.any_open && !std::exchange(relay.ended, true)) pass_on(relay, End{is_stopped(relay.from)});
}

}  // namespace weir::host
