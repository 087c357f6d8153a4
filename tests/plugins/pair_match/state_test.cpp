// State beyond what the property test covers: other columns, other parameters, damage.
#include <gtest/gtest.h>

#include "support.hpp"

namespace weir::testing {
namespace {

using Rows = std::vector<std::string>;

std::unique_ptr<Harness> make_owned(const std::string &config, Schema input, HarnessOptions options = {}) {
    return std::make_unique<Harness>(plugin(), "pair_match", config, std::vector{std::move(input)}, options);
}

const Schema kInput = schema_of({{"n", "int64"}, {"s", "string?"}, {"id", "int32"}});

std::vector<StateBlock> state_of(const std::string &config, const std::string &rows, int64_t now = 0) {
    auto h = make_owned(config, kInput);
    EXPECT_EQ(h->start().message(), "");
    h->options().now = now;
    EXPECT_TRUE(h->process(rows).done());
    return h->snapshot();
}

std::unique_ptr<Harness> restored(const std::string &config, Schema input, const std::vector<StateBlock> &blocks,
                                  Status *status, int64_t now = 0) {
    HarnessOptions options;
    options.now = now;
    auto h = make_owned(config, std::move(input), options);
    EXPECT_TRUE(h->create().ok() && h->bind().ok());
    *status = h->restore(blocks);
    if (status->ok()) {
        EXPECT_TRUE(h->open().done());
    }
    return h;
}

// A block of one entry, under the key group that it has with the parameters of `h`.
StateBlock rekeyed(const Harness &h, const StateBlock &from) {
    StateBlock to;
    weir_snapshot out{sizeof(weir_snapshot), WEIR_SNAPSHOT_FULL, 1, &to,
                      [](const weir_snapshot *o, const weir_state_block *b) -> int32_t {
                          *static_cast<StateBlock *>(o->data) = {
                              b->state, b->kind, b->group, b->version, {},
                              {{std::string(view(b->keys[0])), std::string(view(b->values[0]))}}};
                          return WEIR_OK;
                      }};
    weir_str key = to_abi(from.entries[0].first), value = to_abi(*from.entries[0].second);
    weir_state_block block{sizeof block, from.state, from.kind, from.group, from.version, 0, {}, 1, &key, &value};
    weir_error error{};
    EXPECT_EQ(h.api().rekey(h.self(), &block, &out, &error), WEIR_OK) << error.message;
    return to;
}

TEST(PairMatchState, PutsEachPairIntoItsKeyGroup) {
    auto blocks = state_of(R"({"value":"n","sum":12})", R"([[5,"a",1],[1,"b",2],[6,null,3]])");
    ASSERT_EQ(blocks.size(), 3u);
    for (const StateBlock &b : blocks) {
        EXPECT_EQ(b.kind, WEIR_STATE_KEYED);
        EXPECT_EQ(b.version, 1u);
        ASSERT_EQ(b.entries.size(), 1u);
        int64_t value;
        std::memcpy(&value, b.entries[0].first.data(), sizeof value);
        EXPECT_TRUE(value == 5 || value == 1 || value == 6);
    }
}

TEST(PairMatchState, GivesOnlyWhatChangedAndThenNothing) {
    auto h = make_owned(R"({"value":"n","sum":12})", kInput);
    ASSERT_EQ(h->start().message(), "");
    EXPECT_TRUE(h->process(R"([[5,"a",1],[1,"b",2]])").done());
    EXPECT_EQ(h->snapshot(WEIR_SNAPSHOT_CHANGES).size(), 2u);
    EXPECT_EQ(h->snapshot(WEIR_SNAPSHOT_CHANGES).size(), 0u);
    EXPECT_TRUE(h->process(R"([[7,"c",3],[3,"d",4],[9,"e",5]])").done());
    auto changes = h->snapshot(WEIR_SNAPSHOT_CHANGES);
    ASSERT_EQ(changes.size(), 1u) << "5 is gone; 3 came and went";
    EXPECT_EQ(changes[0].entries[0].second, std::nullopt);
    EXPECT_EQ(h->snapshot(WEIR_SNAPSHOT_FULL).size(), 1u);
}

TEST(PairMatchState, IsReadWhereColumnsHaveComeAndGone) {
    auto blocks = state_of(R"({"value":"n","sum":12})", R"([[5,"a",1],[5,null,2]])");
    Status status;
    Schema other = schema_of({{"extra", "float64?"}, {"n", "int64"}, {"id", "int32"}, {"s", "string?"}});
    auto h = restored(R"({"value":"n","sum":12})", other, blocks, &status);
    ASSERT_EQ(status.message(), "");
    EXPECT_TRUE(h->process(R"([[1.5,7,3,"x"],[null,7,4,null]])").done());
    EXPECT_EQ(h->take(), (Rows{R"({"left":5,"right":7,"left_extra":null,"left_id":1,"left_s":"a",)"
                               R"("right_extra":1.5,"right_id":3,"right_s":"x"})",
                               R"({"left":5,"right":7,"left_extra":null,"left_id":2,"left_s":null,)"
                               R"("right_extra":null,"right_id":4,"right_s":null})"}));
    restored(R"({"value":"n","sum":12})", schema_of({{"n", "int64"}, {"must", "int32"}}), blocks, &status);
    EXPECT_EQ(status.code(), WEIR_E_STATE_VERSION);
    EXPECT_EQ(status.message(), "waiting values have no column must: int32");
}

TEST(PairMatchState, MatchesWhatAnotherSumMakesMatchAndLetsGoOfTheRest) {
    auto blocks = state_of(R"({"value":"n","sum":12,"min":0,"max":12})",
                           R"([[4,"a",1],[6,"b",2],[12,"c",3],[4,"d",4],[1,"e",5]])");
    const std::string config = R"({"value":"n","sum":10,"min":0,"max":10})";
    auto rekeyer = make_owned(config, kInput);
    ASSERT_EQ(rekeyer->start().message(), "");
    std::vector<StateBlock> moved;
    for (const StateBlock &b : blocks) moved.push_back(rekeyed(*rekeyer, b));
    Status status;
    auto h = restored(config, kInput, moved, &status);
    ASSERT_EQ(status.message(), "");
    EXPECT_TRUE(h->take_wake());
    ASSERT_TRUE(h->wake().done());
    auto pairs = h->take(0);
    ASSERT_EQ(pairs.size(), 1u);
    EXPECT_TRUE(pairs[0] == R"({"left":4,"right":6,"left_s":"a","left_id":1,"right_s":"b","right_id":2})" ||
                pairs[0] == R"({"left":6,"right":4,"left_s":"b","left_id":2,"right_s":"a","right_id":1})")
        << pairs[0];
    EXPECT_TRUE(h->take(1).empty());
    const auto failed = h->take_failed();
    ASSERT_EQ(failed.size(), 1U);
    EXPECT_EQ(failed[0].code, "out-of-range");
    EXPECT_EQ(failed[0].message, "n: 12 is outside of 0..10");
    EXPECT_EQ(failed[0].payload, R"({"n":12,"s":"c","id":3})");
    EXPECT_EQ(h->metric("waiting"), 2);
    EXPECT_TRUE(h->process(R"([[9,"x",6],[6,"y",7]])").done());
    EXPECT_EQ(h->take(0).size(), 2u);
    // The store still has 12 and the matched 6: the next changes delete them.
    size_t deleted = 0;
    for (const StateBlock &b : h->snapshot(WEIR_SNAPSHOT_CHANGES))
        for (auto &[key, value] : b.entries) deleted += !value;
    EXPECT_EQ(deleted, 4u);
}

TEST(PairMatchState, KeepsTheTimeSinceWhenAValueWaits) {
    const std::string config = R"({"value":"n","sum":12,"ttl":1000})";
    auto blocks = state_of(config, R"([[5,"a",1],[1,"b",2]])", 700);
    Status status;
    auto h = restored(config, kInput, blocks, &status, 900);
    ASSERT_EQ(status.message(), "");
    ASSERT_TRUE(h->wake().done());
    EXPECT_EQ(h->wake_time(), 1700);
    ASSERT_TRUE(h->advance_to(1700).done());
    EXPECT_EQ(h->take(1).size(), 2u);
}

TEST(PairMatchState, IsWholeInASnapshotBeforeTheFirstCallOfTheRun) {
    const std::string config = R"({"value":"n","sum":12})";
    auto blocks = state_of(config, R"([[5,"a",1],[5,"b",2],[1,null,3]])");
    Status status;
    auto h = restored(config, kInput, blocks, &status);
    ASSERT_EQ(status.message(), "");
    EXPECT_EQ(h->snapshot(WEIR_SNAPSHOT_CHANGES).size(), 0u);
    auto again = h->snapshot(WEIR_SNAPSHOT_FULL);
    ASSERT_EQ(again.size(), blocks.size());
    for (size_t i = 0; i < blocks.size(); ++i) {
        EXPECT_EQ(again[i].group, blocks[i].group);
        EXPECT_EQ(again[i].entries, blocks[i].entries);
    }
}

TEST(PairMatchState, HoldsABatchBackWhileWhatWasRestoredFillsTheOutputs) {
    std::string fours = "[", sixes = "";
    for (int i = 0; i < 1500; ++i) fours += (i ? ",[4,\"a\"," : "[4,\"a\",") + std::to_string(i) + "]";
    for (int i = 0; i < 1500; ++i) sixes += ",[6,\"b\"," + std::to_string(i) + "]";
    // 6 pairs with itself under 12, so the sixes come from another sum.
    auto blocks = state_of(R"({"value":"n","sum":13})", fours + sixes + "]");
    const std::string config = R"({"value":"n","sum":10})";
    HarnessOptions options;
    options.full_outbox = true;
    auto h = make_owned(config, kInput, options);
    ASSERT_TRUE(h->create().ok() && h->bind().ok());
    std::vector<StateBlock> moved;
    for (const StateBlock &b : blocks) moved.push_back(rekeyed(*h, b));
    ASSERT_EQ(h->restore(moved).message(), "");
    ASSERT_TRUE(h->open().done());
    ASSERT_TRUE(h->process(R"([[1,"x",7],[9,"y",8]])").done());
    auto pairs = h->take();
    ASSERT_EQ(pairs.size(), 1501u);
    EXPECT_EQ(pairs.back(), R"({"left":1,"right":9,"left_s":"x","left_id":7,"right_s":"y","right_id":8})");
    EXPECT_EQ(h->batches(), 3u);
}

TEST(PairMatchState, RefusesDamageOtherScalesAndOtherVersions) {
    Status status;
    auto blocks = state_of(R"({"value":"n","sum":12})", R"([[5,"abc",1]])");
    const std::string whole = *blocks[0].entries[0].second;
    for (size_t size = 0; size < whole.size(); ++size) {
        blocks[0].entries[0].second = whole.substr(0, size);
        restored(R"({"value":"n","sum":12})", kInput, blocks, &status);
        // Cut behind the head, it is an entry without items: harmless.
        if (status.ok()) {
            EXPECT_EQ(size, 2u + static_cast<unsigned char>(whole[0]));
        }
    }
    for (size_t at = 0; at < whole.size(); ++at) {
        blocks[0].entries[0].second = whole;
        (*blocks[0].entries[0].second)[at] = static_cast<char>(~whole[at]);
        restored(R"({"value":"n","sum":12})", kInput, blocks, &status);  // must not crash; a sanitizer looks on
    }
    blocks[0].entries[0].second = whole;
    restored(R"({"value":"n","sum":12})", schema_of({{"n", "decimal(9,2)"}, {"s", "string?"}, {"id", "int32"}}), blocks,
             &status);
    EXPECT_EQ(status.message(), "the waiting values have 0 decimals, the column has 2");
    blocks[0].version = 2;
    restored(R"({"value":"n","sum":12})", kInput, blocks, &status);
    EXPECT_EQ(status.code(), WEIR_E_STATE_VERSION);
}

}  // namespace
}  // namespace weir::testing
