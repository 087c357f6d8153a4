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
                outcomes_.push_back(outcome);
                for (const auto& [epoch, marks] : supervisor_->marks())
                    for (const SplitMark& mark : *marks)
                        if (epoch == outcome.epoch && mark.split == "a") stood_ = std::stoul(mark.position);
            };
            supervisor_->apply(std::move(change));
        };
    }

    std::optional<size_t> stood_;  // of `a`, at the end of the epoch before
};

TEST_F(Sought, ReadsAgainWhatLiesThereWithItsStateAsItWas) {
    for (uint64_t seed = 0; seed < seeds(60); ++seed) {
        reset_world();
        outcomes_.clear();
        stood_.reset();
        std::mt19937_64 random(seed);
        fill(random);
        const std::string graph = sent_graph("tally");
        seek_at(1 + static_cast<int>(random() % 20), graph, "3");
        ASSERT_EQ(run(graph, seed), "") << "seed " << seed;
        ASSERT_EQ(outcomes_.size(), 1U) << "seed " << seed;
        ASSERT_TRUE(outcomes_[0].is_taken) << "seed " << seed << ": " << outcomes_[0].why.text();
        EXPECT_EQ(outcomes_[0].kept_nodes, 3U) << "seed " << seed << ": all but the source go on as they are";
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
    for (uint64_t seed = 0; seed < seeds(30); ++seed) {
        reset_world();
        outcomes_.clear();
        stood_.reset();
        std::mt19937_64 random(seed);
        fill(random);
        const std::string graph = sent_graph("tally");
        seek_at(10, graph, "0");
        change_at(60, replaced(graph, "counted: { from: doubled", "passed: { from: doubled, union: {} }\n  counted: { from: passed"));
        ASSERT_EQ(run(graph, seed), "") << "seed " << seed;
        ASSERT_FALSE(outcomes_.empty()) << "seed " << seed;
        ASSERT_TRUE(outcomes_[0].is_taken) << "seed " << seed << ": " << outcomes_[0].why.text();
        ASSERT_TRUE(stood_) << "seed " << seed;
        for (size_t i = 0; i < *stood_; ++i) ++counts_[2 * world().splits["a"][i]];
        expect_each_once(seed);
        if (HasFailure()) return;
    }
}

}  // namespace
}  // namespace weir::host::testing
