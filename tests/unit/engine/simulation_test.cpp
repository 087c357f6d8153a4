// A simulation whose clock a driver moves.
#include <algorithm>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "host/engine/simulation.hpp"

namespace weir::host::testing {
namespace {

// An actor that has something to do at given times, and notes when it did.
struct Alarm {
    const int64_t& now;
    std::vector<int64_t> times, rang;

    Actor actor() {
        return {[this] { return ring(); }, [] { return false; },
                [this] { return times.empty() ? std::nullopt : std::optional<int64_t>(times.front()); }};
    }
    bool ring() {
        if (times.empty() || times.front() > now) return false;
        rang.push_back(now);
        times.erase(times.begin());
        return true;
    }
};

// Lets time go on to each of its stops, and then ends.
struct Stops : SimulationDriver {
    std::vector<int64_t> stops, rested;
    int64_t turns = 1'000;

    std::optional<int64_t> on_rest(int64_t now, std::optional<int64_t> next) override {
        rested.push_back(now);
        while (!stops.empty() && stops.front() <= now) stops.erase(stops.begin());
        if (stops.empty()) return std::nullopt;
        return std::min(next.value_or(stops.front()), stops.front());
    }
    bool on_turn() override { return turns-- > 0; }
};

TEST(Simulation, MovesItsClockOnlyWhereItsDriverDoes) {
    int64_t now = 5;
    Alarm alarm{now, {10, 20, 40}, {}};
    Stops driver;
    driver.stops = {15, 30};
    EXPECT_FALSE(simulate({alarm.actor()}, 7, now, [] { return false; }, driver));
    EXPECT_EQ(alarm.rang, (std::vector<int64_t>{10, 20}));
    EXPECT_EQ(driver.rested, (std::vector<int64_t>{5, 10, 15, 20, 30}));
    EXPECT_EQ(now, 30);
}

TEST(Simulation, EndsWhenItIsOver) {
    int64_t now = 0;
    Alarm alarm{now, {10}, {}};
    Stops driver;
    driver.stops = {100};
    EXPECT_TRUE(simulate({alarm.actor()}, 7, now, [&] { return !alarm.rang.empty(); }, driver));
    EXPECT_EQ(now, 10);
}

TEST(Simulation, EndsWhereItsDriverAllowsNoMoreTurns) {
    int64_t now = 0, turns = 0;
    const Actor busy{[&] { return ++turns > 0; }, [] { return false; }, [] { return std::optional<int64_t>(); }};
    Stops driver;
    driver.turns = 5;
    EXPECT_FALSE(simulate({busy}, 7, now, [] { return false; }, driver));
    EXPECT_EQ(turns, 5);
}

TEST(Simulation, RestsThoughSomebodyWaitsForATimeThatIsOver) {
    int64_t now = 10, turns = 0;
    const Actor late{[&] { return ++turns < 0; }, [] { return false; }, [] { return std::optional<int64_t>(10); }};
    Stops driver;
    EXPECT_FALSE(simulate({late}, 7, now, [] { return false; }, driver));
    EXPECT_EQ(turns, 2);  // at the beginning, and because of the time
}

}  // namespace
}  // namespace weir::host::testing
