// Wakes that come while a node is busy: none is lost, and none comes behind its end.
#include "tests/unit/engine/engine_fixture.hpp"

namespace weir::host::testing {
namespace {

class Wakes : public EngineFixture {
protected:
    static RunOptions simulated(uint64_t seed) {
        RunOptions out;
        out.simulate = seed;
        return out;
    }
};

TEST_F(Wakes, ComeOnceANodeIsDoneThatHadMoreToEmitAndNoRoom) {
    world().splits = {{"s", {1, 2, 3}}};
    world().endless = true;
    world().drowse = 100;
    RunOptions options = simulated(1);
    options.records = 3;
    ASSERT_EQ(run("name: t\nnodes:\n  a: { numbers: {} }\n  b: { from: a, alarm: {} }\n  out: { from: b, drowsy: {} }\n", options), "");
    EXPECT_EQ(world().sunk, rows({1, 2, 3, 1, 2, 3, -1}));
}

TEST_F(Wakes, ComeOnceDueTimersHadRoom) {
    world().splits = {{"s", {1}}};
    world().timers_a_row = 3;
    world().on_timer = World::OnTimer::kWake;
    world().drowse = 100;
    ASSERT_EQ(run("name: t\nnodes:\n  a: { numbers: {} }\n  b: { from: a, key: n, timely: {} }\n  out: { from: b, drowsy: {} }\n",
                  simulated(1)),
              "");
    EXPECT_THAT(world().sunk, ::testing::ElementsAre("{\"n\":1,\"time\":11}", "{\"n\":-1,\"time\":-1}", "{\"n\":1,\"time\":21}",
                                                     "{\"n\":1,\"time\":31}"));
}

// Lets a minute pass as fast as all sleep, and counts how often anyone was awake.
class QuietMinute : public SimulationDriver {
public:
    std::optional<int64_t> on_rest(int64_t now, std::optional<int64_t> next) override {
        constexpr int64_t kMinute = 60'000'000;
        ++rests;
        if (now >= kMinute) return std::nullopt;
        return std::min(next.value_or(kMinute), kMinute);
    }
    bool on_turn() override {
        ++turns;
        return true;
    }
    int64_t rests = 0, turns = 0;
};

// Workers with nothing to do sleep: what an epoch wakes them for is all that they do, however long the source has nothing.
TEST_F(Wakes, DoNotComeWhereNothingHappens) {
    world().splits = {{"s", {1, 2, 3}}, {"t", {4}}};
    world().endless = true;
    QuietMinute minute;
    RunOptions options = simulated(1);
    options.driver = &minute;
    EXPECT_NE(run("name: t\nworkers: 4\ncheckpoint: 1s\nnodes:\n  a: { numbers: {} }\n  b: { from: a, key: n, alarm: {} }\n  out: { from: b, collect: {} }\n",
                  options),
              "");
    EXPECT_LE(minute.rests, 130) << "an epoch a second";
    EXPECT_LE(minute.turns, 4'000);
}

// The last epoch takes longer than until the alarm.
TEST_F(Wakes, DoNotComeBehindTheEnd) {
    world().splits = {{"s", {1, 2, 3}}};
    world().prepare_pending = 200;
    ASSERT_EQ(run("name: t\nnodes:\n  a: { numbers: {} }\n  b: { from: a, alarm: {} }\n  c: { from: b, guard: {} }\n"
                  "  out: { from: c, collect: {} }\n",
                  simulated(1)),
              "");
    EXPECT_EQ(world().sunk, rows({1, 2, 3, 1, 2, 3}));
}

}  // namespace
}  // namespace weir::host::testing
