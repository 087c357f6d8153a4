// Timers of a keyed operator: many that are due at once, and such as are deleted or set while others fire.
#include <algorithm>

#include "tests/unit/engine/keyed_fixture.hpp"

namespace weir::host::testing {
namespace {

// What a turn of a worker fires at most: what its mail or a poll begins, and a step of the node (host/engine/dataflow_time.cpp).
constexpr int64_t kTimersATurn = 2 * 16 * 1024, kCallsATurn = 2 * 64;

class TimersOfKeys : public KeyedStates {
protected:
    static int64_t most_at_once() {
        int64_t most = 0;
        for (const auto& [time, fired] : world().timers_at) most = std::max(most, fired);
        return most;
    }
    static int64_t fired() {
        int64_t all = 0;
        for (const auto& [time, fired] : world().timers_at) all += fired;
        return all;
    }
    static std::string row(int64_t n, int64_t time) { return fmt::format("{{\"n\":{},\"time\":{}}}", n, time); }
};

TEST_F(TimersOfKeys, LeaveTurnsToOthersWhereOneWatermarkFiresThemAll) {
    constexpr int64_t kKeys = 50'000, kBatch = 1'000;
    auto& split = world().splits["s0"];
    for (int64_t n = 0; n < kKeys; ++n) split.push_back(n);
    for (int64_t i = 0; i < kBatch; ++i) split.push_back(1'000'000);
    split.push_back(1'000'001);
    world().watermarks = true;
    world().batch = kBatch;
    world().timer_delay = 500'000;
    ASSERT_EQ(run(topology("timely", 1, "memory_limit: 64MiB\n"), options(1)), "");
    EXPECT_EQ(fired(), kKeys + 2);
    EXPECT_LE(most_at_once(), kTimersATurn);
}

TEST_F(TimersOfKeys, OfOneKeyLeaveTurnsToOthersToo) {
    world().splits["s0"] = {1};
    world().timers_a_row = 5'000;
    ASSERT_EQ(run(topology("timely", 1), options(1)), "");
    EXPECT_EQ(fired(), 5'000);
    EXPECT_LE(most_at_once(), kCallsATurn) << "a call each";
}

TEST_F(TimersOfKeys, AskForAnEpochWhereTheirChangesTakeMuchOfTheLimit) {
    auto& split = world().splits["s0"];
    for (int64_t n = 0; n < 60'000; ++n) split.push_back(n);
    world().batch = 1'000;
    std::string text = topology("timely", 1, "memory_limit: 32MiB\n");
    text.replace(text.find("checkpoint: 20us"), 16, "checkpoint: 1h");
    ASSERT_EQ(run(text, options(1)), "");
    EXPECT_EQ(fired(), 60'000);
    EXPECT_GE(stats_.epochs, 3);
}

TEST_F(TimersOfKeys, DoNotFireOnceTheyAreDeleted) {
    for (const bool watermarks : {false, true}) {
        for (const uint64_t workers : {1, 3}) {
            reset_world();
            world().watermarks = watermarks;
            world().splits["s0"] = {1, 2, 3, 100, 101};
            world().batch = 1;
            world().timers_a_row = 2;
            world().on_timer = World::OnTimer::kRemoveNext;
            ASSERT_EQ(run(topology("timely", static_cast<int64_t>(workers)), options(1)), "");
            EXPECT_THAT(world().sunk, ::testing::UnorderedElementsAre(row(1, 11), row(2, 12), row(3, 13), row(100, 110), row(101, 111)))
                << (watermarks ? "by a watermark" : "at the end");
            std::filesystem::remove_all(folder_ / "state");
        }
    }
}

// At the end of the inputs those fire that are there; what is set meanwhile is kept.
TEST_F(TimersOfKeys, ThatAreSetAgainAtTheEndAreKept) {
    world().splits["s0"] = {1, 2, 3};
    world().timers_a_row = 2;
    world().on_timer = World::OnTimer::kSetNextAgain;
    ASSERT_EQ(run(topology("timely", 2), options(1)), "");
    EXPECT_THAT(world().sunk, ::testing::UnorderedElementsAre(row(1, 11), row(2, 12), row(3, 13)));
    world().sunk.clear();
    ASSERT_EQ(run(topology("timely", 1), options(2)), "");
    EXPECT_THAT(world().sunk, ::testing::UnorderedElementsAre(row(1, 21), row(2, 22), row(3, 23)));
    world().sunk.clear();
    ASSERT_EQ(run(topology("timely", 1), options(3)), "");
    EXPECT_THAT(world().sunk, ::testing::IsEmpty());
}

}  // namespace
}  // namespace weir::host::testing
