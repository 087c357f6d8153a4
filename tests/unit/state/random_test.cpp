#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/state/workload.hpp"

namespace weir::host {
namespace {

constexpr uint64_t kSteps = 120;

// One random step: an epoch that is committed or aborted, folding, or opening anew, also with an epoch undecided.
class RandomRun {
public:
    RandomRun(uint64_t seed, std::filesystem::path dir) : random_(seed), seed_(seed), dir_(std::move(dir)) { open(); }

    void step() {
        switch (random_() % 12) {
            case 0: open(); break;
            case 1: ASSERT_TRUE(store_->fold().ok()); break;
            case 2:
                prepare_next();
                open();
                ASSERT_EQ(store_->prepared(), epoch_ + 1);
                ASSERT_EQ(contents(*store_), model_);
                decide();
                break;
            default:
                prepare_next();
                if (random_() % 3 == 0) {
                    ASSERT_EQ(contents(*store_), model_);
                }
                decide();
        }
        if (random_() % 3 == 0) {
            ASSERT_EQ(contents(*store_), model_);
        }
    }
    void check_keys() const {
        for (const auto& [id, entries] : model_)
            for (const auto& [key, value] : entries) {
                const auto& [node, state, kind, group, split] = id;
                EXPECT_EQ(*store_->get(node, state, kind, group, split, key), value);
                EXPECT_EQ(*store_->get(node, state, kind, group, split, key + "?"), std::nullopt);
            }
    }

private:
    void open() {
        store_.reset();
        store_ = open_store(dir_, small_store(random_() % 2 == 0));
        ASSERT_EQ(store_->committed(), epoch_);
    }
    void prepare_next() {
        next_ = random_changes(seed_, random_());
        ASSERT_TRUE(prepare(*store_, epoch_ + 1, next_).ok());
    }
    void decide() {
        if (random_() % 4 == 0) {
            ASSERT_TRUE(store_->abort(epoch_ + 1).ok());
        } else {
            ASSERT_TRUE(store_->commit(++epoch_).ok());
            apply_changes(model_, next_);
        }
        ASSERT_EQ(store_->prepared(), std::nullopt);
    }

    std::mt19937_64 random_;
    uint64_t seed_;
    std::filesystem::path dir_;
    std::unique_ptr<StateStore> store_;
    Model model_;
    EpochChanges next_;
    uint64_t epoch_ = 0;
};

TEST(StoreRandom, HoldsWhatTheModelHoldsThroughEpochsFoldsAndReopens) {
    for (uint64_t seed = 1; seed <= 4; ++seed) {
        SCOPED_TRACE(seed);
        TemporaryFolder folder;
        RandomRun run(seed, folder / "state");
        for (uint64_t step = 0; step < kSteps; ++step) {
            SCOPED_TRACE(step);
            run.step();
            if (HasFatalFailure()) return;
        }
        run.check_keys();
    }
}

}  // namespace
}  // namespace weir::host
