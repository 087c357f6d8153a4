// Nodes that are called otherwise in a new graph: they go on with what they had, whatever becomes of the change.
#include <random>

#include <fmt/format.h>

#include "tests/unit/engine/change_fixture.hpp"

namespace weir::host::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr const char* kCalledAgain = R"(
name: t
workers: 2
checkpoint: 20us
nodes:
  incoming: { renamed_from: numbers_in, numbers: {} }
  doubled: { from: incoming, twice: {} }
  sums: { from: doubled, renamed_from: counted, key: n, tally: {} }
  out: { from: sums, collect: {} }
)";

std::string exactly_once(std::string text, const std::string& last) {
    text = replaced(text, "checkpoint: 20us", "checkpoint: 20us\ndelivery: exactly_once\nconnections: { cluster: here }");
    return replaced(text, "collect: {} }", "sent: counts }" + last);
}

TEST_F(Changed, GoesOnWithTheStateOfRenamedNodes) {
    for (uint64_t seed = 0; seed < seeds(40); ++seed) {
        reset_world();
        outcomes_.clear();
        hands_over_ = seed % 2 == 0;
        std::mt19937_64 random(seed);
        fill(random);
        // And the line stays in the file, when that is changed again.
        change_at(1 + static_cast<int>(random() % 20), replaced(kCalledAgain, "workers: 2", fmt::format("workers: {}", 1 + random() % 3)));
        change_at(50, std::string(kCalledAgain) + "  more: { from: sums, collect: {} }\n");
        ASSERT_EQ(run(kCountedGraph, seed), "") << "seed " << seed;
        ASSERT_EQ(outcomes_.size(), 2U) << "seed " << seed;
        for (const Applied& outcome : outcomes_)
            EXPECT_TRUE(outcome.is_taken || outcome.why.text().starts_with("another change")) << "seed " << seed << ": " << outcome.why.text();
        expect_all_counted(seed);
        if (HasFailure()) return;
        supervisor_.reset();
        auto store = StateStore::open(state(seed), {});
        ASSERT_TRUE(store.ok()) << store.status().message();
        EXPECT_EQ((*store)->nodes(), std::vector<std::string>{"sums"}) << "seed " << seed;
    }
}

TEST_F(Changed, FindsNodesByTheirOldIdsWhereARenamingGraphFails) {
    for (uint64_t seed = 0; seed < seeds(30); ++seed) {
        reset_world();
        outcomes_.clear();
        hands_over_ = seed % 2 == 0;
        std::mt19937_64 random(seed);
        fill(random);
        change_at(1 + static_cast<int>(random() % 20), replaced(kCalledAgain, "from: doubled, ", "from: bad, ") + "  bad: { from: doubled, bad_code: {} }\n");
        ASSERT_EQ(run(kCountedGraph, seed), "") << "seed " << seed;
        ASSERT_EQ(outcomes_.size(), 1U) << "seed " << seed;
        EXPECT_FALSE(outcomes_[0].is_taken) << "seed " << seed;
        expect_all_counted(seed);
        if (HasFailure()) return;
    }
}

// Only the record of the epoch that nobody answered for knows that nodes were renamed in it.
TEST_F(Changed, DecidesWhatNodesAreCalledWithTheTrial) {
    for (uint64_t seed = 0; seed < seeds(40); ++seed) {
        const CommitEnd end = seed % 2 ? CommitEnd::kUnheard : CommitEnd::kLost;
        reset_world();
        outcomes_.clear();
        std::mt19937_64 random(seed);
        fill(random);
        change_at(1 + static_cast<int>(random() % 10), exactly_once(kCalledAgain, ""));
        cluster().on_commit = [this, end, commits = 0, is_lost = false]() mutable {
            if (cluster().opened != 1 || is_lost) return;
            ++commits;
            is_lost = supervisor_->topology()->find_node("sums") >= 0;
            if (is_lost) cluster().commits[{1, commits}] = end;
        };
        ASSERT_EQ(run(exactly_once(kCountedGraph, ""), seed), "") << "seed " << seed;
        ASSERT_EQ(outcomes_.size(), 1U) << "seed " << seed;
        EXPECT_EQ(outcomes_[0].is_taken, end == CommitEnd::kUnheard) << "seed " << seed << ": " << outcomes_[0].why.text();
        expect_each_once(seed);
        if (HasFailure()) return;
    }
}

TEST_F(Changed, SaysWhichIdsTheLastEpochHas) {
    std::mt19937_64 random(1);
    fill(random);
    const std::string both = replaced(kCountedGraph, "  out:", "  sums: { from: doubled, key: n, tally: {} }\n  more: { from: sums, collect: {} }\n  out:");
    change_at(3, replaced(kCalledAgain, "renamed_from: counted", "renamed_from: countd"));
    ASSERT_EQ(run(kCountedGraph, 1), "");
    ASSERT_EQ(outcomes_.size(), 1U);
    EXPECT_THAT(outcomes_[0].why.text(), AllOf(HasSubstr("test.yaml:8:40: node `sums`: `renamed_from` names `countd`, and the last epoch has neither of them"),
                                               HasSubstr("Name the id that the node had")));
    expect_all_counted(1);

    reset_world();
    outcomes_.clear();
    fill(random);
    change_at(3, kCalledAgain);
    ASSERT_EQ(run(both, 2), "");
    ASSERT_EQ(outcomes_.size(), 1U);
    EXPECT_THAT(outcomes_[0].why.text(), AllOf(HasSubstr("`renamed_from` names `counted`, and the last epoch has both"), HasSubstr("--allow-loss counted")));
}

}  // namespace
}  // namespace weir::host::testing
