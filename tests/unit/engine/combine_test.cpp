// Rows of frequent keys that are added up before they cross: the same result, in the same order, whatever is refused.
#include <map>
#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "host/engine/hot_keys.hpp"
#include "tests/unit/engine/engine_fixture.hpp"
#include "tests/unit/engine/summing_operators.hpp"

namespace weir::host::testing {
namespace {

class Combine : public EngineFixture {
protected:
    void SetUp() override {
        EngineFixture::SetUp();
        reset_summing();
    }

    // What a sum over these splits is, as rows, sorted.
    std::multiset<std::string> fill(std::mt19937_64& random) {
        world().splits.clear();
        world().batch = 64 + static_cast<int64_t>(random() % 200);
        std::map<int64_t, int64_t> counts;
        for (int64_t s = 0; s < 3; ++s) {
            auto& split = world().splits[fmt::format("s{}", s)];
            int64_t n = s * 1'000'000;
            for (uint64_t i = 500 + random() % 1000; i > 0; --i) {
                n += 1 + static_cast<int64_t>(random() % 3);
                split.push_back(n);
                ++counts[n % 16 < 8 ? 0 : n % 16];
            }
        }
        std::multiset<std::string> rows;
        for (const auto& [key, count] : counts) rows.insert(fmt::format("{{\"n\":{},\"count\":{}}}", key, count));
        return rows;
    }
    void expect(const std::multiset<std::string>& rows, uint64_t seed) {
        RunOptions options;
        options.simulate = seed;
        const std::string text = "name: t\nworkers: 3\ncheckpoint: 20us\nnodes:\n  numbers_in: { numbers: {} }\n"
                                 "  sums: { from: numbers_in, summing: {} }\n  out: { from: sums, collect: {} }\n";
        ASSERT_EQ(run(text, options), "") << "seed " << seed;
        EXPECT_EQ(std::multiset<std::string>(world().sunk.begin(), world().sunk.end()), rows) << "seed " << seed;
    }
};

TEST_F(Combine, GivesTheSameSumsInOrder) {
    int64_t combined = 0;
    for (uint64_t seed = 0; seed < seeds(40); ++seed) {
        SetUp();
        std::mt19937_64 random(seed);
        const auto rows = fill(random);
        summing().refuse_every = static_cast<int>(random() % 4);
        summing().left_out = static_cast<int64_t>(random() % 3);
        expect(rows, seed);
        for (const NodeStats& node : stats_.nodes) combined += node.combined;
        if (HasFailure()) return;
    }
    EXPECT_GT(combined, 2'000);
}

TEST_F(Combine, GivesRowsWhereTheyAreWantedAfterAll) {
    std::mt19937_64 random(1);
    const auto rows = fill(random);
    summing().refuse_every = 1;
    expect(rows, 1);
    EXPECT_GT(summing().refusals, 0);
    for (const NodeStats& node : stats_.nodes) EXPECT_EQ(node.combined, 0);
}

TEST_F(Combine, RestsWhereItDoesNotPay) {
    std::mt19937_64 random(1);
    const auto rows = fill(random);
    summing().does_not_pay = true;
    expect(rows, 1);
    EXPECT_GT(summing().combines, 0);
    EXPECT_LE(summing().combines, 6);  // once each way between three workers
}

TEST(HotKeys, AreFoundAndKeptWhileTheyCome) {
    HotKeys keys;
    std::mt19937_64 random(1);
    std::vector<uint64_t> rows(1024);
    const auto fill = [&](uint64_t hot) {
        for (uint64_t& row : rows) row = random() % 2 ? hot : random();
    };
    fill(42);
    EXPECT_TRUE(keys.look(rows.data(), rows.size()));
    EXPECT_TRUE(keys.contains(42));
    EXPECT_FALSE(keys.contains(42 + 64));
    EXPECT_FALSE(keys.look(rows.data(), rows.size()));
    fill(random());
    EXPECT_TRUE(keys.look(rows.data(), rows.size()));
    EXPECT_FALSE(keys.contains(42));
    EXPECT_FALSE(keys.empty());
    for (uint64_t& row : rows) row = random();
    EXPECT_TRUE(keys.look(rows.data(), rows.size()));
    EXPECT_TRUE(keys.empty());
}

// What was gathered of them goes before rows that follow.
TEST(HotKeys, TellThatTheyAreNoneAnyMoreBehindARest) {
    HotKeys keys;
    const std::vector<uint64_t> rows(1024, 42);
    EXPECT_TRUE(keys.look(rows.data(), rows.size()));
    keys.rest();
    EXPECT_FALSE(keys.contains(42));
    EXPECT_TRUE(keys.look(rows.data(), rows.size()));
    for (uint32_t i = 1; i < HotKeys::kRest; ++i) EXPECT_FALSE(keys.look(rows.data(), rows.size()));
    EXPECT_TRUE(keys.empty());
    EXPECT_TRUE(keys.look(rows.data(), rows.size()));
    EXPECT_TRUE(keys.contains(42));
}

TEST(HotKeys, AreNotFoundAmongManyThatComeInTurn) {
    HotKeys keys;
    std::vector<uint64_t> rows(1024);
    for (size_t i = 0; i < rows.size(); ++i) rows[i] = (i % 128) * 0x9E3779B97F4A7C15;
    int changes = 0;
    for (int i = 0; i < 100; ++i) changes += keys.look(rows.data(), rows.size());
    EXPECT_LE(changes, 4);
}

}  // namespace
}  // namespace weir::host::testing
