// Sources that are put to another place while they are read: what is counted behind that is what lies there, each once.
#include <algorithm>
#include <optional>

#include <gmock/gmock.h>

#include "tests/unit/engine/change_fixture.hpp"

namespace weir::host::testing {
namespace {

class Sought : public Changed {
protected:
    // Lets the split `a` be read from there on, asked with the call of `twice` of that number.
    void seek_at(int call, const std::string& graph, const std::string& position) {
        world().at_call[call] = [this, graph, position] {
            Change change = change_to(graph);
            change.seeks = {{"numbers_in", {{"a", position}}}};
            change.done = [this](const Applied& outcome) {
                sought_ = outcome;
                for (const auto& [epoch, marks] : supervisor_->marks())
                    for (const SplitMark& mark : *marks)
                        if (epoch == outcome.epoch && mark.split == "a") stood_ = std::stoul(mark.position);
            };
            supervisor_->apply(std::move(change));
        };
    }

    void begin(uint64_t seed) {
        reset_world();
        outcomes_.clear();
        sought_.reset();
        stood_.reset();
        random_.seed(seed);
        fill(random_);
    }

    std::mt19937_64 random_;
    std::optional<Applied> sought_;
    std::optional<size_t> stood_;  // of `a`, at the end of the epoch before
};

TEST_F(Sought, ReadsAgainWhatLiesThereWithItsStateAsItWas) {
    for (uint64_t seed = 0; seed < seeds(60); ++seed) {
        begin(seed);
        const std::string graph = sent_graph("tally");
        seek_at(1 + static_cast<int>(random_() % 20), graph, "3");
        ASSERT_EQ(run(graph, seed), "") << "seed " << seed;
        ASSERT_TRUE(sought_ && sought_->is_taken) << "seed " << seed << ": " << sought_->why.text();
        EXPECT_EQ(sought_->kept_nodes, 3U) << "seed " << seed << ": all but the source go on as they are";
        ASSERT_TRUE(stood_) << "seed " << seed;
        const auto& values = world().splits["a"];
        for (size_t i = 3; i < *stood_; ++i) ++counts_[2 * values[i]];
        for (size_t i = *stood_; i < 3; ++i) --counts_[2 * values[i]];  // left out
        expect_each_once(seed);
        if (HasFailure()) return;
    }
}

// A change behind it knows nothing of it.
TEST_F(Sought, GoesOnFromThereThroughTheNextChange) {
    int taken = 0;
    for (uint64_t seed = 0; seed < seeds(30); ++seed) {
        begin(seed);
        const std::string graph = sent_graph("tally");
        seek_at(10, graph, "0");
        change_at(60, replaced(graph, "counted: { from: doubled", "passed: { from: doubled, union: {} }\n  counted: { from: passed"));
        ASSERT_EQ(run(graph, seed), "") << "seed " << seed;
        ASSERT_TRUE(sought_ && sought_->is_taken) << "seed " << seed << ": " << sought_->why.text();
        ASSERT_EQ(outcomes_.size(), 1U) << "seed " << seed;
        if (outcomes_[0].is_taken) ++taken;
        else EXPECT_THAT(outcomes_[0].why.text(), ::testing::StartsWith("another change")) << "seed " << seed;
        ASSERT_TRUE(stood_) << "seed " << seed;
        for (size_t i = 0; i < *stood_; ++i) ++counts_[2 * world().splits["a"][i]];
        expect_each_once(seed);
        if (HasFailure()) return;
    }
    EXPECT_GT(taken, 0);
}

}  // namespace
}  // namespace weir::host::testing
