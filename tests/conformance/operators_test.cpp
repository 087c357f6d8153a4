// The shapes between sources and sinks: asynchronous lookup, join of two inputs, reader of a broadcast input, ports that
// a configuration names.
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/conformance/skeleton.hpp"

namespace weir::host {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using weir::testing::Harness;
using weir::testing::HarnessOptions;
using weir::testing::Json;
using weir::testing::make_rows;
using weir::testing::schema_of;

// Calls `again` at each wake until it is no longer pending, as the engine does.
template <class F>
Status until_done(Harness& h, Status status, F&& again) {
    while (status.is_pending()) {
        while (!h.take_wake()) std::this_thread::yield();
        status = again();
    }
    return status;
}

class AsyncTest : public ::testing::Test {
protected:
    Harness make(HarnessOptions options = {}) {
        return Harness(skeleton_.plugin(), "async.square", "{}", {schema_of({{"n", "int64"}})}, std::move(options));
    }
    static Status finish(Harness& h) {
        return until_done(h, h.finish(), [&] { return h.resume(); });
    }

    Skeleton skeleton_{"async_lookup"};
};

TEST_F(AsyncTest, EmitsResultsInTheOrderOfTheInputs) {
    Harness h = make();
    ASSERT_EQ(h.start().message(), "");
    for (int i = 0; i < 4; ++i) {
        std::string rows = "[[" + std::to_string(2 * i) + "],[" + std::to_string(2 * i + 1) + "]]";
        ASSERT_TRUE(until_done(h, h.process(rows), [&] { return h.resume(); }).done());
    }
    ASSERT_TRUE(finish(h).done());
    EXPECT_THAT(h.take(), ElementsAre(R"({"square":0})", R"({"square":1})", R"({"square":4})", R"({"square":9})",
                                      R"({"square":16})", R"({"square":25})", R"({"square":36})", R"({"square":49})"));
}

TEST_F(AsyncTest, HoldsAWatermarkBackUntilNothingIsInFlight) {
    Harness h = make({.full_outbox = true});
    ASSERT_EQ(h.start().message(), "");
    ASSERT_TRUE(h.process("[[3]]").ok());
    ASSERT_TRUE(until_done(h, h.watermark(7), [&] { return h.resume(); }).done());
    EXPECT_THAT(h.take(), ElementsAre(R"({"square":9})"));
}

TEST_F(AsyncTest, KeepsInputsInFlightInTheSnapshot) {
    std::vector<std::string> results;
    std::vector<weir::testing::StateBlock> blocks;
    {
        Harness h = make();
        ASSERT_EQ(h.start().message(), "");
        ASSERT_TRUE(h.process("[[1],[2]]").ok());
        ASSERT_TRUE(h.process("[[3]]").ok());
        blocks = h.snapshot();
        results = h.take();  // whatever was done by then
    }
    Harness again = make();
    ASSERT_EQ(again.create().message(), "");
    ASSERT_EQ(again.bind().message(), "");
    ASSERT_EQ(again.restore(blocks).message(), "");
    ASSERT_EQ(again.open().message(), "");
    ASSERT_TRUE(finish(again).done());
    for (auto& row : again.take()) results.push_back(row);
    EXPECT_THAT(results, ElementsAre(R"({"square":1})", R"({"square":4})", R"({"square":9})"));
    EXPECT_THAT(again.snapshot(), IsEmpty());
}

class JoinTest : public ::testing::Test {
protected:
    Harness make() {
        return Harness(skeleton_.plugin(), "join.pairs", R"({"keep":10})", {schema_, schema_});
    }
    // Rows of value and time, each with the hash of its key; as the engine gives them to a keyed operator.
    Status process(Harness& h, uint32_t input, const char* rows, std::vector<uint64_t> hashes) {
        ArrowArray array = make_rows(schema_, Json::parse(rows));
        weir_batch batch{};
        batch.size = sizeof batch;
        batch.rows = array.length;
        batch.split = WEIR_NO_SPLIT;
        batch.array = &array;
        batch.hashes = hashes.data();
        weir_error error = empty_error();
        Status status = Status::from_abi(h.api().process(h.self(), &batch, input, &error), error);
        array.release(&array);
        return status.is_more() ? h.resume() : status;
    }

    static constexpr uint64_t kApple = uint64_t{3} << 56 | 1, kPear = uint64_t{200} << 56 | 1;
    Skeleton skeleton_{"join"};
    Schema schema_ = schema_of({{"value", "int64"}, {"time", "int64"}});
};

TEST_F(JoinTest, PairsRowsOfOneKeyFromBothSides) {
    Harness h = make();
    ASSERT_EQ(h.start().message(), "");
    ASSERT_TRUE(process(h, 0, "[[1,100],[2,100]]", {kApple, kPear}).done());
    EXPECT_THAT(h.take(), IsEmpty());
    ASSERT_TRUE(process(h, 1, "[[10,101],[20,101],[30,102]]", {kPear, kApple, kApple}).done());
    EXPECT_THAT(h.take(), ElementsAre(R"({"left":2,"right":10})", R"({"left":1,"right":20})", R"({"left":1,"right":30})"));
    ASSERT_TRUE(process(h, 0, "[[3,103]]", {kApple}).done());
    EXPECT_THAT(h.take(), ElementsAre(R"({"left":3,"right":20})", R"({"left":3,"right":30})"));
}

TEST_F(JoinTest, GoesOnAfterAFullPort) {
    Harness h = make();
    h.options().full_outbox = true;
    ASSERT_EQ(h.start().message(), "");
    std::string rows = "[";
    for (int i = 0; i < 1500; ++i) rows += (i ? ",[" : "[") + std::to_string(i) + ",1]";
    ASSERT_TRUE(process(h, 0, (rows + "]").c_str(), std::vector<uint64_t>(1500, kApple)).done());
    ASSERT_TRUE(process(h, 1, "[[7,1]]", {kApple}).done());
    EXPECT_THAT(h.take(), SizeIs(1500));
    EXPECT_EQ(h.batches(), 2u);
}

TEST_F(JoinTest, ForgetsRowsBehindTheWatermark) {
    Harness h = make();
    ASSERT_EQ(h.start().message(), "");
    ASSERT_TRUE(process(h, 0, "[[1,100],[2,120]]", {kApple, kApple}).done());
    ASSERT_TRUE(h.watermark(111).done());
    ASSERT_TRUE(process(h, 1, "[[10,112]]", {kApple}).done());
    EXPECT_THAT(h.take(), ElementsAre(R"({"left":2,"right":10})"));
}

TEST_F(JoinTest, HandsItsRowsOverByKeyGroup) {
    Harness h = make();
    ASSERT_EQ(h.start().message(), "");
    ASSERT_TRUE(process(h, 0, "[[1,100],[2,100]]", {kApple, kPear}).done());
    ASSERT_TRUE(process(h, 1, "[[30,100]]", {kPear}).done());
    h.take();
    auto blocks = h.snapshot();
    ASSERT_THAT(blocks, SizeIs(3));
    EXPECT_EQ(blocks[0].group, 3u);
    EXPECT_EQ(blocks[1].group, 200u);
    EXPECT_EQ(blocks[2].state, 1u);

    Harness other = make();  // gets the pears only
    ASSERT_EQ(other.create().message(), "");
    ASSERT_EQ(other.bind().message(), "");
    ASSERT_EQ(other.restore({blocks[1], blocks[2]}).message(), "");
    ASSERT_EQ(other.open().message(), "");
    ASSERT_TRUE(process(other, 1, "[[40,101],[50,101]]", {kApple, kPear}).done());
    EXPECT_THAT(other.take(), ElementsAre(R"({"left":2,"right":50})"));
}

class BroadcastTest : public ::testing::Test {
protected:
    Harness make() {
        return Harness(skeleton_.plugin(), "broadcast.filter", "{}",
                       {schema_of({{"kind", "int64"}, {"n", "int64"}}), schema_of({{"kind", "int64"}, {"min", "int64"}})});
    }
    Skeleton skeleton_{"broadcast_reader"};
};

TEST_F(BroadcastTest, SaysThatOneOfItsInputsIsBroadcast) {
    const OperatorInfo& op = skeleton_.module().info().operators[0];
    EXPECT_FALSE(op.inputs[0].broadcast);
    EXPECT_TRUE(op.inputs[1].broadcast);
    EXPECT_EQ(op.state_kinds, WEIR_STATE_BROADCAST);
}

TEST_F(BroadcastTest, AppliesTheLatestRule) {
    Harness h = make();
    ASSERT_EQ(h.start().message(), "");
    ASSERT_TRUE(h.process("[[1,5]]", 1).done());
    ASSERT_TRUE(h.process("[[1,4],[1,5],[2,9]]", 0).done());
    EXPECT_THAT(h.take(0), ElementsAre(R"({"kind":1,"n":5})"));
    EXPECT_THAT(h.take(1), ElementsAre(R"({"kind":2,"n":9})"));
    ASSERT_TRUE(h.process("[[1,4],[2,0]]", 1).done());
    ASSERT_TRUE(h.process("[[1,4],[2,9]]", 0).done());
    EXPECT_THAT(h.take(0), ElementsAre(R"({"kind":1,"n":4})", R"({"kind":2,"n":9})"));
}

TEST_F(BroadcastTest, RestoresRulesFromOneCopyAndItsChanges) {
    Harness h = make();
    ASSERT_EQ(h.start().message(), "");
    ASSERT_TRUE(h.process("[[1,5],[2,7]]", 1).done());
    auto full = h.snapshot(WEIR_SNAPSHOT_FULL);
    ASSERT_TRUE(h.process("[[2,8]]", 1).done());
    auto changes = h.snapshot(WEIR_SNAPSHOT_CHANGES);
    ASSERT_THAT(full, SizeIs(1));
    ASSERT_THAT(changes, SizeIs(1));
    EXPECT_THAT(changes[0].entries, SizeIs(1));
    EXPECT_THAT(h.snapshot(WEIR_SNAPSHOT_CHANGES), IsEmpty());

    Harness other = make();
    ASSERT_EQ(other.create().message(), "");
    ASSERT_EQ(other.bind().message(), "");
    ASSERT_EQ(other.restore(full).message(), "");
    ASSERT_EQ(other.restore(changes).message(), "");
    ASSERT_TRUE(other.process("[[1,5],[2,7],[2,8]]", 0).done());
    EXPECT_THAT(other.take(0), ElementsAre(R"({"kind":1,"n":5})", R"({"kind":2,"n":8})"));
    auto newer = full;
    newer[0].version = 2;
    EXPECT_EQ(other.restore(newer).code(), WEIR_E_STATE_VERSION);
}

TEST(NamedPortsTest, NumbersThePortsThatTheConfigurationNamesInWrittenOrder) {
    Skeleton skeleton("named_ports");
    Harness h(skeleton.plugin(), "named.sort", R"({"to":{"zero":"","one":""}})", {schema_of({{"n", "int64"}})});
    ASSERT_EQ(h.start().message(), "");
    EXPECT_TRUE(h.process("[[1],[0],[2],[1],[-1]]").done());
    EXPECT_THAT(h.take(0), ElementsAre(R"({"n":0})"));
    EXPECT_THAT(h.take(1), ElementsAre(R"({"n":1})", R"({"n":1})"));
    EXPECT_THAT(h.take(2), ElementsAre(R"({"n":2})", R"({"n":-1})"));
}

}  // namespace
}  // namespace weir::host
