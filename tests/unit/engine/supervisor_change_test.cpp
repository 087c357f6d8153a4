// Topologies whose graph is changed while they run: nothing is lost, nothing is counted twice, and what does not work leads
// back to the graph before.
#include <random>

#include <fmt/format.h>

#include "tests/unit/engine/change_fixture.hpp"

namespace weir::host::testing {
namespace {

using ::testing::HasSubstr;

TEST_F(Changed, GoesOnWithItsStateInAnotherGraph) {
    for (uint64_t seed = 0; seed < seeds(40); ++seed) {
        reset_world();
        outcomes_.clear();
        std::mt19937_64 random(seed);
        fill(random);
        const std::string workers = replaced(kCountedGraph, "workers: 2", fmt::format("workers: {}", 1 + random() % 3));
        change_at(1 + static_cast<int>(random() % 20), replaced(workers, "from: counted, ", "from: passed, ") +
                                                           "  passed: { from: counted, union: {} }\n");
        change_at(40, kCountedGraph);
        ASSERT_EQ(run(kCountedGraph, seed), "") << "seed " << seed;
        ASSERT_EQ(outcomes_.size(), 2U) << "seed " << seed;
        // The second may come before the first has passed its trial.
        for (const Applied& outcome : outcomes_)
            EXPECT_TRUE(outcome.is_taken || outcome.why.text().starts_with("another change")) << "seed " << seed << ": " << outcome.why.text();
        EXPECT_TRUE(outcomes_[0].is_taken || outcomes_[1].is_taken) << "seed " << seed;
        expect_all_counted(seed);
    }
}

// What is known without a folder is known by the nodes' names, too: none is taken for another.
TEST_F(Changed, GoesOnWithoutAFolderWhereItWas) {
    keeps_state_ = false;
    const std::string many = "name: t\nworkers: 2\ncheckpoint: 20us\nnodes:\n  numbers_in: { numbers: {} }\n"
                             "  one: { from: numbers_in, union: {} }\n  doubled: { from: one, twice: {} }\n"
                             "  more: { from: doubled, union: {} }\n  out: { from: more, collect: {} }\n";
    const std::string few = "name: t\nworkers: 2\ncheckpoint: 20us\nnodes:\n  fresh: { numbers: {} }\n  numbers_in: { numbers: {} }\n"
                            "  doubled: { from: [fresh, numbers_in], twice: {} }\n  out: { from: doubled, collect: {} }\n";
    for (uint64_t seed = 0; seed < seeds(20); ++seed) {
        for (const auto& [from, to, times] : {std::tuple(many, few, 2), std::tuple(few, many, 2)}) {
            reset_world();
            outcomes_.clear();
            world().watermarks = true;
            for (int64_t n = 0; n < 200; ++n) world().splits["a"].push_back(n);
            change_at(1 + static_cast<int>(seed), to);
            ASSERT_EQ(run(from, seed), "") << "seed " << seed;
            ASSERT_EQ(outcomes_.size(), 1U);
            EXPECT_TRUE(outcomes_[0].is_taken) << "seed " << seed << ": " << outcomes_[0].why.text();
            std::map<std::string, int> seen;
            for (const std::string& row : world().sunk) ++seen[row];
            EXPECT_EQ(seen.size(), 200U) << "seed " << seed;
            // At-least-once: a batch or two come again, not all; the source that is new begins anew.
            EXPECT_LT(world().sunk.size(), 200U * times + 60U) << "seed " << seed;
        }
    }
}

TEST_F(Changed, GoesBackWhereTheNewGraphFails) {
    for (uint64_t seed = 0; seed < seeds(40); ++seed) {
        reset_world();
        outcomes_.clear();
        std::mt19937_64 random(seed);
        fill(random);
        change_at(1 + static_cast<int>(random() % 30),
                  replaced(kCountedGraph, "from: doubled, ", "from: bad, ") + "  bad: { from: doubled, bad_code: {} }\n");
        ASSERT_EQ(run(kCountedGraph, seed), "") << "seed " << seed;
        ASSERT_EQ(outcomes_.size(), 1U) << "seed " << seed;
        EXPECT_FALSE(outcomes_[0].is_taken) << "seed " << seed;
        EXPECT_THAT(outcomes_[0].why.text(), HasSubstr("bad")) << "seed " << seed;
        expect_all_counted(seed);
    }
}

// Builds of plugins go with the graphs that hold them: whoever swaps one learns of it when the other is unloaded.
TEST_F(Changed, LetsGoOfTheGraphThatDoesNotRunBeforeItAnswers) {
    const std::string other = replaced(kCountedGraph, "workers: 2", "workers: 1");
    const std::string failing = replaced(kCountedGraph, "from: doubled, ", "from: bad, ") + "  bad: { from: doubled, bad_code: {} }\n";
    for (uint64_t seed = 0; seed < seeds(20); ++seed) {
        reset_world();
        outcomes_.clear();
        held_.clear();
        supervisor_.reset();
        const bool is_sound = seed % 2 == 0;
        std::mt19937_64 random(seed);
        fill(random);
        change_at(1 + static_cast<int>(random() % 20), is_sound ? other : failing);
        ASSERT_EQ(run(kCountedGraph, seed), "") << "seed " << seed;
        ASSERT_EQ(outcomes_.size(), 1U) << "seed " << seed;
        EXPECT_EQ(outcomes_[0].is_taken, is_sound) << "seed " << seed;
        EXPECT_EQ(held_, std::vector<size_t>{1}) << "seed " << seed;
    }
}

TEST_F(Changed, KeepsTheOldGraphWhereStateWouldBeLost) {
    std::mt19937_64 random(1);
    fill(random);
    change_at(5, replaced(replaced(kCountedGraph, "  counted: { from: doubled, key: n, tally: {} }\n", ""), "from: counted", "from: doubled"));
    ASSERT_EQ(run(kCountedGraph, 1), "");
    ASSERT_EQ(outcomes_.size(), 1U);
    EXPECT_FALSE(outcomes_[0].is_taken);
    EXPECT_THAT(outcomes_[0].why.text(), HasSubstr("holds state of node `counted`, which the topology does not have"));
    expect_all_counted(1);
}

TEST_F(Changed, DropsStateThatMayBeLost) {
    std::mt19937_64 random(1);
    fill(random);
    const std::string without = replaced(replaced(kCountedGraph, "  counted: { from: doubled, key: n, tally: {} }\n", ""), "from: counted", "from: doubled");
    change_at(5, without, {"counted"});
    ASSERT_EQ(run(kCountedGraph, 1), "");
    ASSERT_EQ(outcomes_.size(), 1U);
    EXPECT_TRUE(outcomes_[0].is_taken) << outcomes_[0].why.text();
    EXPECT_EQ(supervisor_->topology()->find_node("counted"), -1);
}

TEST_F(Changed, RefusesAnotherNameAndASecondChange) {
    std::mt19937_64 random(1);
    fill(random);
    change_at(3, replaced(kCountedGraph, "name: t", "name: other"));
    change_at(5, kCountedGraph);
    const auto first = world().at_call[5];
    world().at_call[5] = [first] {
        first();
        first();
    };
    ASSERT_EQ(run(kCountedGraph, 1), "");
    ASSERT_EQ(outcomes_.size(), 3U);
    EXPECT_EQ(outcomes_[0].why.text(), "the topology is called `other`, and the one that runs `t`: a change keeps its name");
    EXPECT_EQ(outcomes_[1].why.text(), "another change of `t` is under way: try it again behind that");
    EXPECT_TRUE(outcomes_[2].is_taken);
    expect_all_counted(1);
}

}  // namespace
}  // namespace weir::host::testing
