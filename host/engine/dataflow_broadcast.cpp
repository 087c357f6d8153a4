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

// What the edge's channels say together: the lowest watermark, idle, or the end.
void Dataflow::relay_control(Relay& relay) {
    int64_t lowest = INT64_MAX;
    bool any_open = false;
    for (const Link* link : relay.from) {
        any_open = any_open || !link->ended;
        if (!link->ended && !link->idle) lowest = std::min(lowest, link->watermark);
    }
    if (!any_open) {
        if (!std::exchange(relay.ended, true)) pass_on(relay, End{});
    } else if (lowest == INT64_MAX) {
        if (!std::exchange(relay.idle, true)) pass_on(relay, Idle{});
    } else if (lowest > relay.watermark) {
        relay.idle = false;
        relay.watermark = lowest;
        pass_on(relay, Watermark{lowest});
    }
}

}  // namespace weir::host
