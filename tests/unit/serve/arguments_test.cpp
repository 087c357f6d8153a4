#include "host/serve/arguments.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <weir/testing/rows.hpp>

namespace weir::host {
namespace {

using ::testing::HasSubstr;

ViewSpec query() {
    ViewSpec view;
    view.name = "history";
    view.query.emplace();
    view.query->arguments = {{"symbol", "string", std::nullopt, "", {}}, {"minutes", "int32", "60", "", {}}};
    view.query->constants = {{"table", "string", "ticks"}};
    return view;
}

std::string bound(const RequestParameters& parameters) {
    Answer why;
    const auto arguments = bind_arguments(query(), parameters, why);
    if (!arguments) return std::to_string(why.status) + " " + why.body;
    std::string out;
    for (const auto& one : arguments->values) out += one.name + ":" + one.type + "=" + one.text + ";";
    return out;
}

TEST(Arguments, AreTypedAndComeWithDefaultsAndParametersOfTheTopology) {
    EXPECT_EQ(bound({{"symbol", "A"}}), "symbol:string=A;minutes:int32=60;table:string=ticks;");
    EXPECT_EQ(bound({{"minutes", "5"}, {"symbol", "'; DROP TABLE ticks"}}), "symbol:string='; DROP TABLE ticks;minutes:int32=5;table:string=ticks;");
}

TEST(Arguments, ThatAreWrongAreRefusedWithTheirNames) {
    EXPECT_THAT(bound({}), HasSubstr("400 {\"title\":\"Bad Request\",\"status\":400,\"detail\":\"the view `history` needs `symbol`, of type string\",\"parameter\":\"symbol\"}"));
    EXPECT_THAT(bound({{"symbol", "A"}, {"minutes", "9999999999"}}), HasSubstr("`minutes` is of type int32, and cannot be `9999999999`"));
    EXPECT_THAT(bound({{"symbol", "A"}, {"minuts", "5"}}), HasSubstr("has no argument `minuts`; it takes `symbol` or `minutes`; nearest: `minutes`"));
    EXPECT_THAT(bound({{"symbol", "A"}, {"symbol", "B"}}), HasSubstr("`symbol` is given twice"));
    EXPECT_THAT(bound({{"symbol", "A"}, {"table", "x"}}), HasSubstr("has no argument `table`"));
    EXPECT_THAT(bound({{"symbol", "\xff"}}), HasSubstr("bytes that are not UTF-8"));
}

TEST(Arguments, OfATableChooseRowsByJsonValues) {
    const LatestTable table(weir::testing::schema_of({{"s", "string"}, {"n", "int32"}, {"b", "bool"}, {"f", "float64"}}), {}, 100);
    Answer why;
    const auto choice = choose_rows("last", table, {{"s", "a\"b"}, {"n", "-007"}, {"b", "true"}, {"limit", "5"}}, why);
    ASSERT_TRUE(choice) << why.body;
    EXPECT_EQ(choice->limit, 5U);
    EXPECT_EQ(choice->filter, (RowFilter{{0, "\"a\\\"b\""}, {1, "-7"}, {2, "true"}}));
    EXPECT_EQ(choose_rows("last", table, {}, why)->limit, 100U);
    EXPECT_FALSE(choose_rows("last", table, {{"f", "1"}}, why));
    EXPECT_THAT(why.body, HasSubstr("has no argument `f`; it takes `limit`, `s`, `n` or `b`"));
    EXPECT_FALSE(choose_rows("last", table, {{"n", "many"}}, why));
    EXPECT_FALSE(choose_rows("last", table, {{"limit", "-1"}}, why));
}

}  // namespace
}  // namespace weir::host
