// State with a time to live, and timers, under a memory_limit, with crashes and any number of workers: what is over is
// gone, nothing else is.
#include <map>
#include <random>
#include <set>

#include "tests/unit/engine/keyed_fixture.hpp"

namespace weir::host::testing {
namespace {

class StateTtls : public KeyedStates {
protected:
    static std::string limited(const std::string& op, std::mt19937_64& random) {
        const char* const limits[] = {"64B", "4KiB", "64KiB", "1GiB"};
        const char* const limit = limits[random() % 4];
        return topology(op, static_cast<int64_t>(1 + random() % 4), fmt::format("memory_limit: {}\n", limit));
    }
    // Up to three crashes, each start on another number of workers under another limit.
    void run_with_crashes(const std::string& op, std::mt19937_64& random, int64_t now) {
        for (int crashes = 0;; ++crashes) {
            world().crash_after = crashes < 3 && random() % 2 ? static_cast<int>(1 + random() % 30) : 0;
            RunOptions opts = options(random());
            opts.simulated_start = now;
            const std::string failure = run(limited(op, random), opts);
            world().crash_after = 0;
            if (failure.empty()) return;
            ASSERT_THAT(failure, ::testing::HasSubstr("crashed as told"));
        }
    }
    // Some of each of ten keys into every split, so that every worker has some.
    static void add_burst(std::mt19937_64& random) {
        world().batch = 1 + static_cast<int64_t>(random() % 7);
        for (int s = 0; s < 4; ++s)
            for (int64_t i = 0; i < 20; ++i) world().splits[fmt::format("s{}", s)].push_back(i < 10 ? i : static_cast<int64_t>(random() % 10));
    }
    // What the operator without a time to live makes of all that is in the splits behind `from`.
    std::map<int64_t, std::string> without_ttl(const std::string& op, size_t from) {
        const World input = world();
        for (auto& [id, values] : world().splits) values.erase(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(from));
        EXPECT_EQ(run(topology(op, 1)), "");
        const auto rows = last_rows();
        world() = input;
        return rows;
    }
};

TEST_F(StateTtls, AreKeptByTheProcessingClock) {
    constexpr int64_t kSecond = 1'000'000;
    const char* const ops[][2] = {{"keyed_long_ttl", "keyed_count"}, {"collections_ttl", "collections"}};
    for (uint64_t seed = 0; seed < seeds(15); ++seed) {
        std::mt19937_64 random(seed);
        reset_world();
        world().splits.clear();
        std::filesystem::remove_all(folder_ / "state");
        int64_t now = 0;
        size_t from = 0;  // of each split, what came since all was forgotten
        for (int burst = 0; burst < 8; ++burst) {
            const bool over = random() % 3 == 0;
            now += over ? 20 * kSecond : kSecond / 2;
            if (over && burst > 0) from = world().splits["s0"].size();
            add_burst(random);
            world().sunk.clear();
            const auto expected = without_ttl(ops[seed % 2][1], from);
            run_with_crashes(ops[seed % 2][0], random, now);
            for (int64_t n = 0; n < 10; ++n) ASSERT_EQ(last_rows()[n], expected.at(n)) << "seed " << seed << ", burst " << burst;
        }
    }
}

// A run for each burst, and one before it that moves the watermark.
TEST_F(StateTtls, AreKeptByEventTime) {
    for (uint64_t seed = 0; seed < seeds(15); ++seed) {
        std::mt19937_64 random(seed);
        reset_world();
        world().splits.clear();
        world().watermarks = true;
        std::filesystem::remove_all(folder_ / "state");
        int64_t time = 0;
        size_t from = 0;
        for (int burst = 0; burst < 6; ++burst) {
            const bool over = random() % 3 == 0;
            time += over ? 300 : 15;
            if (over && burst > 0) from = world().splits["s0"].size();
            for (int s = 0; s < 4; ++s)
                for (int i = 0; i < 2; ++i) world().splits[fmt::format("s{}", s)].push_back(time);
            world().batch = 1;
            run_with_crashes("keyed_event_ttl", random, 0);
            add_burst(random);
            world().sunk.clear();
            const auto expected = without_ttl("keyed_count", from);
            run_with_crashes("keyed_event_ttl", random, 0);
            for (int64_t n = 0; n < 10; ++n) ASSERT_EQ(last_rows()[n], expected.at(n)) << "seed " << seed << ", burst " << burst;
        }
    }
}

// A row may come again behind a crash, and is the same then.
TEST_F(StateTtls, LetTimersFireForEvictedKeysBehindCrashes) {
    for (uint64_t seed = 0; seed < seeds(60); ++seed) {
        std::mt19937_64 random(seed);
        reset_world();
        world().splits.clear();
        world().watermarks = true;
        std::filesystem::remove_all(folder_ / "state");
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
        std::set<std::string> expected;
        for (const auto& [n, count] : counts) expected.insert(fmt::format("{{\"n\":{},\"value\":{}}}", n, count));
        world().batch = 1 + static_cast<int64_t>(random() % 5);
        for (int crashes = 0;; ++crashes) {
            world().crash_after = crashes < 4 ? static_cast<int>(1 + random() % 40) : 0;
            const std::string failure =
                run(topology("event_delayed", static_cast<int64_t>(1 + random() % 4), "memory_limit: 256KiB\n"), options(random()));
            if (failure.empty()) break;
            ASSERT_THAT(failure, ::testing::HasSubstr("crashed as told")) << "seed " << seed;
        }
        EXPECT_EQ(std::set<std::string>(world().sunk.begin(), world().sunk.end()), expected) << "seed " << seed;
        if (HasFailure()) return;
    }
}

}  // namespace
}  // namespace weir::host::testing
