// Event time: where watermarks come from, what holds them back, and that a restart does not set them back.
#include <stdlib.h>

#include <filesystem>
#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "host/engine/event_time.hpp"
#include "host/engine/plan_notes.hpp"
#include "host/engine/splits.hpp"
#include "tests/unit/engine/engine_fixture.hpp"

namespace weir::host::testing {
namespace {

using Step = World::TimedStep;

Step row_at(int64_t time) { return {time, 0}; }
Step silent_for(int64_t time) { return {std::nullopt, time}; }
Step row_without_time() { return {}; }

std::vector<Step> rows_at(std::initializer_list<int64_t> times) {
    std::vector<Step> out;
    for (int64_t time : times) out.push_back(row_at(time));
    return out;
}

class EventTimes : public EngineFixture {
protected:
    void SetUp() override {
        EngineFixture::SetUp();
        std::string name = (std::filesystem::temp_directory_path() / "weir-time-XXXXXX").string();
        ASSERT_NE(mkdtemp(name.data()), nullptr);
        folder_ = name;
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    static RunOptions simulated(uint64_t seed) {
        RunOptions out;
        out.simulate = seed;
        return out;
    }
    // `event_time`: what is behind it; `more`: other keys of the node.
    static std::string topology(const std::string& event_time, const std::string& more = "") {
        return fmt::format("name: t\nnodes:\n  in: {{ timed: {{}}, event_time: {}{} }}\n  seen: {{ from: in, watch: {{}} }}\n"
                           "  out: {{ from: seen, collect: {{}} }}\n  failed: {{ from: in.errors, collect: {{}} }}\n",
                           event_time, more);
    }
    std::vector<std::string> seen(const std::string& text, uint64_t seed = 1) {
        world().seen.clear();
        EXPECT_EQ(run(text, simulated(seed)), "");
        return world().seen;
    }

    std::filesystem::path folder_;
};

EventTimeSpec spec_of(int64_t max_delay, std::optional<int64_t> idle_after) {
    EventTimeSpec spec;
    spec.max_delay = std::chrono::microseconds(max_delay);
    if (idle_after) spec.idle_after = std::chrono::microseconds(*idle_after);
    return spec;
}

TEST(EventTime, OfASplitThatSaysWhereItWasGoesOnThere) {
    const EventTimeSpec spec = spec_of(10, std::nullopt);
    EventTime time(spec);
    EXPECT_TRUE(time.state().idle) << "it has no split";
    time.add_split(1, 500, 0);
    EXPECT_EQ(time.state().watermark, 489);
    time.add_split(2, std::nullopt, 0);
    EXPECT_EQ(time.state().watermark, kNoEventTime);
    EXPECT_EQ(time.state().held_by, 2U);
    time.advance(2, 100, 0);
    time.advance(7, 1'000, 0);  // of a split that it does not have
    EXPECT_EQ(time.state().watermark, 89);
    time.mark();
    time.advance(2, 600, 0);
    EXPECT_EQ(time.state().watermark, 489);
    EXPECT_EQ(time.marked(2), 100);
    EXPECT_EQ(time.time_of(2), 600);
    time.remove_split(1);
    EXPECT_EQ(time.state().watermark, 589);
    time.end_split(2);
    EXPECT_TRUE(time.state().idle);
    EXPECT_EQ(time.state().watermark, 589);
    time.promise(700);
    EXPECT_EQ(time.state().watermark, 700);
}

TEST(EventTime, OnlyWhoHasNothingToSendBecomesIdle) {
    const EventTimeSpec spec = spec_of(0, 10);
    EventTime time(spec);
    time.add_split(1, 5, 0);
    time.add_split(2, 9, 0);
    EXPECT_FALSE(time.find_idle(100)) << "neither was polled yet";
    time.set_waiting(1, true);
    time.restart_idle_clock(1, 100);
    EXPECT_EQ(time.next_idle(), 110);
    EXPECT_FALSE(time.find_idle(109));
    EXPECT_TRUE(time.find_idle(110));
    EXPECT_EQ(time.state().watermark, 8);
    EXPECT_EQ(time.next_idle(), std::nullopt);
    time.rejoin(1, 120);
    EXPECT_EQ(time.state().watermark, 4);
    time.wait_for_none();
    EXPECT_FALSE(time.find_idle(1'000));
}

TEST(EventTime, TheTimeOfSilenceStandsStillWhileRowsCannotCome) {
    const EventTimeSpec spec = spec_of(0, 10);
    EventTime time(spec);
    time.add_split(1, 5, 0);
    time.set_waiting(1, true);
    time.set_held(true, 6);
    EXPECT_EQ(time.next_idle(), std::nullopt);
    EXPECT_FALSE(time.find_idle(50));
    time.set_held(false, 50);
    EXPECT_EQ(time.next_idle(), 54);
    time.set_held(true, 51);
    time.advance(1, 6, 52);  // was on its way
    time.set_held(false, 60);
    EXPECT_EQ(time.next_idle(), 70);
    EXPECT_FALSE(time.find_idle(69));
    EXPECT_TRUE(time.find_idle(70));
}

TEST(EventTime, OfTheFirstInstantsHasNoWatermark) {
    const EventTimeSpec spec = spec_of(10, std::nullopt);
    EventTime time(spec);
    time.add_split(1, INT64_MIN + 3, 0);
    EXPECT_EQ(time.state().watermark, kNoEventTime);
    time.advance(1, INT64_MAX, 0);
    EXPECT_EQ(time.state().watermark, INT64_MAX - 11);
}

TEST(EventTime, OfASplitGoesAlongToWhoReadsItNext) {
    SplitTable splits(2);
    splits.restore({0, "a", "5", 500});
    splits.update(0, {"a", "b"}, false);
    const auto time_of_a = [&]() -> std::optional<int64_t> {
        for (uint32_t worker : {0U, 1U})
            for (const SplitAssignment& one : splits.of_worker(0, worker))
                if (one.id == "a") return one.time;
        return std::nullopt;
    };
    EXPECT_EQ(time_of_a(), 500);
    splits.update(0, {"b"}, false);
    splits.split_revoked(0, 0, 700);
    EXPECT_EQ(time_of_a(), std::nullopt);
    splits.update(0, {"b", "c", "a"}, false);
    EXPECT_EQ(time_of_a(), 700);
}

TEST_F(EventTimes, AWatermarkFollowsTheBatchThatMovedIt) {
    world().timed = {{"a", rows_at({10, 30, 20, 40, 35})}};
    world().batch = 2;
    EXPECT_THAT(seen(topology("{ column: ts, max_delay: 5us }")),
                ::testing::ElementsAre("row 10 0", "row 30 1", "watermark 24", "late 20 2", "row 40 3", "watermark 34", "row 35 4"));
}

TEST_F(EventTimes, ThatOfAColumnAloneWaitsForNoDelay) {
    world().timed = {{"a", rows_at({-7, -9, -3})}};
    world().batch = 1;
    EXPECT_THAT(seen(topology("ts")), ::testing::ElementsAre("row -7 0", "watermark -8", "late -9 1", "row -3 2", "watermark -4"));
}

TEST_F(EventTimes, TheSlowestSplitHoldsTheWatermarkBackUntilItEnds) {
    world().timed = {{"a", {row_at(100), silent_for(1000), row_at(200), silent_for(5000), row_at(900)}},
                     {"b", {silent_for(500), row_at(50), silent_for(2000), row_at(60)}}};
    EXPECT_THAT(seen(topology("ts")), ::testing::ElementsAre("row 100 0", "row 50 1", "watermark 49", "row 200 2", "row 60 3",
                                                             "watermark 59", "watermark 199", "row 900 4", "watermark 899"));
}

TEST_F(EventTimes, SilentSplitsAreNotWaitedForAndRejoinWithTheirNextRow) {
    world().timed = {{"a", {row_at(10), silent_for(20'000), row_at(15), silent_for(20'000), row_at(500)}},
                     {"b", {row_at(100), silent_for(12'000), row_at(200), silent_for(12'000), row_at(300), silent_for(20'000)}},
                     {"c", {silent_for(60'000)}}};
    world().batch = 1;
    // c, which sends nothing, is not waited for after 10 ms, nor is a; a comes back, too late, and holds it back again.
    EXPECT_THAT(seen(topology("{ column: ts, idle_after: 10ms }")),
                ::testing::ElementsAre("row 10 0", "row 100 0", "watermark 9", "watermark 99", "row 200 2", "watermark 199", "late 15 2", "row 300 4",
                                       "watermark 299", "row 500 4", "watermark 499"));
}

TEST_F(EventTimes, AnAssignedSplitThatSendsNothingHoldsItBackUntilItEnds) {
    world().timed = {{"a", {row_at(10), silent_for(50'000), row_at(20)}}, {"b", {silent_for(100'000)}}};
    EXPECT_THAT(seen(topology("ts")), ::testing::ElementsAre("row 10 0", "row 20 2", "watermark 19"));
}

TEST_F(EventTimes, RowsWithoutOneOrTooFarAheadGoToErrorsAndMoveNoWatermark) {
    world().timed = {{"a", {row_at(10), row_without_time(), row_at(100'000'000), row_at(12), row_at(-5)}}};
    world().batch = 5;
    RunOptions options = simulated(1);
    options.simulated_start = 1000;
    EXPECT_EQ(run(topology("{ column: ts, max_future: 1s }"), options), "");
    EXPECT_THAT(world().seen, ::testing::ElementsAre("row 10 0", "row 12 3", "row -5 4", "watermark 11"));
    ASSERT_EQ(stats_.nodes.front().id, "in");
    EXPECT_EQ(stats_.nodes.front().errors, 2);
    EXPECT_EQ(stats_.nodes.front().rows_out, 3);
    ASSERT_EQ(world().sunk.size(), 5u);
    std::string failed;
    for (const std::string& row : world().sunk)
        if (row.find("\"code\"") != std::string::npos) failed += row.substr(0, row.find(",\"payload\"")) + "\n";
    EXPECT_THAT(failed, ::testing::MatchesRegex(
                            R"(\{"node":"in","code":"event-time-missing","field":"ts","message":"`ts` is null, and it is the event time"
\{"node":"in","code":"event-time-future","field":"ts","message":"`ts` is 1970-01-01T00:01:40Z, and with `max_future: 1s` at most 1970-01-01T00:00:01.00[0-9]+Z is taken now"
)"));
}

TEST_F(EventTimes, OfASourceIsBehindItsClauses) {
    world().timed = {{"a", rows_at({10, 30})}, {"b", rows_at({20, 50})}};
    EXPECT_THAT(seen(topology("ts", ", set: { ts: \"ts + interval '1 microsecond'\" }, where: n < 5")),
                ::testing::UnorderedElementsAre("row 11 0", "row 31 1", "row 21 0", "row 51 1", ::testing::StartsWith("watermark")));
    const auto rows = seen(topology("ts", ", select: { ts: ts, n: n }"));
    EXPECT_THAT(rows, ::testing::Contains(::testing::StartsWith("watermark")));
}

TEST_F(EventTimes, OfANodeThatIsNoSourceIsOfAllItsRows) {
    world().timed = {{"a", rows_at({10, 30, 50})}};
    world().batch = 1;
    EXPECT_THAT(seen("name: t\nnodes:\n  in: { timed: {}, event_time: ts }\n"
                     "  moved: { from: in, set: { ts: \"ts - interval '5 microseconds'\" }, event_time: { column: ts, max_delay: 20us } }\n"
                     "  seen: { from: moved, watch: {} }\n  out: { from: seen, collect: {} }\n"),
                ::testing::ElementsAre("row 5 0", "watermark -16", "row 25 1", "watermark 4", "row 45 2", "watermark 24"));
}

TEST_F(EventTimes, TheColumnIsThereWhoeverReadsIt) {
    world().timed = {{"a", rows_at({10, 30})}};
    EXPECT_EQ(run("name: t\nnodes:\n  in: { timed: {}, event_time: ts }\n  out: { from: in, select: [n], collect: {} }\n", simulated(1)), "");
    EXPECT_THAT(world().sunk, ::testing::ElementsAre("{\"n\":0}", "{\"n\":1}"));
}

// Splits of random rows, out of order by `disorder` at most.
void random_rows(std::mt19937_64& random, int64_t disorder) {
    reset_world();
    world().batch = 1 + static_cast<int64_t>(random() % 5);
    world().sink_full_every = static_cast<int>(random() % 4);
    for (uint64_t s = 0; s < 1 + random() % 4; ++s) {
        auto& split = world().timed[fmt::format("s{}", s)];
        int64_t time = static_cast<int64_t>(random() % 100);
        for (uint64_t i = random() % 60; i > 0; --i) {
            time += static_cast<int64_t>(random() % 20);
            split.push_back(row_at(time - static_cast<int64_t>(random() % static_cast<uint64_t>(disorder + 1))));
            if (random() % 10 == 0) split.push_back(silent_for(1 + static_cast<int64_t>(random() % 300)));
        }
    }
}

TEST_F(EventTimes, NoRowWithinTheBoundIsLateOnAnyNumberOfWorkers) {
    for (uint64_t seed = 0; seed < seeds(100); ++seed) {
        std::mt19937_64 random(seed);
        random_rows(random, 30);
        size_t rows = 0;
        for (const auto& [id, steps] : world().timed)
            rows += static_cast<size_t>(std::count_if(steps.begin(), steps.end(), [](const Step& s) { return s.silence == 0; }));
        ASSERT_EQ(run(fmt::format("name: t\nworkers: {}\ncheckpoint: {}us\nnodes:\n"
                                  "  in: {{ timed: {{}}, event_time: {{ column: ts, max_delay: 30us }} }}\n"
                                  "  all: {{ from: in, key: n, watch_by_key: {{}} }}\n  out: {{ from: all, collect: {{}} }}\n",
                                  1 + random() % 4, 1 + random() % 50),
                      simulated(seed)),
                  "")
            << "seed " << seed;
        ASSERT_EQ(world().sunk.size(), rows) << "seed " << seed;
        for (const std::string& one : world().seen) ASSERT_FALSE(one.starts_with("late")) << one << ", seed " << seed;
    }
}

// Where everybody has fallen silent, the watermark is the same in every order and on any number of workers.
TEST_F(EventTimes, TheLastWatermarkIsTheSameInEveryOrder) {
    for (uint64_t seed = 0; seed < seeds(60); ++seed) {
        std::mt19937_64 random(seed);
        random_rows(random, 30);
        int64_t greatest = INT64_MIN;
        for (auto& [id, steps] : world().timed) {
            for (const Step& step : steps) greatest = std::max(greatest, step.time.value_or(INT64_MIN));
            steps.push_back(silent_for(1'000'000));
        }
        if (greatest == INT64_MIN) continue;
        const auto workers = static_cast<uint32_t>(1 + random() % 4);
        ASSERT_EQ(run(fmt::format("name: t\nworkers: {}\nnodes:\n"
                                  "  in: {{ timed: {{}}, event_time: {{ column: ts, idle_after: 100ms }} }}\n"
                                  "  all: {{ from: in, key: n, watch_by_key: {{}} }}\n  out: {{ from: all, collect: {{}} }}\n",
                                  workers),
                      simulated(seed)),
                  "")
            << "seed " << seed;
        for (uint32_t w = 0; w < workers; ++w) ASSERT_EQ(world().watermarks_of[w], greatest - 1) << "seed " << seed;
    }
}

// At each barrier the edges between workers wait for each other.
TEST_F(EventTimes, ASilentSplitIsNotWaitedForHoweverOftenEpochsCome) {
    for (uint64_t seed = 0; seed < seeds(20); ++seed) {
        reset_world();
        world().timed = {{"a", {row_at(100), silent_for(500'000), row_at(200), silent_for(1'000'000)}},
                         {"b", {silent_for(1'000'000), row_at(150)}}};
        ASSERT_EQ(run("name: t\nworkers: 2\ncheckpoint: 20ms\nnodes:\n"
                      "  in: { timed: {}, event_time: { column: ts, idle_after: 100ms } }\n"
                      "  all: { from: in, key: n, watch_by_key: {} }\n  out: { from: all, collect: {} }\n",
                      simulated(seed)),
                  "")
            << "seed " << seed;
        EXPECT_THAT(world().seen, ::testing::Contains(::testing::StartsWith("late 150"))) << "seed " << seed;
    }
}

TEST_F(EventTimes, ARestartBeginsWhereTheWatermarkWasOnAnyNumberOfWorkers) {
    for (uint64_t seed = 0; seed < seeds(60); ++seed) {
        std::mt19937_64 random(seed);
        random_rows(random, 0);
        std::filesystem::remove_all(folder_);
        const int64_t delay = seed % 2 == 0 ? 0 : 20;  // of the first run alone
        const auto text = [&](int64_t max_delay) {
            return fmt::format("name: t\nworkers: {}\ncheckpoint: 50us\nnodes:\n"
                               "  in: {{ timed: {{}}, event_time: {{ column: ts, max_delay: {}us }} }}\n"
                               "  all: {{ from: in, key: n, watch_by_key: {{}} }}\n"
                               "  kept: {{ from: all, select: {{ n: n }}, key: n, tally: {{}} }}\n  out: {{ from: kept, collect: {{}} }}\n",
                               1 + random() % 4, max_delay);
        };
        RunOptions options = simulated(seed);
        options.epochs.dir = folder_ / "state";
        const World input = world();
        for (auto& [id, steps] : world().timed) {
            steps.resize(steps.size() / 2);
            steps.push_back(silent_for(1));
        }
        ASSERT_EQ(run(text(delay), options), "") << "seed " << seed;
        int64_t before = INT64_MIN;
        for (const auto& [worker, watermark] : world().watermarks_of) before = std::max(before, watermark);
        if (before == INT64_MIN) continue;
        world() = input;
        for (auto& [id, steps] : world().timed) {
            steps.resize(steps.size() / 2 + 1);
            steps.back() = silent_for(1);
            steps.push_back(row_at(before));
        }
        ASSERT_EQ(run(text(0), options), "") << "seed " << seed;
        for (const auto& [worker, watermark] : world().watermarks_of) EXPECT_GE(watermark, before) << "seed " << seed;
        const std::string same = fmt::format("watermark {}", before);
        const bool is_told = std::find(world().seen.begin(), world().seen.end(), same) != world().seen.end();
        EXPECT_TRUE(is_told || delay > 0) << "seed " << seed;
        for (const std::string& one : world().seen) ASSERT_FALSE(one.starts_with("row")) << one << ", seed " << seed;
        if (HasFailure()) return;
    }
}

// A split is read on only while it is no further ahead of the slowest than it may.
TEST_F(EventTimes, AlignedSplitsKeepTogetherAcrossWorkers) {
    for (uint64_t seed = 0; seed < seeds(100); ++seed) {
        std::mt19937_64 random(seed);
        reset_world();
        world().batch = 1;
        for (int64_t i = 0; i < 20; ++i) world().timed["fast"].push_back(row_at(i * 1000 + 1));
        for (int64_t i = 0; i < 100; ++i) {
            world().timed["slow"].push_back(row_at(i * 100));
            if (random() % 10 == 0) world().timed["slow"].push_back(silent_for(1 + static_cast<int64_t>(random() % 100)));
        }
        world().timed["silent"] = {silent_for(100'000)};
        ASSERT_EQ(run(fmt::format("name: t\nworkers: {}\nnodes:\n  in: {{ timed: {{}}, event_time: {{ column: ts, align: 20us }} }}\n"
                                  "  seen: {{ from: in, watch: {{}} }}\n  out: {{ from: seen, collect: {{}} }}\n",
                                  1 + random() % 3),
                      simulated(seed)),
                  "")
            << "seed " << seed;
        std::optional<int64_t> slow, fast;
        for (const std::string& one : world().seen) {
            if (one.starts_with("watermark")) continue;
            const int64_t time = std::stoll(one.substr(one.find(' ')));
            if (time % 1000 != 1) {
                slow = time;
                continue;
            }
            const bool must_wait = slow && fast && *slow < 9900;
            EXPECT_TRUE(!must_wait || *fast <= *slow + 20) << one << ", seed " << seed;
            fast = time;
        }
        EXPECT_EQ(world().sunk.size(), 120u) << "seed " << seed;
        if (HasFailure()) return;
    }
}

// What the slower split would have sent is not late for the next run.
TEST_F(EventTimes, AStopMovesNoWatermark) {
    for (uint64_t seed = 0; seed < seeds(40); ++seed) {
        reset_world();
        world().endless = true;
        world().batch = 1;
        world().timed = {{"a", rows_at({10, 20, 30, 40})}, {"b", rows_at({1010, 1020, 1030, 1040})}};
        RunOptions options = simulated(seed);
        options.records = 5;
        ASSERT_EQ(run(fmt::format("name: t\nworkers: {}\nnodes:\n  in: {{ timed: {{}}, event_time: ts }}\n"
                                  "  all: {{ from: in, key: n, watch_by_key: {{}} }}\n  out: {{ from: all, collect: {{}} }}\n",
                                  1 + seed % 3),
                      options),
                  "");
        for (const auto& [worker, watermark] : world().watermarks_of) EXPECT_LT(watermark, 40) << "seed " << seed;
    }
}

TEST_F(EventTimes, AreTheSameOnThreads) {
    std::mt19937_64 random(1);
    random_rows(random, 30);
    for (auto& [id, steps] : world().timed) std::erase_if(steps, [](const Step& step) { return step.silence > 0; });
    ASSERT_EQ(run("name: t\nworkers: 3\ncheckpoint: 1ms\nnodes:\n  in: { timed: {}, event_time: { column: ts, max_delay: 30us, "
                  "idle_after: 1h } }\n  all: { from: in, key: n, watch_by_key: {} }\n  out: { from: all, collect: {} }\n"),
              "");
    for (const std::string& one : world().seen) EXPECT_FALSE(one.starts_with("late")) << one;
}

TEST_F(EventTimes, ThatIsNoColumnOrNoTimestampIsRefused) {
    EXPECT_EQ(plan(topology("t")), nullptr);
    EXPECT_THAT(fault_, ::testing::AllOf(::testing::HasSubstr("test.yaml:3:32: error[bad-event-time]: node `in`: its output has no column `t`"),
                                         ::testing::HasSubstr("expected: `ts`; nearest: `ts`")));
    EXPECT_EQ(plan(topology("{ column: n }")), nullptr);
    EXPECT_THAT(fault_, ::testing::AllOf(::testing::HasSubstr("test.yaml:3:42: error[bad-event-time]: node `in`: `n` is int64, and event "
                                                              "time is a timestamp"),
                                         ::testing::HasSubstr("set: { ts: to_timestamp(n) }")));
    EXPECT_EQ(plan(topology("{ column: ts }", ", select: [n]")), nullptr);
    EXPECT_THAT(fault_, ::testing::HasSubstr("node `in`: its output has no column `ts`"));
}

// What a node's output says of it, by name; empty: nothing.
std::string time_of(const Schema& schema) {
    const auto column = schema.event_time();
    return column ? fmt::format("{} {}", schema.fields[*column].name, *schema.fields[*column].event_time) : "";
}

TEST_F(EventTimes, AreKnownBehindWhatLetsTheColumnPass) {
    const auto known = [this](const std::string& nodes) {
        Diagnostics diagnostics;
        const std::string text = "name: t\nnodes:\n  in: { timed: {}, event_time: ts }\n  other: { timed: {} }\n" + nodes;
        topology_ = load_topology_text("test.yaml", text, {}, resolver_.catalog(), diagnostics);
        auto made = topology_ ? Plan::build(*topology_, resolver_, {true}, diagnostics) : nullptr;
        EXPECT_NE(made, nullptr) << diagnostics.text(false);
        const int node = topology_->find_node("x");
        return made ? time_of(made->nodes()[static_cast<size_t>(node)].outputs[0].schema) : "not planned";
    };
    const std::string rest = "  out: { from: [x, other], collect: {} }\n";
    EXPECT_EQ(known("  x: { from: in, where: n > 1 }\n" + rest), "ts 0");
    EXPECT_EQ(known("  x: { from: in, set: { m: n + 1 }, check: { good: n < 9 } }\n" + rest), "ts 0");
    EXPECT_EQ(known("  x: { from: in, select: { n: n, at: ts } }\n" + rest), "at 0");
    EXPECT_EQ(known("  x: { from: in, set: { at: ts } }\n" + rest), "ts 0");
    EXPECT_EQ(known("  x: { from: in, select: { a: ts, b: ts } }\n" + rest), "a 0");
    EXPECT_EQ(known("  x: { from: in, set: { ts: \"ts + interval '1 s'\" } }\n" + rest), "");
    EXPECT_EQ(known("  x: { from: in, select: [n] }\n" + rest), "");
    EXPECT_EQ(known("  x: { from: in, watch: {} }\n" + rest), "ts 0");
    EXPECT_EQ(known("  x: { from: [in, other], where: n > 1 }\n  out: { from: x, collect: {} }\n"), "");
    EXPECT_EQ(known("  x: { from: [in, other], watch: {} }\n  out: { from: x, collect: {} }\n"), "");
    EXPECT_EQ(known("  y: { from: in, where: n > 1 }\n  x: { from: [in, y], watch: {} }\n" + rest), "ts 0");
    EXPECT_EQ(known("  x: { from: in, set: { at: ts }, event_time: at }\n" + rest), "at 0");
}

TEST_F(EventTimes, AreMissedWhereANodeReadsAnotherThatHasNone) {
    Diagnostics diagnostics;
    const std::string text =
        "name: t\nnodes:\n  in: { timed: {}, event_time: ts }\n  other: { timed: {}, where: n > 1 }\n"
        "  met: { from: [in, other], watch: {} }\n  later: { from: [met, in], watch: {} }\n"
        "  own: { from: other, event_time: ts, watch: {} }\n  fine: { from: [in, own], watch: {} }\n"
        "  out: { from: [later, fine, other], collect: {} }\n";
    topology_ = load_topology_text("test.yaml", text, {}, resolver_.catalog(), diagnostics);
    ASSERT_TRUE(topology_) << diagnostics.text();
    const auto made = Plan::build(*topology_, resolver_, {true}, diagnostics);
    ASSERT_TRUE(made) << diagnostics.text();
    report_notes(*made, diagnostics);
    EXPECT_EQ(diagnostics.text(false),
              "test.yaml:5:21: warning[bad-event-time]: node `met`: no watermark comes from `other`, and so none goes on, whatever else "
              "it reads\n"
              "    5 |   met: { from: [in, other], watch: {} }\n"
              "      |                     ^~~~~\n"
              "   hint: give `other` an `event_time`, with `idle_after` if it is silent most of the time\n");
}

}  // namespace
}  // namespace weir::host::testing
