// Broadcast edges and the state that they change: one order for all instances, one version behind a barrier.
#include <filesystem>
#include <map>
#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/unit/engine/broadcast_operators.hpp"
#include "tests/unit/engine/keyed_fixture.hpp"

namespace weir::host::testing {
namespace {

class BroadcastStates : public KeyedStates {
protected:
    // `ruled_v2` is another version of the operator ruled.
    static std::string topology(std::string op, uint64_t workers) {
        world().acts_as.clear();
        if (op == "ruled_v2") world().acts_as["ruled"] = std::exchange(op, "ruled");
        return fmt::format("name: t\nworkers: {}\ncheckpoint: 20us\nnodes:\n  numbers_in: {{ numbers: {{}} }}\n"
                           "  twice_in: {{ from: numbers_in, twice: {{}} }}\n"
                           "  judged: {{ from: {{ rows: numbers_in, rules: twice_in }}, {}: {{}} }}\n"
                           "  out: {{ from: judged, collect: {{}} }}\n",
                           workers, op);
    }
    static void random_input(std::mt19937_64& random) {
        reset_world();
        world().splits.clear();
        world().batch = 1 + static_cast<int64_t>(random() % 7);
        for (uint64_t s = 0; s < 1 + random() % 4; ++s) {
            auto& split = world().splits[fmt::format("s{}", s)];
            for (uint64_t i = random() % 120; i > 0; --i) split.push_back(static_cast<int64_t>(random() % 1000));
        }
    }
    // What all instances have, once each has said the same.
    static std::map<int64_t, int64_t> rules(uint64_t workers) {
        std::map<int64_t, int64_t> out;
        std::map<int64_t, uint64_t> said;
        for (const std::string& row : world().sunk) {
            long long n = 0, value = 0;
            EXPECT_EQ(sscanf(row.c_str(), "{\"n\":%lld,\"value\":%lld}", &n, &value), 2) << row;
            EXPECT_EQ(out.emplace(n, value).first->second, value) << "instances differ in rule " << n;
            ++said[n];
        }
        for (const auto& [n, times] : said) EXPECT_EQ(times, workers) << "rule " << n;
        return out;
    }
    static void expect_one_version_an_epoch() {
        for (const auto& [epoch, versions] : world().versions) EXPECT_EQ(versions.size(), 1u) << "epoch " << epoch;
        world().versions.clear();
    }
};

TEST_F(BroadcastStates, AreTheSameForAllInstancesInEveryOrder) {
    for (uint64_t seed = 0; seed < seeds(300); ++seed) {
        std::mt19937_64 random(seed);
        random_input(random);
        world().sink_full_every = static_cast<int>(random() % 4);
        const uint64_t workers = 1 + random() % 4;
        ASSERT_EQ(run(topology("ruled", workers), options(seed)), "") << "seed " << seed;
        const auto all = rules(workers);
        expect_one_version_an_epoch();
        std::map<int64_t, int64_t> expected;
        if (world().splits.size() == 1) {
            for (int64_t n : world().splits.begin()->second) {
                n *= 2;
                if (n % 7 == 0)
                    expected.erase(n % 3);
                else
                    expected[n % 3] = next_rule(expected[n % 3], n);
            }
            EXPECT_EQ(all, expected);
        }
        std::filesystem::remove_all(folder_ / "state");
        if (HasFailure()) FAIL() << "seed " << seed;
    }
}

TEST_F(BroadcastStates, AreTheSameAfterCrashesWithAnyNumberOfWorkers) {
    for (uint64_t seed = 0; seed < seeds(60); ++seed) {
        std::mt19937_64 random(seed);
        random_input(random);
        uint64_t workers = 0;
        for (int crashes = 0;; ++crashes) {
            world().crash_after = crashes < 4 ? static_cast<int>(1 + random() % 60) : 0;
            world().sunk.clear();
            workers = 1 + random() % 4;
            const std::string failure = run(topology(crashes < 2 ? "ruled" : "ruled_v2", workers),
                                            options(seed * 10 + static_cast<uint64_t>(crashes)));
            expect_one_version_an_epoch();
            if (failure.empty()) break;
            ASSERT_THAT(failure, ::testing::HasSubstr("crashed as told")) << "seed " << seed;
        }
        rules(workers);
        std::filesystem::remove_all(folder_ / "state");
        if (HasFailure()) FAIL() << "seed " << seed;
    }
}

TEST_F(BroadcastStates, AreTheSameOnThreads) {
    world().splits = {{"a", {}}, {"b", {}}, {"c", {}}};
    for (int64_t i = 0; i < 3000; ++i) world().splits[std::string(1, static_cast<char>('a' + i % 3))].push_back(i * 37 % 1009);
    world().batch = 20;
    ASSERT_EQ(run(topology("ruled", 3), options({})), "");
    rules(3);
    expect_one_version_an_epoch();
}

TEST_F(BroadcastStates, AreChangedByTheBroadcastInputAlone) {
    world().splits = {{"a", {1, 2, 3}}};
    EXPECT_THAT(run(topology("ruled_by_rows", 2), options(1)),
                ::testing::HasSubstr("state `rules` can be changed by rows of a broadcast input alone"));
    EXPECT_THAT(run("name: t\nnodes:\n  numbers_in: { numbers: {} }\n  a: { from: numbers_in, rules_without_input: {} }\n"
                    "  out: { from: a, collect: {} }\n"),
                ::testing::HasSubstr("and no input with WEIR_PORT_BROADCAST to change it by"));
}

}  // namespace
}  // namespace weir::host::testing
