// Several workers: the same result as one, whatever the order in which they run.
#include <map>
#include <random>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/unit/engine/engine_fixture.hpp"

namespace weir::host::testing {
namespace {

class Workers : public EngineFixture {
protected:
    // Random numbers in random splits; returns how often each number is there.
    std::map<int64_t, int64_t> random_input(std::mt19937_64& random) {
        reset_world();
        world().splits.clear();
        const auto below = [&](uint64_t n) { return static_cast<int64_t>(random() % n); };
        world().batch = 1 + below(7);
        world().sink_full_every = static_cast<int>(below(4));
        world().prepare_pending = static_cast<int>(below(3));
        const int64_t keys = 1 + below(20);
        std::map<int64_t, int64_t> counts;
        for (int64_t s = below(5); s >= 0; --s) {
            auto& split = world().splits[fmt::format("s{}", s)];
            for (int64_t i = below(60); i > 0; --i) {
                split.push_back(below(static_cast<uint64_t>(keys)) - 5);
                ++counts[split.back()];
            }
        }
        return counts;
    }

    // Every n came to the sink with the counts 1, 2, ... in this order.
    static void expect_counted(const std::map<int64_t, int64_t>& counts, int64_t factor) {
        std::map<int64_t, int64_t> seen;
        for (const std::string& row : world().sunk) {
            long long n = 0, count = 0;
            ASSERT_EQ(sscanf(row.c_str(), "{\"n\":%lld,\"count\":%lld}", &n, &count), 2) << row;
            ASSERT_EQ(count, ++seen[n]) << "out of order, lost or doubled: " << row;
        }
        for (const auto& [n, count] : counts) EXPECT_EQ(seen[n * factor], count) << n;
    }
};

constexpr const char* kShapes[] = {
    R"(
nodes:
  numbers_in: { numbers: {} }
  counted: { from: numbers_in, key: n, tally: {} }
  out: { from: counted, collect: {} }
)",
    R"(
nodes:
  numbers_in: { numbers: {} }
  twice_a: { from: numbers_in, twice: {} }
  held: { from: twice_a, hoarder: {} }
  counted: { from: held, key: n, tally: {} }
  out: { from: counted, collect: {} }
)",
    R"(
nodes:
  numbers_in: { numbers: {} }
  twice_a: { from: numbers_in, twice: {} }
  halves: { from: { left: twice_a, right: twice_a }, both: {} }
  counted: { from: halves, key: n, tally: {} }
  out: { from: counted, collect: {} }
)",
};

TEST_F(Workers, GiveTheSameResultInEveryOrder) {
    for (uint64_t seed = 0; seed < seeds(600); ++seed) {
        std::mt19937_64 random(seed);
        const size_t shape = random() % 3;
        auto counts = random_input(random);
        if (shape == 2)
            for (auto& [n, count] : counts) count *= 2;
        RunOptions options;
        options.simulate = seed;
        const std::string text = fmt::format("name: t\nworkers: {}\ncheckpoint: {}us\n{}", 1 + random() % 4,
                                             1 + random() % 50, kShapes[shape]);
        ASSERT_EQ(run(text, options), "") << "seed " << seed;
        expect_counted(counts, shape == 0 ? 1 : 2);
        if (HasFailure()) FAIL() << "seed " << seed << text;
        // Every split was read to its end, and that was committed.
        for (const auto& [id, values] : world().splits)
            ASSERT_EQ(world().committed[id], std::to_string(values.size())) << "seed " << seed << ", split " << id;
    }
}

TEST_F(Workers, GiveTheSameResultOnThreads) {
    for (uint64_t seed = 0; seed < 20; ++seed) {
        std::mt19937_64 random(seed);
        const auto counts = random_input(random);
        ASSERT_EQ(run(fmt::format("name: t\nworkers: 3\ncheckpoint: 1ms\n{}", kShapes[0])), "");
        expect_counted(counts, 1);
        if (HasFailure()) FAIL() << "seed " << seed;
    }
}

TEST_F(Workers, ReadNoMoreRecordsThanAsked) {
    for (uint64_t seed = 0; seed < seeds(100); ++seed) {
        std::mt19937_64 random(seed);
        random_input(random);
        size_t there = 0;
        for (const auto& [id, values] : world().splits) there += values.size();
        if (there < 10) continue;
        world().endless = true;
        RunOptions options;
        options.simulate = seed;
        options.records = 10;
        ASSERT_EQ(run(fmt::format("name: t\nworkers: 3\n{}", kShapes[0]), options), "");
        EXPECT_EQ(stats_.records, 10) << "seed " << seed;
        EXPECT_EQ(world().sunk.size(), 10u) << "seed " << seed;
    }
}

TEST_F(Workers, StopWhenOneFails) {
    world().splits = {{"a", {1, 2, 3}}, {"b", {4, 5, 6}}};
    world().throw_in = "twice";
    world().endless = true;
    EXPECT_THAT(run(fmt::format("name: t\nworkers: 2\n{}", kShapes[1])), ::testing::HasSubstr("node `twice_a`"));
}

TEST_F(Workers, RefuseAKeyThatTheInputDoesNotHave) {
    EXPECT_THAT(run("name: t\nnodes:\n  a: { numbers: {} }\n  b: { from: a, key: m, tally: {} }\n"
                    "  c: { from: b, collect: {} }\n"),
                ::testing::HasSubstr("node `b`: the input has no column `m`; it has"));
}

}  // namespace
}  // namespace weir::host::testing
