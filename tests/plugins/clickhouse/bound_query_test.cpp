// Queries with `$name`s: where a name counts, and what its value becomes.
#include <gtest/gtest.h>

#include "bound_query.hpp"

namespace weir::testing {
namespace {

using clickhouse::Argument;
using Parameters = std::vector<std::pair<std::string, std::string>>;

Argument argument(const std::string &name, const std::string &type, std::optional<std::string> text) {
    return {name, *parse_field(name, type), std::move(text)};
}

const std::vector<Argument> kArguments = {argument("symbol", "string", "ACME"), argument("n", "int32", "60")};

std::string bound(const std::string &sql) {
    auto query = clickhouse::bind_query(sql, kArguments);
    return query ? query->sql : query.status().message();
}

TEST(BoundQuery, MakesParametersOfTheServerOfNames) {
    auto query = clickhouse::bind_query("SELECT * FROM t WHERE s = $symbol AND n < $n OR s != $symbol", kArguments);
    ASSERT_TRUE(query.ok());
    EXPECT_EQ(query->sql, "SELECT * FROM t WHERE s = {symbol:String} AND n < {n:Int32} OR s != {symbol:String}");
    EXPECT_EQ(query->parameters, (Parameters{{"param_symbol", "ACME"}, {"param_n", "60"}}));
}

TEST(BoundQuery, LeavesTextsNamesAndCommentsAlone) {
    for (const char *sql : {"SELECT '$n', 'it''s $n', 'it\\'s $n'", "SELECT \"$n\", `$n`, `a``$n`", "SELECT 1 -- $n", "SELECT 1 # $n",
                            "SELECT /* $n */ 1", "SELECT $$ $n $$", "SELECT $tag$ $n $tag$", "SELECT a$n", "SELECT '$n", "SELECT $1, $"})
        EXPECT_EQ(bound(sql), sql);
    EXPECT_EQ(bound("SELECT 1 -- $n\n, $n"), "SELECT 1 -- $n\n, {n:Int32}");
    EXPECT_EQ(bound("SELECT '\\\\', $n"), "SELECT '\\\\', {n:Int32}");
    EXPECT_EQ(bound("SELECT $n$n"), "SELECT {n:Int32}{n:Int32}");
    EXPECT_EQ(bound("SELECT 1 /* $n"), "SELECT 1 /* $n");
}

TEST(BoundQuery, NamesTheArgumentsWhereOneIsUnknown) {
    EXPECT_EQ(bound("SELECT $symbl"), "`$symbl` is no argument of the query; there are `symbol`, `n`");
    auto none = clickhouse::bind_query("SELECT $x", {});
    ASSERT_FALSE(none.ok());
    EXPECT_EQ(none.status().code(), WEIR_E_CONFIG);
    EXPECT_EQ(none.status().message(), "`$x` is no argument of the query; there are none");
}

std::string value(const std::string &type, std::optional<std::string> text) {
    auto found = clickhouse::value_text(argument("x", type, std::move(text)));
    if (found) return *found;
    EXPECT_EQ(found.status().code(), WEIR_E_ROW);
    return found.status().message();
}

TEST(BoundQuery, WritesValuesAsTheServerReadsThem) {
    EXPECT_EQ(value("string", "a\\b\tc\nd'e"), "a\\\\b\\tc\\nd'e");
    EXPECT_EQ(value("string", "+1"), "+1");
    EXPECT_EQ(value("string", std::nullopt), "\\N");
    EXPECT_EQ(value("int8", "-128"), "-128");
    EXPECT_EQ(value("uint64", "18446744073709551615"), "18446744073709551615");
    EXPECT_EQ(value("int32", "+7"), "7");
    EXPECT_EQ(value("float64", "-1.5e3"), "-1.5e3");
    EXPECT_EQ(value("decimal(5,2)", "-123.45"), "-123.45");
    EXPECT_EQ(value("timestamp", "2024-05-23T12:34:56.5+02:00"), "2024-05-23 10:34:56.500000");
    EXPECT_EQ(value("timestamp", "1960-01-02T00:00:00Z"), "1960-01-02 00:00:00.000000");
    EXPECT_EQ(value("date", "2024-02-29"), "2024-02-29");
    EXPECT_EQ(value("bool", "true"), "true");
}

TEST(BoundQuery, RefusesTextsOfAnotherType) {
    EXPECT_EQ(value("int8", "128"), "`x` is `128`, which is no int8");
    for (const auto &[type, text] : std::vector<std::pair<std::string, std::string>>{
             {"uint8", "-1"}, {"int32", ""}, {"int32", "1;DROP"}, {"int64", "1.0"}, {"float64", "one"}, {"bool", "1"}, {"date", "2024-02-30"},
             {"timestamp", "yesterday"}, {"decimal(5,2)", "1234.56"}, {"decimal(5,2)", "1.234"}, {"decimal(5,2)", "."}})
        EXPECT_EQ(value(type, text), "`x` is `" + text + "`, which is no " + to_string(parse_field("x", type)->type));
}

TEST(BoundQuery, MakesAParameterNullableForNull) {
    const std::vector<Argument> arguments = {argument("x", "int32", std::nullopt), argument("y", "int32?", "1")};
    auto query = clickhouse::bind_query("SELECT $x, $y", arguments);
    ASSERT_TRUE(query.ok());
    EXPECT_EQ(query->sql, "SELECT {x:Nullable(Int32)}, {y:Nullable(Int32)}");
    EXPECT_EQ(query->parameters, (Parameters{{"param_x", "\\N"}, {"param_y", "1"}}));
}

}  // namespace
}  // namespace weir::testing
