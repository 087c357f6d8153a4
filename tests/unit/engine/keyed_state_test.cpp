// State that the host holds for keyed operators: the same with any number of workers, after any crash, and read by
// what the operator has become since.
#include "tests/unit/engine/keyed_fixture.hpp"

namespace weir::host::testing {
namespace {

TEST_F(KeyedStates, AreTheSameAfterCrashesWithAnyNumberOfWorkers) {
    for (uint64_t seed = 0; seed < seeds(60); ++seed) {
        std::mt19937_64 random(seed);
        random_input(random);
        const char* op = seed % 3 == 0 ? "keyed_text" : seed % 3 == 1 ? "keyed_count" : "collections";
        const World input = world();
        ASSERT_EQ(run(topology(op, 1)), "");
        const auto expected = last_rows();
        world() = input;
        world().endless = false;
        std::filesystem::remove_all(folder_ / "state");
        for (int crashes = 0;; ++crashes) {
            world().crash_after = crashes < 4 ? static_cast<int>(1 + random() % 30) : 0;
            const std::string failure =
                run(topology(op, static_cast<int64_t>(1 + random() % 4)), options(seed * 10 + static_cast<uint64_t>(crashes)));
            if (failure.empty()) break;
            ASSERT_THAT(failure, ::testing::HasSubstr("crashed as told")) << "seed " << seed;
        }
        expect_same_after_crashes(expected, last_rows(), seed);
        if (HasFailure()) return;
    }
}

TEST_F(KeyedStates, AreTheSameOnThreads) {
    world().splits = {{"a", {}}, {"b", {}}};
    for (int64_t i = 0; i < 5000; ++i) world().splits[i % 2 ? "a" : "b"].push_back(i % 97);
    world().batch = 50;
    ASSERT_EQ(run(topology("keyed_count", 3), options({})), "");
    for (int64_t n = 0; n < 97; ++n)
        EXPECT_EQ(last_rows()[n], fmt::format("{{\"n\":{},\"value\":{}}}", n, (5000 - n + 96) / 97));
}

// Without columns all rows are one key.
TEST_F(KeyedStates, AreOneForAllRowsOfAnEmptyKey) {
    for (uint64_t seed = 0; seed < 4; ++seed) {
        world().sunk.clear();
        world().splits = {{"a", {5, 7, 5}}, {"b", {1, 2}}};
        std::filesystem::remove_all(folder_ / "state");
        ASSERT_EQ(run(topology("keyed_count", 3, "", "[]"), options(seed)), "");
        ASSERT_EQ(world().sunk.size(), 5u);
        EXPECT_THAT(world().sunk.back(), ::testing::EndsWith("\"value\":5}"));
        world().splits["b"] = {1, 2, 8};
        ASSERT_EQ(run(topology("keyed_count", 2, "", "[]"), options(seed)), "");
        EXPECT_EQ(world().sunk.back(), "{\"n\":8,\"value\":6}");
    }
}

TEST_F(KeyedStates, AreForgottenWhenTheirTimeIsOver) {
    world().splits = {{"a", {1, 1, 2}}};
    world().batch = 3;
    ASSERT_EQ(run(topology("keyed_ttl", 2), options(1)), "");
    EXPECT_THAT(world().sunk, ::testing::UnorderedElementsAre("{\"n\":1,\"value\":1}", "{\"n\":1,\"value\":2}",
                                                              "{\"n\":2,\"value\":1}"));
    world().sunk.clear();
    world().splits["a"] = {1, 1, 2, 1};
    ASSERT_EQ(run(topology("keyed_ttl", 1), options(1)), "");
    EXPECT_THAT(world().sunk, ::testing::ElementsAre("{\"n\":1,\"value\":3}"));
    world().sunk.clear();
    world().splits["a"] = {1, 1, 2, 1, 1, 2};
    // A simulated clock begins at 0 in each run: time goes by before the first row.
    world().wait_before = 500;
    ASSERT_EQ(run(topology("keyed_ttl", 1), options(1)), "");
    EXPECT_THAT(world().sunk, ::testing::ElementsAre("{\"n\":1,\"value\":1}", "{\"n\":2,\"value\":1}"));
}

TEST_F(KeyedStates, AreNotTakenOverByAnotherOperator) {
    world().splits = {{"a", {5, 7, 5}}};
    ASSERT_EQ(run(topology("keyed_count", 1), options(1)), "");
    EXPECT_EQ(run(topology("keyed_text", 1), options(2)),
              fmt::format("not connected: {} holds state of node `counted`, which was a `keyed_count` then. Make it one again, or "
                          "drop its state: --allow-loss counted",
                          (folder_ / "state").string()));
    world().sunk.clear();
    world().splits["a"] = {5, 7, 5, 5};
    RunOptions losing = options(3);
    losing.epochs.allow_loss = {"counted"};
    ASSERT_EQ(run(topology("keyed_text", 1), losing), "");
    EXPECT_THAT(world().sunk, ::testing::ElementsAre("{\"n\":5,\"value\":\"0.\"}"));
}

TEST_F(KeyedStates, AreForgottenByEventTime) {
    world().splits = {{"a", {5, 5, 50, 5, 200, 5, 250}}};
    world().batch = 1;
    world().watermarks = true;
    const auto rows = [](std::initializer_list<std::pair<int, int>> pairs) {
        std::vector<std::string> out;
        for (auto [n, value] : pairs) out.push_back(fmt::format("{{\"n\":{},\"value\":{}}}", n, value));
        return out;
    };
    ASSERT_EQ(run(topology("keyed_event_ttl", 1), options(1)), "");
    EXPECT_EQ(world().sunk, rows({{5, 1}, {5, 2}, {50, 1}, {5, 3}, {200, 1}, {5, 1}, {250, 1}}));
    // The time of what was kept is the watermark's also after a restart.
    world().sunk.clear();
    world().splits["a"] = {5, 5, 50, 5, 200, 5, 250, 290, 5, 320, 5, 330};
    ASSERT_EQ(run(topology("keyed_event_ttl", 2), options(2)), "");
    EXPECT_THAT(world().sunk, ::testing::UnorderedElementsAreArray(rows({{290, 1}, {5, 2}, {320, 1}, {5, 3}, {330, 1}})));
}

// Ascending numbers, so that each comes in a run of its own.
TEST_F(KeyedStates, FireEventTimersBeforeTheWatermarkGoesOn) {
    for (uint64_t seed = 0; seed < seeds(60); ++seed) {
        std::mt19937_64 random(seed);
        reset_world();
        world().splits.clear();
        world().watermarks = true;
        std::map<int64_t, int64_t> counts;
        for (uint64_t s = 0; s < 1 + random() % 3; ++s) {
            auto& split = world().splits[fmt::format("s{}", s)];
            int64_t n = 0;
            for (uint64_t i = random() % 100; i > 0; --i) {
                n += static_cast<int64_t>(random() % 4);
                split.push_back(n);
                ++counts[n];
            }
        }
        world().batch = 1 + static_cast<int64_t>(random() % 5);
        world().sink_full_every = static_cast<int>(random() % 3);
        ASSERT_EQ(run(topology("event_delayed", static_cast<int64_t>(1 + random() % 4)), options(seed)), "") << "seed " << seed;
        // No number comes after its timer has fired: all of them are in the one row.
        std::map<int64_t, int64_t> fired;
        for (const std::string& row : world().sunk) {
            long long n = 0, count = 0;
            ASSERT_EQ(sscanf(row.c_str(), "{\"n\":%lld,\"value\":%lld}", &n, &count), 2) << row;
            ASSERT_TRUE(fired.emplace(n, count).second) << "twice: " << row << ", seed " << seed;
        }
        ASSERT_EQ(fired, counts) << "seed " << seed;
        std::filesystem::remove_all(folder_ / "state");
    }
}

TEST_F(KeyedStates, FireOverdueTimersOnceAfterARestart) {
    world().splits = {{"a", {1, 1, 2}}};
    ASSERT_EQ(run(topology("delayed", 2), options(1)), "");
    EXPECT_THAT(world().sunk, ::testing::IsEmpty()) << "the input ended before their time";
    world().splits["a"] = {1, 1, 2, 3};
    world().wait_before = 500;
    ASSERT_EQ(run(topology("delayed", 1), options(1)), "");
    EXPECT_THAT(world().sunk, ::testing::UnorderedElementsAre("{\"n\":1,\"value\":2}", "{\"n\":2,\"value\":1}"));
    world().sunk.clear();
    world().splits["a"] = {1, 1, 2, 3, 4};
    world().wait_before = 5000;
    ASSERT_EQ(run(topology("delayed", 3), options(1)), "");
    EXPECT_THAT(world().sunk, ::testing::ElementsAre("{\"n\":3,\"value\":1}"));
}

// Runs `first` over some numbers, then `then` over some more.
TEST_F(KeyedStates, AreReadByAWiderLayout) {
    world().splits = {{"a", {5, 7, 5}}};
    ASSERT_EQ(run(topology("totals_v1", 2), options(1)), "");
    world().sunk.clear();
    world().splits["a"] = {5, 7, 5, 5, 7, 9};
    ASSERT_EQ(run(topology("totals_wider", 3), options(2)), "");
    EXPECT_THAT(world().sunk, ::testing::UnorderedElementsAre("{\"n\":5,\"value\":15}", "{\"n\":7,\"value\":14}",
                                                              "{\"n\":9,\"value\":9}"));
    // It was written anew in the wider layout, and nothing of the old one is left to refuse.
    EXPECT_THAT(run(topology("totals_v1", 1), options(3)), ::testing::HasSubstr("field `mean: float64?` is no longer there"));
}

TEST_F(KeyedStates, AreConvertedFromAnOlderVersion) {
    world().splits = {{"a", {5, 7, 5}}};
    ASSERT_EQ(run(topology("totals_v1", 1), options(1)), "");
    world().sunk.clear();
    world().splits["a"] = {5, 7, 5, 5};
    ASSERT_EQ(run(topology("totals_v2", 2), options(2)), "");
    EXPECT_THAT(world().sunk, ::testing::ElementsAre("{\"n\":5,\"value\":150}"));
    world().sunk.clear();
    world().splits["a"] = {5, 7, 5, 5, 7};
    ASSERT_EQ(run(topology("totals_v2", 1), options(3)), "");
    EXPECT_THAT(world().sunk, ::testing::ElementsAre("{\"n\":7,\"value\":140}"));
}

TEST_F(KeyedStates, AreRefusedWhereNobodyCanReadThem) {
    world().splits = {{"a", {5, 7, 5}}};
    ASSERT_EQ(run(topology("totals_v1", 1), options(1)), "");
    EXPECT_EQ(run(topology("totals_other", 1), options(2)),
              "node `counted` (plugin test): state `totals` was written in version 1 as { sum: int32, last: int16? }, now it is "
              "version 2 as { sum_times_ten: int64 }: field `sum: int32` is no longer there. Give the state a way to read "
              "version 1, run the plugin that wrote it, or begin anew (--reset)");
    EXPECT_THAT(run(topology("keyed_count", 1), options(2)), ::testing::HasSubstr("which was a `totals_v1` then"));
    EXPECT_EQ(run(topology("totals_v2", 1), options(3)), "");
    EXPECT_THAT(run(topology("totals_v1", 1), options(4)), ::testing::HasSubstr("use the newer one that wrote it"));
}

}  // namespace
}  // namespace weir::host::testing
