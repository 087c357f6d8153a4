// Changes of a graph whose trial is decided by a server that does not answer for a while: the graph goes on whose epoch it was.
#include "tests/unit/engine/change_fixture.hpp"

namespace weir::host::testing {
namespace {

using ::testing::HasSubstr;

const std::string kBefore = sent_graph("tally");
// Its state has a node that the graph before lacks.
const std::string kAfter = kBefore +
                           "  again: { from: doubled, key: n, tally: {} }\n"
                           "  more: { from: again, sent: more }\n";
const Status kAway = Status::retryable("nobody answers");

class DecidedChange : public Changed {
protected:
    // The change comes early; the answer to the commit of its trial is lost, and then nobody answers so often. Or that to the commit of
    // the epoch before it, which the new graph's run commits where it goes on with the connection.
    void lose_answer(CommitEnd end, int away, uint64_t seed, bool of_epoch_before = false, const std::string& after = kAfter) {
        reset_world();
        outcomes_.clear();
        said_.clear();
        std::mt19937_64 random(seed);
        fill(random);
        change_at(1 + static_cast<int>(random() % 10), after);
        // Its run has the connection of the one before, or the next one.
        const int trial = hands_over_ ? 1 : 2;
        cluster().on_commit = [this, end, trial, commits = 0, is_lost = false, others = hands_over_ && !of_epoch_before ? 1 : 0]() mutable {
            if (cluster().opened != trial || is_lost) return;
            ++commits;
            is_lost = runs_new_graph() && others-- == 0;
            if (is_lost) cluster().commits[{trial, commits}] = end;
        };
        for (int i = 1; i <= away; ++i) cluster().openings[trial + i] = kAway;
    }
    bool runs_new_graph() { return supervisor_->topology()->find_node("again") >= 0; }
};

TEST_F(DecidedChange, IsTakenWhereItsEpochWasCommitted) {
    for (uint64_t seed = 0; seed < seeds(40); ++seed) {
        const int away = static_cast<int>(seed % 4);
        hands_over_ = seed % 8 < 4;
        lose_answer(CommitEnd::kUnheard, away, seed);
        ASSERT_EQ(run(kBefore, seed), "") << "seed " << seed;
        ASSERT_EQ(outcomes_.size(), 1U) << "seed " << seed;
        EXPECT_TRUE(outcomes_[0].is_taken) << "seed " << seed << ": " << outcomes_[0].why.text();
        EXPECT_TRUE(runs_new_graph()) << "seed " << seed;
        EXPECT_EQ(said_, std::vector<std::string>(static_cast<size_t>(away), "nobody answers")) << "seed " << seed;
        expect_each_once(seed);
        if (HasFailure()) return;
    }
}

TEST_F(DecidedChange, IsRolledBackWhereItsEpochWasNot) {
    for (uint64_t seed = 0; seed < seeds(40); ++seed) {
        const int away = static_cast<int>(seed % 4);
        hands_over_ = seed % 8 < 4;
        lose_answer(CommitEnd::kLost, away, seed);
        ASSERT_EQ(run(kBefore, seed), "") << "seed " << seed;
        ASSERT_EQ(outcomes_.size(), 1U) << "seed " << seed;
        EXPECT_FALSE(outcomes_[0].is_taken) << "seed " << seed;
        EXPECT_THAT(outcomes_[0].why.text(), HasSubstr("the cluster does not answer")) << "seed " << seed;
        EXPECT_FALSE(runs_new_graph()) << "seed " << seed;
        EXPECT_TRUE(cluster().seen["more"].empty()) << "seed " << seed;
        expect_each_once(seed);
        if (HasFailure()) return;
    }
}

// The new graph's rows may flow already when the epoch before them is committed: they do where its sinks know what they wrote. Where that has no good end nothing is known of them, and
// the graph whose epoch it was asks what became of it.
TEST_F(DecidedChange, IsRolledBackWhereTheEpochBeforeHasNoGoodEnd) {
    const std::string boxes = replaced(kAfter, "sent: more", "boxes: {}");
    for (const CommitEnd end : {CommitEnd::kUnheard, CommitEnd::kLost}) {
        for (uint64_t n = 0; n < seeds(60); ++n) {
            const uint64_t seed = n + (end == CommitEnd::kLost ? 1000 : 0);
            lose_answer(end, static_cast<int>(n % 3), seed, true, n % 2 == 0 ? boxes : kAfter);
            ASSERT_EQ(run(kBefore, seed), "") << "seed " << seed;
            ASSERT_EQ(outcomes_.size(), 1U) << "seed " << seed;
            EXPECT_FALSE(outcomes_[0].is_taken) << "seed " << seed;
            EXPECT_TRUE(outcomes_[0].was_tried) << "seed " << seed;
            EXPECT_THAT(outcomes_[0].why.text(), HasSubstr("the cluster does not answer")) << "seed " << seed;
            EXPECT_FALSE(runs_new_graph()) << "seed " << seed;
            EXPECT_TRUE(cluster().seen["more"].empty() && world().boxes.empty()) << "seed " << seed;
            expect_each_once(seed);
            if (HasFailure()) return;
        }
    }
}

// The graph before has nobody to ask.
TEST_F(DecidedChange, IsDecidedByItsOwnConnection) {
    hands_over_ = false;
    lose_answer(CommitEnd::kUnheard, 1, 1);
    ASSERT_EQ(run(replaced(kBefore, "exactly_once", "at_least_once"), 1), "");
    ASSERT_EQ(outcomes_.size(), 1U);
    EXPECT_TRUE(outcomes_[0].is_taken) << outcomes_[0].why.text();
    EXPECT_TRUE(runs_new_graph());
    expect_each_once(1);
}

TEST_F(DecidedChange, IsUnderWayUntilItIsDecided) {
    lose_answer(CommitEnd::kLost, 1, 1);
    change_at(0, kBefore);
    on_failure_ = world().at_call[0];
    ASSERT_EQ(run(kBefore, 1), "");
    ASSERT_EQ(outcomes_.size(), 2U);
    EXPECT_EQ(outcomes_[0].why.text(), "another change of `t` is under way: try it again behind that");
    EXPECT_THAT(outcomes_[1].why.text(), HasSubstr("the cluster does not answer"));
    expect_each_once(1);
}

TEST_F(DecidedChange, IsNotKnownWhereTheTopologyEndsBefore) {
    const char* const unknown = "whether the change of `t` was taken is not known";
    lose_answer(CommitEnd::kUnheard, 100, 1);
    on_failure_ = [this] { supervisor_->request_stop(StopMode::kCheckpoint); };
    EXPECT_EQ(run(kBefore, 1), "");
    ASSERT_EQ(outcomes_.size(), 1U);
    EXPECT_FALSE(outcomes_[0].is_taken);
    EXPECT_THAT(outcomes_[0].why.text(), HasSubstr(unknown));

    on_failure_ = nullptr;
    lose_answer(CommitEnd::kUnheard, 0, 2);
    cluster().openings[2] = Status::fatal("access was taken away");
    EXPECT_EQ(run(kBefore, 2), "access was taken away");
    ASSERT_EQ(outcomes_.size(), 1U);
    EXPECT_FALSE(outcomes_[0].is_taken);
    EXPECT_THAT(outcomes_[0].why.text(), HasSubstr(unknown));
    EXPECT_THAT(outcomes_[0].why.text(), HasSubstr("access was taken away"));
    // Whoever starts the new graph finds its epoch.
    cluster().openings.clear();
    cluster().on_commit = nullptr;
    EXPECT_EQ(run(kAfter, 2), "");
    expect_each_once(2);
}

}  // namespace
}  // namespace weir::host::testing
