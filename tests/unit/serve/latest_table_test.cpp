#include "host/serve/latest_table.hpp"

#include <gtest/gtest.h>

#include <weir/testing/rows.hpp>
#include <weir/testing/test_host.hpp>

namespace weir::host {
namespace {

class LatestTableTest : public ::testing::Test {
protected:
    LatestTableTest() { weir::testing::TestHost::get(); }

    void add(LatestTable& table, const std::string& json) { add(table, json, schema_); }
    static void add(LatestTable& table, const std::string& json, const Schema& schema) {
        ArrowArray array = weir::testing::make_rows(schema, weir::testing::Json::parse(json));
        weir_batch batch{};
        batch.size = sizeof batch;
        batch.rows = array.length;
        batch.array = &array;
        table.add(schema, batch);
        array.release(&array);
    }

    const Schema schema_ = weir::testing::schema_of({{"s", "string?"}, {"n", "int64"}});
};

TEST_F(LatestTableTest, KeepsTheLastRowsInTheirOrder) {
    LatestTable table(schema_, {}, 2);
    EXPECT_EQ(table.rows({}, 10), "[]");
    add(table, R"([["a",1],["b",2],["c",3]])");
    EXPECT_EQ(table.rows({}, 10), R"([{"s":"b","n":2},{"s":"c","n":3}])");
    add(table, R"([[null,4]])");
    EXPECT_EQ(table.rows({}, 10), R"([{"s":"c","n":3},{"s":null,"n":4}])");
    EXPECT_EQ(table.rows({}, 1), R"([{"s":null,"n":4}])");
    EXPECT_EQ(table.seen(), 4);
}

TEST_F(LatestTableTest, KeepsTheLastRowOfEachKeySorted) {
    LatestTable table(schema_, {"s"}, 10);
    add(table, R"([["b",1],["a",2],["b",3]])");
    EXPECT_EQ(table.rows({}, 10), R"([{"s":"a","n":2},{"s":"b","n":3}])");
    add(table, R"([["a",4],[null,5]])");
    EXPECT_EQ(table.rows({}, 10), R"([{"s":"a","n":4},{"s":"b","n":3},{"s":null,"n":5}])");
}

TEST_F(LatestTableTest, ForgetsTheKeyThatHasNotChangedForLongest) {
    LatestTable table(schema_, {"s"}, 2);
    add(table, R"([["a",1],["b",2]])");
    add(table, R"([["a",3]])");
    add(table, R"([["c",4]])");
    EXPECT_EQ(table.rows({}, 10), R"([{"s":"a","n":3},{"s":"c","n":4}])");
    add(table, R"([["b",5]])");
    EXPECT_EQ(table.rows({}, 10), R"([{"s":"b","n":5},{"s":"c","n":4}])");
}

TEST_F(LatestTableTest, TellsWhatIsNewerThanAFollowerHas) {
    LatestTable table(schema_, {"s"}, 10);
    uint64_t since = 0;
    EXPECT_EQ(table.changes(since), "");
    add(table, R"([["b",1],["a",2]])");
    EXPECT_EQ(table.changes(since), R"([{"s":"b","n":1},{"s":"a","n":2}])");
    EXPECT_EQ(table.changes(since), "");
    add(table, R"([["b",3]])");
    add(table, R"([["b",4]])");
    EXPECT_EQ(table.changes(since), R"([{"s":"b","n":4}])");
}

TEST_F(LatestTableTest, ChoosesRowsByWholeValues) {
    LatestTable table(schema_, {}, 10);
    add(table, R"([["a",5],["x\"a",15],["a",25]])");
    EXPECT_EQ(table.rows({{0, "\"a\""}}, 10), R"([{"s":"a","n":5},{"s":"a","n":25}])");
    EXPECT_EQ(table.rows({{1, "5"}}, 10), R"([{"s":"a","n":5}])");
    EXPECT_EQ(table.rows({{0, "\"a\""}, {1, "25"}}, 10), R"([{"s":"a","n":25}])");
    EXPECT_EQ(table.rows({{0, "\"a\""}}, 1), R"([{"s":"a","n":25}])");
}

TEST_F(LatestTableTest, FindsItsColumnsInRowsThatHaveMore) {
    LatestTable table(weir::testing::schema_of({{"n", "int64"}}), {}, 10);
    add(table, R"([["a",1]])");
    add(table, R"([[true,2,"b"]])", weir::testing::schema_of({{"x", "bool"}, {"n", "int64"}, {"s", "string"}}));
    EXPECT_EQ(table.rows({}, 10), R"([{"n":1},{"n":2}])");
}

TEST_F(LatestTableTest, IsBoundedInBytes) {
    LatestTable table(weir::testing::schema_of({{"s", "string"}}), {}, 1000);
    const std::string large(kMaxViewBytes / 4, 'x');
    for (int i = 0; i < 5; ++i) add(table, R"([[")" + large + R"("]])", weir::testing::schema_of({{"s", "string"}}));
    EXPECT_LE(table.rows({}, 1000).size(), kMaxViewBytes);
    EXPECT_GE(table.rows({}, 1000).size(), kMaxViewBytes / 2);
}

}  // namespace
}  // namespace weir::host
