// Runs what would run on several threads on one, in an order drawn from a seed, on a virtual clock: an order that
// fails can be run again.
//
// A turn takes a microsecond, and when all sleep it is at once as late as the first of them waits for.
//
// As in a run on threads, an actor that had nothing to do sleeps until it is woken or its time has come: a wake that
// somebody forgot is a deadlock here.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace weir::host {

struct Actor {
    std::function<bool()> turn;                            // true: it moved something
    std::function<bool()> is_woken;                        // since its last turn
    std::function<std::optional<int64_t>()> next_time;     // microseconds, when it has something to do by the clock
};

// Until over(). `now`: the clock that the actors see, in microseconds. False: nobody had anything to do for a
// thousand times on end.
bool simulate(const std::vector<Actor>& actors, uint64_t seed, int64_t& now, const std::function<bool()>& over);

}  // namespace weir::host
