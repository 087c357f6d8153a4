// What a run knows of splits: who reads them, and how far they were read, be they there or not.
#include "host/engine/splits.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/engine/keyed_fixture.hpp"

namespace weir::host::testing {
namespace {

using ::testing::IsEmpty;

std::string text_of(const std::vector<SplitPosition>& positions) {
    std::string out;
    for (const SplitPosition& one : positions)
        out += fmt::format("{}:{}@{}{} ", one.node, one.split, one.position, one.given_back ? " given back" : "");
    return out;
}

TEST(SplitTableTest, GivesNewSplitsToTheWorkerWithTheFewest) {
    SplitTable splits(2);
    splits.update(0, {"a", "b", "c"}, false);
    splits.update(1, {"x"}, true);
    EXPECT_EQ(splits.of_worker(0, 0).size(), 2U);
    EXPECT_EQ(splits.of_worker(0, 1).size(), 1U);
    EXPECT_EQ(splits.of_worker(1, 1).size(), 1U);
    EXPECT_FALSE(splits.complete(0));
    EXPECT_TRUE(splits.complete(1));
}

TEST(SplitTableTest, KnowsPositionsOfSplitsThatAreNotThereYet) {
    SplitTable splits(1);
    splits.restore({0, "a", "5"});
    splits.restore({0, "b", "6", {}, true});
    EXPECT_EQ(text_of(splits.positions()), "0:a@5 0:b@6 given back ");
    splits.update(0, {"b"}, false);
    const auto assigned = splits.of_worker(0, 0);
    ASSERT_EQ(assigned.size(), 1U);
    EXPECT_EQ(assigned[0].position, "6");
    EXPECT_TRUE(assigned[0].given_back);
    splits.mark({{0, "b", "7"}});
    EXPECT_EQ(text_of(splits.positions()), "0:a@5 0:b@7 ");
}

TEST(SplitTableTest, KnowsPositionsOfSplitsThatWereGivenBack) {
    SplitTable splits(1);
    splits.update(0, {"a", "b"}, false);
    splits.mark({{0, "a", "3"}, {0, "b", "4"}});
    splits.update(0, {"b"}, false);
    EXPECT_EQ(text_of(splits.positions()), "0:a@3 given back 0:b@4 ") << "others may read on as soon as this host has stopped";
    splits.split_revoked(0, 0, {});
    EXPECT_EQ(text_of(splits.positions()), "0:a@3 given back 0:b@4 ");
    splits.update(0, {"a", "b"}, false);
    for (const SplitAssignment& one : splits.of_worker(0, 0)) EXPECT_FALSE(one.position) << "the source knows where it goes on";
    splits.mark({{0, "a", "9"}, {0, "b", "4"}});
    EXPECT_EQ(text_of(splits.positions()), "0:a@9 0:b@4 ");
}

TEST(SplitTableTest, ForgetsSplitsThatEndedAndAreGone) {
    SplitTable splits(1);
    splits.update(0, {"a"}, false);
    splits.mark({{0, "a", "3"}});
    splits.split_ended(0, 0);
    EXPECT_EQ(text_of(splits.positions()), "0:a@3 ");
    splits.update(0, {}, false);
    splits.split_revoked(0, 0, {});
    EXPECT_THAT(splits.positions(), IsEmpty());
}

class Splits : public KeyedStates {
protected:
    std::string read(std::map<std::string, std::vector<int64_t>> splits) {
        world().splits = std::move(splits);
        world().sunk.clear();
        return run("name: t\ncheckpoint: 20us\nnodes:\n  in: { numbers: {} }\n  out: { from: in, collect: {} }\n", options(1));
    }
};

TEST_F(Splits, ThatAreNotFoundAtOneStartGoOnWhereTheyWereAtTheNext) {
    ASSERT_EQ(read({{"a", {1, 2, 3}}}), "");
    EXPECT_EQ(world().sunk, rows({1, 2, 3}));
    ASSERT_EQ(read({{"b", {9}}}), "");
    EXPECT_EQ(world().sunk, rows({9}));
    ASSERT_EQ(read({{"a", {1, 2, 3, 4}}, {"b", {9, 10}}}), "");
    EXPECT_THAT(world().sunk, ::testing::UnorderedElementsAreArray(rows({4, 10})));
}

}  // namespace
}  // namespace weir::host::testing
