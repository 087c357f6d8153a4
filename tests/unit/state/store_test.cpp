#include "host/state/store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/state/workload.hpp"

namespace weir::host {
namespace {

using testing::HasSubstr;

class Store : public testing::Test {
protected:
    // The lengths of the blocks that read gives, and their versions.
    std::vector<std::pair<uint64_t, uint32_t>> blocks(const std::string& node) {
        std::vector<std::pair<uint64_t, uint32_t>> all;
        EXPECT_TRUE(store->read(node, [&](const weir_state_block& block) {
            all.emplace_back(block.n, block.version);
            return Status();
        }).ok());
        return all;
    }

    TemporaryFolder folder;
    std::unique_ptr<StateStore> store = open_store(folder / "state", small_store(false));
    const StateId group = keyed("sums", 7);
};

TEST_F(Store, ShowsAnEpochOnceItIsCommitted) {
    ASSERT_TRUE(prepare(*store, 4, {{}, {{{group, false, {{"a", "1"}}}}}}).ok());
    EXPECT_EQ(store->committed(), 0u);
    EXPECT_EQ(store->prepared(), 4u);
    EXPECT_EQ(contents(*store), Model{});
    EXPECT_TRUE(store->nodes().empty());
    ASSERT_TRUE(store->commit(4).ok());
    EXPECT_EQ(store->committed(), 4u);
    EXPECT_EQ(store->prepared(), std::nullopt);
    EXPECT_EQ(contents(*store), (Model{{group, {{"a", "1"}}}}));
    EXPECT_TRUE(store->commit(4).ok());
}

TEST_F(Store, ForgetsAnEpochThatIsAborted) {
    ASSERT_TRUE(write(*store, 1, {{group, false, {{"a", "1"}}}}).ok());
    ASSERT_TRUE(prepare(*store, 2, {{}, {{{group, true, {{"b", "2"}}}}}}).ok());
    ASSERT_TRUE(store->abort(2).ok());
    EXPECT_EQ(*store->record(2), std::nullopt);
    EXPECT_TRUE(store->abort(2).ok());
    ASSERT_TRUE(write(*store, 2, {{group, false, {{"c", "3"}}}}).ok());
    EXPECT_EQ(contents(*store), (Model{{group, {{"a", "1"}, {"c", "3"}}}}));
}

TEST_F(Store, RefusesEpochsOutOfOrder) {
    ASSERT_TRUE(write(*store, 5, {}).ok());
    EXPECT_EQ(prepare(*store, 5, {}).message(), "epoch 5 cannot be prepared: epoch 5 is committed already");
    EXPECT_EQ(store->commit(6).message(), "epoch 6 cannot be committed: no epoch is prepared");
    ASSERT_TRUE(prepare(*store, 7, {}).ok());
    EXPECT_EQ(prepare(*store, 8, {}).message(), "epoch 8 cannot be prepared: epoch 7 is, and is not decided");
    EXPECT_EQ(store->commit(8).message(), "epoch 8 cannot be committed: epoch 7 is prepared");
    EXPECT_EQ(store->abort(8).message(), "epoch 8 cannot be aborted: epoch 7 is prepared");
    EXPECT_EQ(store->abort(5).message(), "epoch 5 cannot be aborted: epoch 5 is committed");
    EXPECT_TRUE(store->health().ok());
    EXPECT_TRUE(store->commit(7).ok());
}

TEST_F(Store, KeepsAPreparedEpochThroughAReopen) {
    ASSERT_TRUE(prepare(*store, 3, {{}, {{{group, false, {{"a", "1"}}}}}}).ok());
    store.reset();
    store = open_store(folder / "state");
    EXPECT_EQ(store->prepared(), 3u);
    EXPECT_EQ(*store->record(3), "positions of 3");
    EXPECT_EQ(contents(*store), Model{});
    ASSERT_TRUE(store->commit(3).ok());
    EXPECT_EQ(contents(*store), (Model{{group, {{"a", "1"}}}}));
}

TEST_F(Store, TellsADeletedEntryFromAnEmptyOne) {
    ASSERT_TRUE(write(*store, 1, {{group, false, {{"a", "1"}, {"b", ""}, {"", "c"}}}}).ok());
    ASSERT_TRUE(write(*store, 2, {{group, false, {{"a", std::nullopt}, {"never", std::nullopt}}}}).ok());
    EXPECT_EQ(contents(*store), (Model{{group, {{"b", ""}, {"", "c"}}}}));
    EXPECT_EQ(*store->get("sums", 0, 7, "a"), std::nullopt);
    EXPECT_EQ(*store->get("sums", 0, 7, "b"), "");
    EXPECT_EQ(*store->get("sums", 0, 7, ""), "c");
    EXPECT_EQ(*store->get("sums", 0, 8, "b"), std::nullopt);
    EXPECT_EQ(*store->get("other", 0, 7, "b"), std::nullopt);
}

TEST_F(Store, LetsTheLaterOfTwoPutsOfAnEpochWin) {
    const Change first{group, false, {{"a", "1"}, {"b", "1"}, {"a", "2"}}};
    const Change second{group, false, {{"b", std::nullopt}, {"c", "3"}}};
    ASSERT_TRUE(write(*store, 1, {first, second}).ok());
    EXPECT_EQ(contents(*store), (Model{{group, {{"a", "2"}, {"c", "3"}}}}));
    ASSERT_TRUE(prepare(*store, 2, {{}, {{second}, {first}}}).ok());
    ASSERT_TRUE(store->commit(2).ok());
    EXPECT_EQ(contents(*store), (Model{{group, {{"a", "2"}, {"b", "1"}, {"c", "3"}}}}));
}

TEST_F(Store, ReplacesAnIdByAFullSnapshotAndLeavesOthers) {
    ASSERT_TRUE(write(*store, 1, {{group, false, {{"a", "1"}}}, {keyed("sums", 8), false, {{"a", "1"}}}}).ok());
    ASSERT_TRUE(write(*store, 2, {{group, true, {{"b", "2"}}}, {group, true, {{"c", "3"}}}}).ok());
    EXPECT_EQ(contents(*store), (Model{{group, {{"b", "2"}, {"c", "3"}}}, {keyed("sums", 8), {{"a", "1"}}}}));
    EXPECT_EQ(*store->get("sums", 0, 7, "a"), std::nullopt);
    ASSERT_TRUE(write(*store, 3, {{group, true, {}}}).ok());
    EXPECT_EQ(contents(*store), (Model{{keyed("sums", 8), {{"a", "1"}}}}));
    ASSERT_TRUE(store->fold().ok());
    EXPECT_EQ(contents(*store), (Model{{keyed("sums", 8), {{"a", "1"}}}}));
}

TEST_F(Store, KeepsADeletionThatFollowsAFullBlockOfTheSameEpoch) {
    const Change full{group, true, {{"a", "1"}, {"b", "2"}}};
    ASSERT_TRUE(prepare(*store, 1, {{}, {{full}, {{group, true, {{"a", std::nullopt}}}}}}).ok());
    ASSERT_TRUE(store->commit(1).ok());
    EXPECT_EQ(contents(*store), (Model{{group, {{"b", "2"}}}}));
}

TEST_F(Store, ReplacesANodeWithAllItsIds) {
    ASSERT_TRUE(write(*store, 1, {{group, false, {{"a", "1"}}}, {keyed("sums", 8), false, {{"a", "1"}}},
                                  {keyed("other", 8), false, {{"a", "1"}}}}).ok());
    ASSERT_TRUE(prepare(*store, 2, {{"sums"}, {{{group, false, {{"b", "2"}}}}}}).ok());
    ASSERT_TRUE(store->commit(2).ok());
    EXPECT_EQ(contents(*store), (Model{{group, {{"b", "2"}}}, {keyed("other", 8), {{"a", "1"}}}}));
}

TEST_F(Store, KeepsSplitsApart) {
    const auto split = [](const std::string& name) { return StateId{"in", 1, WEIR_STATE_SPLIT, 0, name}; };
    std::vector<Change> changes;
    Model model;
    for (const std::string& name : {std::string(), std::string("a"), std::string("a\0", 2), std::string("a\0\1", 3),
                                    std::string("a\0\1b", 4), std::string("a\xFF"), std::string(5, '\0')}) {
        changes.push_back({split(name), false, {{"k", name}}});
        model[split(name)] = {{"k", name}};
    }
    ASSERT_TRUE(write(*store, 1, changes).ok());
    EXPECT_EQ(contents(*store), model);
    EXPECT_EQ(*store->get("in", 1, WEIR_STATE_SPLIT, 0, std::string_view("a\0\1", 3), "k"), std::string("a\0\1", 3));
}

TEST_F(Store, GivesLargeIdsInBlocksOfBoundedSize) {
    std::vector<std::pair<std::string, std::optional<std::string>>> entries;
    for (int i = 0; i < 10'000; ++i) entries.emplace_back(std::to_string(100'000 + i), "v");
    ASSERT_TRUE(write(*store, 1, {{group, false, entries}}).ok());
    EXPECT_EQ(blocks("sums"), (std::vector<std::pair<uint64_t, uint32_t>>{{4096, 1}, {4096, 1}, {1808, 1}}));
    ASSERT_TRUE(write(*store, 2, {{keyed("big", 1), false, {{"a", std::string(3 << 20, 'x')}, {"b", "y"}}}}).ok());
    EXPECT_EQ(blocks("big"), (std::vector<std::pair<uint64_t, uint32_t>>{{1, 1}, {1, 1}}));
}

TEST_F(Store, CutsAnEpochOfManyMegabytesIntoSeveralPages) {
    Change change{group, false, {}};
    for (int i = 0; i < 40; ++i) change.entries.emplace_back(std::to_string(100 + i), std::string(1 << 20, 'x'));
    ASSERT_TRUE(write(*store, 1, {change}).ok());
    ASSERT_TRUE(write(*store, 2, {change}).ok());
    for (int round = 0; round < 2; ++round) {
        EXPECT_EQ(contents(*store).at(group).size(), 40u);
        for (const char* key : {"100", "107", "139"}) EXPECT_EQ((*store->get("sums", 0, 7, key))->size(), 1u << 20);
        EXPECT_EQ(*store->get("sums", 0, 7, "1071"), std::nullopt);
        ASSERT_TRUE(store->fold().ok());
    }
}

TEST_F(Store, GivesEntriesOfEachStateVersionInBlocksOfTheirOwn) {
    ASSERT_TRUE(write(*store, 1, {{group, false, {{"a", "1"}, {"b", "1"}, {"c", "1"}}, 1}}).ok());
    ASSERT_TRUE(write(*store, 2, {{group, false, {{"b", "2"}}, 2}}).ok());
    for (int round = 0; round < 2; ++round) {
        EXPECT_THAT(blocks("sums"), testing::UnorderedElementsAre(std::pair(2, 1), std::pair(1, 2)));
        ASSERT_TRUE(store->fold().ok());
    }
    EXPECT_EQ(store->summaries().at(0).version, 2u);
}

TEST_F(Store, RefusesBlocksThatAreNone) {
    EpochPart part;
    EXPECT_EQ(put(part, {keyed("sums", 256), false, {}}).message(),
              "state 0 of node `sums`: key group 256 is not below 256");
    EXPECT_EQ(put(part, {{"sums", 2, 3, 0, ""}, false, {}}).message(),
              "state 2 of node `sums`: there is no kind of state 3");
    ASSERT_TRUE(put(part, {group, false, {{"a", "1"}}, 1}).ok());
    EXPECT_EQ(put(part, {group, false, {{"a", "1"}}, 2}).message(),
              "state 0 of node `sums`: blocks of one epoch have the state versions 1 and 2");
    const Change one{group, false, {{"a", "1"}}, 1}, two{group, false, {{"a", "1"}}, 2};
    EXPECT_EQ(prepare(*store, 1, {{}, {{one}, {two}}}).message(),
              "node `sums`, state 0, group 7: parts of one epoch have the state versions 1 and 2");
    EXPECT_TRUE(store->health().ok());
}

TEST_F(Store, UsesAPartAgainOnceItIsCleared) {
    std::vector<EpochPart> parts(1);
    for (uint64_t epoch = 1; epoch <= 3; ++epoch) {
        parts[0].clear();
        EXPECT_TRUE(parts[0].empty());
        EXPECT_EQ(parts[0].bytes(), 0u);
        ASSERT_TRUE(put(parts[0], {group, false, {{std::to_string(epoch), std::string(3 << 20, 'x')}}}).ok());
        EXPECT_EQ(parts[0].bytes(), (3u << 20) + 1);
        ASSERT_TRUE(store->prepare(epoch, parts, "").ok());
        ASSERT_TRUE(store->commit(epoch).ok());
    }
    EXPECT_EQ(contents(*store).at(group).size(), 3u);
}

TEST_F(Store, EndsAReadWithWhatTheReaderReturns) {
    ASSERT_TRUE(write(*store, 1, {{group, false, {{"a", "1"}}}, {keyed("sums", 8), false, {{"a", "1"}}}}).ok());
    int calls = 0;
    const Status s = store->read("sums", [&](const weir_state_block&) {
        ++calls;
        return Status::state_version("cannot be migrated");
    });
    EXPECT_EQ(s.code(), WEIR_E_STATE_VERSION);
    EXPECT_EQ(calls, 1);
}

TEST_F(Store, KeepsTheRecordsOfTheLastEpochs) {
    for (uint64_t epoch = 1; epoch <= 20; ++epoch) ASSERT_TRUE(write(*store, epoch, {}).ok());
    ASSERT_TRUE(prepare(*store, 21, {}).ok());
    store.reset();
    store = open_store(folder / "state");
    EXPECT_EQ(*store->record(5), std::nullopt);
    for (uint64_t epoch = 21 - StateStore::kKeptRecords; epoch <= 21; ++epoch)
        EXPECT_EQ(*store->record(epoch), record_of(epoch));
    EXPECT_EQ(*store->record(22), std::nullopt);
}

}  // namespace
}  // namespace weir::host
