// Topologies under a memory_limit: the same results however little there is, and an end where there is too little.
#include "tests/unit/engine/keyed_fixture.hpp"

namespace weir::host::testing {
namespace {

class MemoryLimits : public KeyedStates {
protected:
    static std::string limited(const std::string& op, int64_t workers, const std::string& limit) {
        return topology(op, workers, "memory_limit: " + limit + "\n");
    }
};

// From one where every entry is evicted as soon as its epoch is committed to one that is never reached; each start
// draws another.
TEST_F(MemoryLimits, AreNotSeenInResults) {
    const char* const limits[] = {"64B", "4KiB", "64KiB", "1MiB", "1GiB"};
    const char* const ops[] = {"keyed_text", "keyed_count", "collections"};
    for (uint64_t seed = 0; seed < seeds(90); ++seed) {
        std::mt19937_64 random(seed);
        random_input(random);
        const char* op = ops[seed % 3];
        const World input = world();
        ASSERT_EQ(run(topology(op, 1)), "");
        const auto expected = last_rows();
        world() = input;
        std::filesystem::remove_all(folder_ / "state");
        for (int crashes = 0;; ++crashes) {
            world().crash_after = crashes < 4 ? static_cast<int>(1 + random() % 30) : 0;
            const std::string failure = run(limited(op, static_cast<int64_t>(1 + random() % 4), limits[random() % 5]),
                                            options(seed * 10 + static_cast<uint64_t>(crashes)));
            if (failure.empty()) break;
            ASSERT_THAT(failure, ::testing::HasSubstr("crashed as told")) << "seed " << seed;
        }
        expect_same_after_crashes(expected, last_rows(), seed);
        if (HasFailure()) return;
    }
}

TEST_F(MemoryLimits, AreKeptOnThreads) {
    world().splits = {{"a", {}}, {"b", {}}};
    for (int64_t i = 0; i < 40'000; ++i) world().splits[i % 2 ? "a" : "b"].push_back(i * 7919 % 9973);
    world().batch = 50;
    ASSERT_EQ(run(limited("keyed_count", 3, "300KiB"), options({})), "");
    std::map<int64_t, int64_t> counts;
    for (int64_t i = 0; i < 40'000; ++i) ++counts[i * 7919 % 9973];
    const auto rows = last_rows();
    ASSERT_EQ(rows.size(), counts.size());
    for (const auto& [n, count] : counts) {
        if (rows.at(n) == fmt::format("{{\"n\":{},\"value\":{}}}", n, count)) continue;
        std::string all;
        for (const std::string& row : world().sunk)
            if (std::stoll(row.substr(5)) == n) all += row + " ";
        FAIL() << n << " came " << count << " times: " << all;
    }
}

TEST_F(MemoryLimits, LetTimersFireForKeysThatWereEvicted) {
    for (uint64_t seed = 0; seed < seeds(30); ++seed) {
        std::mt19937_64 random(seed);
        reset_world();
        world().splits.clear();
        world().watermarks = true;
        std::map<int64_t, std::string> expected;
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
        for (const auto& [n, count] : counts) expected[n] = fmt::format("{{\"n\":{},\"value\":{}}}", n, count);
        world().batch = 1 + static_cast<int64_t>(random() % 5);
        ASSERT_EQ(run(limited("event_delayed", static_cast<int64_t>(1 + random() % 4), "128KiB"), options(seed)), "") << "seed " << seed;
        EXPECT_EQ(world().sunk.size(), counts.size()) << "seed " << seed;
        EXPECT_EQ(last_rows(), expected) << "seed " << seed;
        std::filesystem::remove_all(folder_ / "state");
    }
}

// What is left in the store stays in the layout that it was written in until its key comes.
TEST_F(MemoryLimits, LeaveEvictedEntriesInTheLayoutTheyHave) {
    world().splits = {{"a", {5, 7, 5}}};
    ASSERT_EQ(run(topology("totals_v1", 2), options(1)), "");
    world().sunk.clear();
    world().splits["a"] = {5, 7, 5, 5};
    ASSERT_EQ(run(limited("totals_wider", 3, "64B"), options(2)), "");
    EXPECT_THAT(world().sunk, ::testing::ElementsAre("{\"n\":5,\"value\":15}"));
    world().sunk.clear();
    world().splits["a"] = {5, 7, 5, 5, 7, 9, 5};
    ASSERT_EQ(run(limited("totals_wider", 1, "64B"), options(3)), "");
    EXPECT_EQ(last_rows(), (std::map<int64_t, std::string>{
                               {5, "{\"n\":5,\"value\":20}"}, {7, "{\"n\":7,\"value\":14}"}, {9, "{\"n\":9,\"value\":9}"}}));
}

TEST_F(MemoryLimits, EndTheRunWhereWhatIsNeverEvictedPassesThem) {
    world().splits = {{"a", {}}};
    for (int64_t i = 0; i < 300; ++i) world().splits["a"].push_back(i);
    auto made = plan(limited("event_delayed", 1, "4KiB"), options(1));
    ASSERT_NE(made, nullptr) << fault_;
    const std::atomic<bool> stop{false};
    ASSERT_TRUE(made->connect(stop).ok());
    made->start();
    made->join();
    ASSERT_TRUE(made->failure().has_value());
    EXPECT_THAT(made->failure()->text(),
                ::testing::StartsWith("node `counted` (plugin test): memory_limit (0.0 MiB) is passed by what is never evicted"));
    EXPECT_TRUE(made->failed_state()) << "exit 6";
}

}  // namespace
}  // namespace weir::host::testing
