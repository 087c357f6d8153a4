#include "host/state/folding.hpp"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/state/workload.hpp"

namespace weir::host {
namespace {

// Runs newest first, of those many bytes; an entry each.
std::vector<Run> runs_of(const std::vector<uint64_t>& bytes) {
    std::vector<Run> runs;
    for (uint64_t n : bytes) {
        Run run;
        run.newest = run.oldest = 1000 - runs.size();
        run.bytes = n;
        run.entries = 1;
        run.version = 1;
        runs.push_back(run);
    }
    return runs;
}

// "first-last/visible", or "nothing".
std::string plan_of(const std::vector<Run>& runs, bool all = false) {
    FoldPlan plan;
    if (!choose_fold(runs, all, plan)) return "nothing";
    return std::to_string(plan.first) + "-" + std::to_string(plan.last) + "/" + std::to_string(plan.visible);
}

TEST(ChooseFold, LeavesAFewRunsAlone) {
    EXPECT_EQ(plan_of({}), "nothing");
    EXPECT_EQ(plan_of(runs_of({10})), "nothing");
    EXPECT_EQ(plan_of(runs_of({10, 10, 10})), "nothing");
    EXPECT_EQ(plan_of(runs_of({10, 10, 10, 10, 1000})), "nothing");
}

TEST(ChooseFold, TakesAllOnceTheNewerAreAsLargeAsTheOldest) {
    EXPECT_EQ(plan_of(runs_of({10, 10, 10, 10})), "0-4/4");
    EXPECT_EQ(plan_of(runs_of({10, 10, 10, 30})), "0-4/4");
    EXPECT_EQ(plan_of(runs_of({10, 10, 10, 31})), "nothing");
}

TEST(ChooseFold, TakesEightOfOneSize) {
    EXPECT_EQ(plan_of(runs_of({10, 10, 10, 10, 10, 10, 10, 9000})), "nothing");
    EXPECT_EQ(plan_of(runs_of({10, 12, 10, 9, 10, 10, 10, 10, 9000})), "0-8/9");
    EXPECT_EQ(plan_of(runs_of({10, 12, 10, 9, 10, 10, 10, 10, 80, 80, 9000})), "0-8/11");
    EXPECT_EQ(plan_of(runs_of({80, 80, 80, 80, 80, 80, 80, 80, 9000})), "0-8/9");
}

TEST(ChooseFold, KeepsVersionsApart) {
    auto runs = runs_of({10, 10, 10, 10, 10, 10});
    runs[0].version = runs[1].version = 2;
    EXPECT_EQ(plan_of(runs), "2-6/6");
    EXPECT_EQ(plan_of(runs, true), "0-2/6");
}

TEST(ChooseFold, DropsWhatAFullRunHides) {
    auto runs = runs_of({10, 1000, 10, 10});
    runs[1].full = true;
    EXPECT_EQ(plan_of(runs), "0-0/2");
    EXPECT_EQ(plan_of(runs, true), "0-2/2");
}

// Blocks that wait for a server: they are not written again for nothing.
TEST(ChooseFold, LeavesLargeEntriesUntilMostOfThemAreDeleted) {
    constexpr uint64_t kBlock = 1 << 20;
    auto runs = runs_of(std::vector<uint64_t>(20, kBlock));
    EXPECT_EQ(plan_of(runs), "nothing");
    for (size_t i = 0; i < 14; ++i) {
        ++runs[i].entries;
        ++runs[i].deletions;
    }
    EXPECT_EQ(plan_of(runs), "nothing");
    ++runs[14].entries;
    ++runs[14].deletions;
    EXPECT_EQ(plan_of(runs), "0-20/20");
    EXPECT_EQ(plan_of(runs_of(std::vector<uint64_t>(33, kBlock))), "0-33/33");
}

TEST(ChooseFold, DropsAnOldestRunOfDeletions) {
    auto runs = runs_of({10, 1000});
    runs[1].deletions = 1;
    EXPECT_EQ(plan_of(runs), "nothing");
    runs.erase(runs.begin());
    EXPECT_EQ(plan_of(runs), "0-1/1");
}

// Every epoch changes 1 of 64 parts; runs stay few, and little more is written than came in.
TEST(ChooseFold, BoundsTheRunsAndWhatIsWritten) {
    constexpr uint64_t kBase = 64 * 1000;
    auto runs = runs_of({kBase});
    uint64_t written = 0;
    size_t most = 0;
    constexpr uint64_t kRounds = 4000;
    for (uint64_t epoch = 0; epoch < kRounds; ++epoch) {
        runs.insert(runs.begin(), runs_of({1000}).front());
        for (FoldPlan plan; choose_fold(runs, false, plan);) {
            auto made = runs[plan.first];
            made.bytes = 0;
            for (size_t i = plan.first; i < plan.last; ++i) made.bytes += runs[i].bytes;
            made.bytes = std::min(made.bytes, kBase);
            written += made.bytes;
            const auto at = runs.begin() + static_cast<ptrdiff_t>(plan.first);
            runs.insert(runs.erase(at, at + static_cast<ptrdiff_t>(plan.last - plan.first)), made);
        }
        most = std::max(most, runs.size());
    }
    EXPECT_LE(most, 20u);
    EXPECT_LE(written, 4 * 1000 * kRounds);
}

TEST(Folding, LeavesOnlyWhatIsLive) {
    TemporaryFolder folder;
    auto store = open_store(folder / "state", small_store(false));
    for (uint64_t epoch = 1; epoch <= 30; ++epoch) {
        ASSERT_TRUE(prepare(*store, epoch, random_changes(2, epoch)).ok());
        ASSERT_TRUE(store->commit(epoch).ok());
    }
    const Model model = model_after(2, 30);
    ASSERT_TRUE(store->fold().ok());
    EXPECT_EQ(contents(*store), model);
    std::map<std::pair<std::string, uint32_t>, uint64_t> live, stored;
    for (const auto& [id, entries] : model) live[{std::get<0>(id), std::get<1>(id)}] += entries.size();
    for (const auto& summary : store->summaries()) stored[{summary.node, summary.state}] = summary.entries;
    EXPECT_EQ(stored, live);
}

// Readers and the coordinator go on while the store folds: each read is of one epoch, whole.
TEST(Folding, DoesNotShowToReadersNorToEpochs) {
    TemporaryFolder folder;
    auto store = open_store(folder / "state");
    std::atomic<bool> done{false};
    std::atomic<int> torn{0};
    std::thread reader([&] {
        while (!done) {
            // Every epoch writes its number under all keys of all groups.
            std::optional<std::string> first;
            const Status s = store->read("sums", [&](const weir_state_block& block) {
                if (block.n != 50) ++torn;
                for (uint64_t i = 0; i < block.n; ++i) {
                    const std::string value(block.values[i].data, block.values[i].size);
                    if (!first) first = value;
                    if (value != *first) ++torn;
                }
                return Status();
            });
            if (!s.ok()) ++torn;
        }
    });
    for (uint64_t epoch = 1; epoch <= 150; ++epoch) {
        std::vector<Change> changes;
        for (uint32_t group = 0; group < 8; ++group) {
            changes.push_back({keyed("sums", group), false, {}});
            for (int i = 0; i < 50; ++i)
                changes.back().entries.emplace_back("key-" + std::to_string(i),
                                                    std::string(100, 'x') + std::to_string(epoch));
        }
        ASSERT_TRUE(write(*store, epoch, changes).ok());
        if (epoch % 40 == 0) {
            ASSERT_TRUE(store->fold().ok());
        }
    }
    done = true;
    reader.join();
    EXPECT_EQ(torn, 0);
    EXPECT_TRUE(store->health().ok());
    ASSERT_TRUE(store->fold().ok());
    EXPECT_EQ(store->summaries().at(0).entries, 8u * 50);
}

}  // namespace
}  // namespace weir::host
