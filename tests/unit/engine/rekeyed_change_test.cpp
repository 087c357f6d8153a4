// Nodes whose key is another in a new graph: what they keep goes where it belongs now, or is given up.
#include <algorithm>
#include <cstdio>
#include <random>

#include <fmt/format.h>

#include "tests/unit/engine/change_fixture.hpp"

namespace weir::host::testing {
namespace {

using ::testing::HasSubstr;

std::string pairs_of(int64_t sum, int workers, const std::string& more = "") {
    return fmt::format(
        "name: t\nworkers: {}\ncheckpoint: 20us\ntrial: {{ max_errors: 100% }}\ndead_letters: {{ collect: {{}} }}\nnodes:\n"
        "  numbers_in: {{ numbers: {{}} }}\n"
        "  doubled: {{ from: numbers_in, twice: {{}} }}\n"
        "  pairs: {{ from: doubled, pair_match: {{ value: n, sum: {}, min: 0, max: {} }} }}\n"
        "  out: {{ from: pairs, collect: {{}} }}\n{}",
        workers, sum, sum, more);
}

struct Pairs {
    std::set<int64_t> numbers, sums;
};

Pairs pairs_in(const World& seen) {
    Pairs out;
    for (const std::string& row : seen.sunk) {
        long long left = 0, right = 0;
        if (sscanf(row.c_str(), "{\"left\":%lld,\"right\":%lld", &left, &right) != 2) continue;
        out.numbers.insert({left, right});
        out.sums.insert(left + right);
    }
    return out;
}

TEST_F(Changed, PairsWhatWaitedUnderAnotherSum) {
    for (uint64_t seed = 0; seed < seeds(30); ++seed) {
        reset_world();
        outcomes_.clear();
        hands_over_ = seed % 2 == 0;
        std::mt19937_64 random(seed);
        world().splits.clear();
        std::set<int64_t> given;
        for (const char* split : {"a", "b", "c"})
            for (int i = 0; i < 60; ++i) {
                const auto n = static_cast<int64_t>(random() % 7);  // doubled: up to 12
                world().splits[split].push_back(n);
                given.insert(2 * n);
            }
        change_at(5 + static_cast<int>(random() % 15), pairs_of(10, 1 + static_cast<int>(random() % 3)));
        ASSERT_EQ(run(pairs_of(12, 2), seed), "") << "seed " << seed;
        ASSERT_EQ(outcomes_.size(), 1U) << "seed " << seed;
        ASSERT_TRUE(outcomes_[0].is_taken) << "seed " << seed << ": " << outcomes_[0].why.text();
        const Pairs seen = pairs_in(world());
        EXPECT_EQ(seen.sums, (std::set<int64_t>{10, 12})) << "seed " << seed;
        for (const int64_t n : seen.numbers) EXPECT_TRUE(given.contains(n)) << "seed " << seed << ", " << n;
        // 12 cannot pair any more: those that waited left as those that came since did. Under 10, no number waits beside its complement.
        for (const NodeStats& node : supervisor_->stats().nodes)
            if (node.id == "pairs" && !node.is_clauses) EXPECT_GT(node.errors, 0) << "seed " << seed;
        supervisor_.reset();
        auto store = StateStore::open(state(seed), {});
        ASSERT_TRUE(store.ok()) << store.status().message();
        std::set<int64_t> waiting;
        const Status read = (*store)->read("pairs", [&](const weir_state_block& block) -> Status {
            for (uint64_t i = 0; i < block.n; ++i) {
                int64_t n = 0;
                std::memcpy(&n, block.keys[i].data, sizeof n);
                EXPECT_TRUE(waiting.insert(n).second) << "seed " << seed << ": " << n << " waits in two key groups";
            }
            return {};
        });
        ASSERT_TRUE(read.ok()) << read.message();
        EXPECT_FALSE(waiting.contains(12)) << "seed " << seed;
        for (const int64_t n : waiting) EXPECT_TRUE(n == 5 || !waiting.contains(10 - n)) << "seed " << seed << ": " << n << " and " << 10 - n;
        if (HasFailure()) return;
    }
}

TEST_F(Changed, PutsBackWhatWasRekeyedWhereTheNewGraphFails) {
    for (uint64_t seed = 0; seed < seeds(20); ++seed) {
        reset_world();
        outcomes_.clear();
        std::mt19937_64 random(seed);
        world().splits.clear();
        // None of the first has its complement among the first, each among the last.
        auto& values = world().splits["a"];
        for (int64_t n = 0; n < 60; ++n) values.push_back(n);
        for (int64_t n = 0; n < 60; ++n) values.push_back(119 - n);
        change_at(5 + static_cast<int>(random() % 8), pairs_of(236, 2, "  bad: { from: doubled, bad_code: {} }\n  more: { from: bad, collect: {} }\n"));
        ASSERT_EQ(run(pairs_of(238, 2), seed), "") << "seed " << seed;
        ASSERT_EQ(outcomes_.size(), 1U) << "seed " << seed;
        EXPECT_FALSE(outcomes_[0].is_taken) << "seed " << seed;
        std::set<std::string> rows(world().sunk.begin(), world().sunk.end());
        EXPECT_EQ(std::count_if(rows.begin(), rows.end(), [](const std::string& row) { return row.starts_with("{\"left\""); }), 60) << "seed " << seed;
        EXPECT_EQ(pairs_in(world()).sums, std::set<int64_t>{238}) << "seed " << seed;
        if (HasFailure()) return;
    }
}

TEST_F(Changed, GivesUpStateUnderAnotherKeyOnlyWhereThatIsAllowed) {
    const std::string other = replaced(kCountedGraph, "key: n, ", "key: { n: n % 3 }, ");
    std::mt19937_64 random(1);
    fill(random);
    change_at(5, other);
    ASSERT_EQ(run(kCountedGraph, 1), "");
    ASSERT_EQ(outcomes_.size(), 1U);
    EXPECT_FALSE(outcomes_[0].is_taken);
    EXPECT_THAT(outcomes_[0].why.text(), HasSubstr("the state of node `counted` is kept under the key [\"n\"], and the topology says {\"n\":\"n % 3\"}. Run it as "
                                                   "it was, or drop its state: --allow-loss counted"));
    expect_all_counted(1);

    reset_world();
    outcomes_.clear();
    fill(random);
    change_at(5, other, {"counted"});
    ASSERT_EQ(run(kCountedGraph, 2), "");
    ASSERT_EQ(outcomes_.size(), 1U);
    EXPECT_TRUE(outcomes_[0].is_taken) << outcomes_[0].why.text();
    // Three keys, each counted from the start.
    std::set<std::string> rows(world().sunk.begin(), world().sunk.end());
    for (const char* first : {R"({"n":0,"count":1})", R"({"n":1,"count":1})", R"({"n":2,"count":1})"}) EXPECT_TRUE(rows.contains(first)) << first;
}

// The key is called as before, and its bytes are others.
TEST_F(Changed, GivesUpStateUnderAKeyOfAnotherTypeOnlyWhereThatIsAllowed) {
    const std::string other = replaced(kCountedGraph, "counted: { from: doubled,", "text: { from: doubled, select: { n: n::string } }\n  counted: { from: text,");
    std::mt19937_64 random(1);
    fill(random);
    change_at(5, other);
    ASSERT_EQ(run(kCountedGraph, 1), "");
    ASSERT_EQ(outcomes_.size(), 1U);
    EXPECT_FALSE(outcomes_[0].is_taken);
    EXPECT_THAT(outcomes_[0].why.text(), HasSubstr("the state of node `counted` is kept under a key of (integer), and it is (text) now. Run it as it was, or "
                                                   "drop its state: --allow-loss counted"));
    expect_all_counted(1);

    reset_world();
    outcomes_.clear();
    fill(random);
    change_at(5, other, {"counted"});
    ASSERT_EQ(run(kCountedGraph, 2), "");
    ASSERT_EQ(outcomes_.size(), 1U);
    EXPECT_TRUE(outcomes_[0].is_taken) << outcomes_[0].why.text();
}

}  // namespace
}  // namespace weir::host::testing
