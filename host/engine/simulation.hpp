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

// Who moves the clock of a simulation, where it is not to run by itself: for tests of topologies, in which time stands
// still until all is done that there is to do.
class SimulationDriver {
public:
    virtual ~SimulationDriver() = default;
    // All actors sleep. `next`: the earliest time behind `now` that one of them waits for. What the clock shows from
    // now on, which is `now` where the driver gave them something to do; nothing ends the simulation.
    virtual std::optional<int64_t> on_rest(int64_t now, std::optional<int64_t> next) = 0;
    // Before each turn. False ends the simulation.
    virtual bool on_turn() = 0;
};

// Until over(), or until the driver ends it. A turn takes no time. False: the driver ended it.
bool simulate(const std::vector<Actor>& actors, uint64_t seed, int64_t& now, const std::function<bool()>& over,
              SimulationDriver& driver);

// Until over(). `now`: the clock that the actors see, in microseconds. False: nobody had anything to do for a
// thousand times on end.
bool simulate(const std::vector<Actor>& actors, uint64_t seed, int64_t& now, const std::function<bool()>& over);

}  // namespace weir::host
