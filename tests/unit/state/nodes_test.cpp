#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/state/workload.hpp"

namespace weir::host {
namespace {

using testing::ElementsAre;

class Nodes : public testing::Test {
protected:
    void SetUp() override {
        ASSERT_TRUE(write(*store, 1, {{keyed("sums", 1), false, {{"a", "1"}, {"b", "2"}}},
                                      {keyed("sums", 2), false, {{"a", "1"}}},
                                      {{"sums", 4, WEIR_STATE_LIST, 0, ""}, false, {{"x", "y"}}},
                                      {keyed("pairs", 1), false, {{"p", "q"}}}}).ok());
    }
    void reopen() {
        store.reset();
        store = open_store(folder / "state");
    }

    TemporaryFolder folder;
    std::unique_ptr<StateStore> store = open_store(folder / "state");
};

TEST_F(Nodes, AreListedWithTheirStates) {
    EXPECT_THAT(store->nodes(), ElementsAre("pairs", "sums"));
    const auto all = store->summaries();
    ASSERT_EQ(all.size(), 3u);
    EXPECT_EQ(all[1].node, "sums");
    EXPECT_EQ(all[1].state, 0u);
    EXPECT_EQ(all[1].kind, WEIR_STATE_KEYED);
    EXPECT_EQ(all[1].version, 1u);
    EXPECT_EQ(all[1].entries, 3u);
    EXPECT_EQ(all[2].state, 4u);
    EXPECT_EQ(all[2].kind, WEIR_STATE_LIST);
}

TEST_F(Nodes, AreDroppedWithAllTheirState) {
    ASSERT_TRUE(store->drop("sums").ok());
    ASSERT_TRUE(store->drop("never").ok());
    for (int round = 0; round < 2; ++round, reopen()) {
        EXPECT_EQ(contents(*store), (Model{{keyed("pairs", 1), {{"p", "q"}}}}));
    }
    ASSERT_TRUE(write(*store, 2, {{keyed("sums", 1), false, {{"c", "3"}}}}).ok());
    EXPECT_EQ(contents(*store), (Model{{keyed("pairs", 1), {{"p", "q"}}}, {keyed("sums", 1), {{"c", "3"}}}}));
}

TEST_F(Nodes, AreRenamedWithAnEpochAndNotBefore) {
    for (const bool is_committed : {false, true}) {
        const Change more{keyed("matches", 1), false, {{"r", "s"}}};
        ASSERT_TRUE(store->rename_with_epoch("pairs", "matches").ok());
        EXPECT_THAT(store->nodes(), ElementsAre("matches", "sums"));
        EXPECT_EQ(contents(*store).at(keyed("matches", 1)), (Entries{{"p", "q"}}));
        EXPECT_EQ(store->rename_with_epoch("matches", "sums").message(), "the state of node `matches` cannot go to `sums`: `sums` has state; drop it");
        EpochPart parts[1];
        ASSERT_TRUE(put(parts[0], more).ok());
        ASSERT_TRUE(store->prepare(2, parts, "two").ok());
        if (is_committed) {
            reopen();
            EXPECT_THAT(store->nodes(), ElementsAre("pairs", "sums"));
            // Whoever decides it knows from the record that it was renamed.
            ASSERT_TRUE(store->rename_with_epoch("pairs", "matches").ok());
            ASSERT_TRUE(store->commit(2).ok());
        } else {
            ASSERT_TRUE(store->abort(2).ok());
        }
        reopen();
    }
    EXPECT_THAT(store->nodes(), ElementsAre("matches", "sums"));
    EXPECT_EQ(contents(*store).at(keyed("matches", 1)), (Entries{{"p", "q"}, {"r", "s"}}));
    EXPECT_EQ(store->rename_with_epoch("pairs", "others").message(), "the state of node `pairs` cannot go to `others`: there is no node `pairs`");
}

TEST_F(Nodes, AreRenamedWithTheirState) {
    ASSERT_TRUE(store->rename("pairs", "matches").ok());
    reopen();
    EXPECT_THAT(store->nodes(), ElementsAre("matches", "sums"));
    const Change renamed{keyed("matches", 1), false, {{"r", "s"}}};
    ASSERT_TRUE(write(*store, 2, {renamed, {keyed("pairs", 1), false, {{"t", "u"}}}}).ok());
    EXPECT_EQ(contents(*store).at(keyed("matches", 1)), (Entries{{"p", "q"}, {"r", "s"}}));
    EXPECT_EQ(contents(*store).at(keyed("pairs", 1)), (Entries{{"t", "u"}}));
}

TEST_F(Nodes, AreNotRenamedToOneThatHasState) {
    EXPECT_EQ(store->rename("pairs", "sums").message(),
              "the state of node `pairs` cannot go to `sums`: `sums` has state; drop it");
    EXPECT_EQ(store->rename("pears", "p").message(),
              "the state of node `pears` cannot go to `p`: there is no node `pears`");
    ASSERT_TRUE(store->drop("sums").ok());
    EXPECT_TRUE(store->rename("pairs", "sums").ok());
    EXPECT_EQ(contents(*store), (Model{{keyed("sums", 1), {{"p", "q"}}}}));
}

TEST_F(Nodes, StayAsTheyAreWhileAnEpochIsUndecided) {
    ASSERT_TRUE(prepare(*store, 2, {}).ok());
    EXPECT_EQ(store->drop("sums").message(), "the state of node `sums` cannot be dropped: epoch 2 is not decided");
    EXPECT_EQ(store->rename("sums", "s").message(),
              "the state of node `sums` cannot go to `s`: epoch 2 is not decided");
}

TEST_F(Nodes, GoIntoASavepointAsOfTheCommittedEpoch) {
    const Model saved = contents(*store);
    ASSERT_TRUE(prepare(*store, 2, {{}, {{{keyed("sums", 1), true, {{"z", "z"}}}}}}).ok());
    ASSERT_TRUE(store->save(folder / "points/first").ok());
    ASSERT_TRUE(store->commit(2).ok());
    ASSERT_TRUE(store->fold().ok());
    StoreOptions options;
    options.read_only = true;
    auto point = open_store(folder / "points/first", options);
    EXPECT_EQ(point->topology(), "pairs");
    EXPECT_EQ(point->committed(), 1u);
    EXPECT_EQ(point->prepared(), std::nullopt);
    EXPECT_EQ(*point->record(1), record_of(1));
    EXPECT_EQ(*point->record(2), std::nullopt);
    EXPECT_EQ(contents(*point), saved);
    EXPECT_NE(contents(*store), saved);
    EXPECT_FALSE(store->save(folder / "points/first").ok());
}

TEST_F(Nodes, GoOnFromASavepointOpenedAsAStore) {
    ASSERT_TRUE(store->save(folder / "copy").ok());
    auto copy = open_store(folder / "copy");
    ASSERT_TRUE(write(*copy, 2, {{keyed("sums", 1), false, {{"a", std::nullopt}}}}).ok());
    EXPECT_EQ(contents(*copy).at(keyed("sums", 1)), (Entries{{"b", "2"}}));
    EXPECT_EQ(contents(*store).at(keyed("sums", 1)), (Entries{{"a", "1"}, {"b", "2"}}));
}

}  // namespace
}  // namespace weir::host
