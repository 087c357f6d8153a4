// What each aggregate of the plugin gives: hand-picked values, nulls, nothing, merges, states as bytes; and the examples of
// their documentation.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "aggregation_fixture.hpp"

namespace weir::host::aggregation {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using weir::testing::schema_of;

std::string of(const std::string& expression, const char* type, const char* rows) {
    return over(expression, schema_of({{"x", type}}), rows);
}
std::string type_of_result(const std::string& expression, const char* type) {
    Groups groups({expression}, schema_of({{"x", type}}));
    return groups.problem().empty() ? to_string(groups.out()) : groups.problem();
}

TEST(Aggregates, GiveWhatTheirExamplesSay) {
    size_t examples = 0;
    for (const OperatorInfo& info : TestAggregates::get().catalog().plugin("aggregates")->operators) {
        SCOPED_TRACE(info.doc);
        const size_t at = info.doc.find("Example: "), columns = info.doc.find(" of {", at), rows = info.doc.find("} in ", at),
                     result = info.doc.find("]] is ", at);
        ASSERT_TRUE(at != std::string::npos && columns < rows && rows < result && result != std::string::npos);
        const std::string expression = info.doc.substr(at + 9, columns - at - 9);
        std::vector<Field> fields;
        std::string list = info.doc.substr(columns + 5, rows - columns - 5);
        for (size_t from = 0; from < list.size();) {
            const size_t colon = list.find(": ", from), end = std::min(list.find(", ", from), list.size());
            fields.push_back(*parse_field(list.substr(from, colon - from), list.substr(colon + 2, end - colon - 2)));
            from = end + 2;
        }
        EXPECT_EQ(over(expression, Schema{fields}, info.doc.substr(rows + 5, result + 2 - rows - 5).c_str()),
                  info.doc.substr(result + 6));
        ++examples;
    }
    EXPECT_EQ(examples, 26u);
}

TEST(Aggregates, AreNullWithoutValuesButForCounts) {
    for (const char* rows : {"[]", "[[null],[null]]"}) {
        for (const char* name : {"sum(x)", "avg(x)", "min(x)", "max(x)", "first(x)", "last(x)", "arg_min(x, x)", "arg_max(x, x)",
                                 "stddev(x)", "stddev_pop(x)", "variance(x)", "var_pop(x)", "median(x)", "quantile(x, 0.5)",
                                 "approx_quantile(x, 0.5)", "collect_set(x)", "top_n(x, 3)", "bool_and(x > 0)", "bool_or(x > 0)",
                                 "string_agg(x::string, ',')"})
            EXPECT_EQ(of(name, "int32?", rows), "null") << name;
        EXPECT_EQ(of("count(x)", "int32?", rows), "0");
        EXPECT_EQ(of("approx_count_distinct(x)", "int32?", rows), "0");
        EXPECT_EQ(of("histogram(x, 0, 1, 1)", "int32?", rows), "[0,0,0]");
    }
    EXPECT_EQ(of("array_agg(x)", "int32?", "[]"), "null");
    EXPECT_EQ(of("array_agg(x)", "int32?", "[[null],[null]]"), "[null,null]");
    EXPECT_EQ(of("stddev(x)", "int32", "[[4]]"), "null");
    EXPECT_EQ(of("stddev_pop(x)", "int32", "[[4]]"), "0");
}

TEST(Aggregates, HaveTheTypesOfPostgres) {
    EXPECT_EQ(type_of_result("count()", "int32"), "{ 0: int64 }");
    EXPECT_EQ(type_of_result("sum(x)", "int8"), "{ 0: int64? }");
    EXPECT_EQ(type_of_result("sum(x)", "int32"), "{ 0: int64? }");
    EXPECT_EQ(type_of_result("sum(x)", "uint32"), "{ 0: decimal(38,0)? }");
    EXPECT_EQ(type_of_result("sum(x)", "int64"), "{ 0: decimal(38,0)? }");
    EXPECT_EQ(type_of_result("sum(x)", "decimal(12,2)"), "{ 0: decimal(38,2)? }");
    EXPECT_EQ(type_of_result("sum(x)", "float32"), "{ 0: float32? }");
    EXPECT_EQ(type_of_result("sum(x)", "float64"), "{ 0: float64? }");
    EXPECT_EQ(type_of_result("avg(x)", "int64"), "{ 0: decimal(38,16)? }");
    EXPECT_EQ(type_of_result("avg(x)", "decimal(12,2)"), "{ 0: decimal(38,16)? }");
    EXPECT_EQ(type_of_result("avg(x)", "decimal(38,2)"), "{ 0: decimal(38,2)? }");
    EXPECT_EQ(type_of_result("avg(x)", "float32"), "{ 0: float64? }");
    EXPECT_EQ(type_of_result("max(x)", "date"), "{ 0: date? }");
    EXPECT_EQ(type_of_result("array_agg(x)", "string?"), "{ 0: list<string?>? }");
    EXPECT_EQ(type_of_result("median(x)", "decimal(12,2)"), "{ 0: float64? }");
    EXPECT_EQ(type_of_result("sum(x)", "list<int32>"), "`sum(x)`: `sum` takes a number, not list<int32>; expected: sum(x)");
    EXPECT_EQ(type_of_result("bool_and(x)", "int32"), "`bool_and(x)`: `bool_and` takes a bool, not int32; expected: bool_and(x)");
    EXPECT_EQ(type_of_result("histogram(x, 5, 5, 3)", "int32"), "`5`: `highest` of `histogram` is not above the lowest bound");
}

TEST(Aggregates, SumExactly) {
    EXPECT_EQ(of("sum(x)", "int64", "[[9223372036854775807],[9223372036854775807],[-1]]"), "18446744073709551613");
    EXPECT_EQ(of("sum(x)", "uint64", "[[18446744073709551615],[1]]"), "18446744073709551616");
    EXPECT_EQ(of("sum(x)", "decimal(12,2)", R"([["0.10"],["0.20"],["-1.00"]])"), "-0.70");
    EXPECT_EQ(of("sum(x)", "float64", "[[0.5],[0.25]]"), "0.75");
    EXPECT_EQ(of("sum(x)", "int8", "[[-128],[127],[-128]]"), "-129");
    EXPECT_EQ(of("avg(x)", "int64", "[[9223372036854775807],[9223372036854775806]]"), "9223372036854775806.5000000000000000");
    EXPECT_EQ(of("avg(x)", "decimal(12,2)", R"([["-0.01"],["-0.02"]])"), "-0.0150000000000000");
    EXPECT_EQ(of("avg(x)", "int32", "[[-2],[-2],[-1]]"), "-1.6666666666666667");
    EXPECT_EQ(of("avg(x)", "float32", "[[0.5],[1]]"), "0.75");
}

TEST(Aggregates, RefuseARowWhoseDecimalDoesNotFitAndGoOn) {
    const char* rows = R"([["99999999999999999999999999999999999999"],["1"],["-5"]])";
    for (const char* name : {"sum(x)", "avg(x)"}) {
        Groups groups({name}, schema_of({{"x", "decimal(38,0)"}}));
        EXPECT_THAT(groups.update(rows), ElementsAre(::testing::StartsWith("1 overflow: the ")));
        groups.retract(R"([["99999999999999999999999999999999999999"]])");
        EXPECT_EQ(groups.result(), "-5") << name;
    }
}

TEST(Aggregates, HaveNoResultWhileWhatIsLeftDoesNotFit) {
    const std::string most = "90000000000000000000000000000000000000";
    Groups groups({"sum(x)"}, schema_of({{"x", "decimal(38,0)"}}));
    groups.update(fmt::format(R"([["{0}"],["-{0}"],["{0}"]])", most).c_str());
    groups.retract(fmt::format(R"([["-{0}"]])", most).c_str());
    EXPECT_EQ(groups.result(), "0 overflow: the sum does not fit decimal(38,0)");
    groups.retract(fmt::format(R"([["{0}"]])", most).c_str());
    EXPECT_EQ(groups.result(), most);
}

TEST(Aggregates, NameASumOfFloatsThatDoesNotFit) {
    EXPECT_EQ(of("sum(x)", "float64", "[[1.7e308],[1.7e308]]"), "0 overflow: the sum does not fit float64");
    EXPECT_EQ(of("sum(x) IS NULL", "float64", "[[1.7e308],[1.7e308]]"), "0 overflow: the sum does not fit float64");
    EXPECT_EQ(of("sum('infinity'::float64 + x) > 0", "float64", "[[1.7e308],[1.7e308]]"), "true");
    EXPECT_EQ(of("avg('nan'::float64 + x) > 1", "float64", "[[1],[2]]"), "true");
}

TEST(Aggregates, OrderAllTypes) {
    EXPECT_EQ(of("max(x)", "bool", "[[false],[true]]"), "true");
    EXPECT_EQ(of("min(x)", "int8", "[[3],[-100]]"), "-100");
    EXPECT_EQ(of("max(x)", "uint64", "[[18446744073709551615],[1]]"), "18446744073709551615");
    EXPECT_EQ(of("min(x)", "decimal(10,3)", R"([["0.001"],["-7.5"]])"), "-7.500");
    EXPECT_EQ(of("max(x)", "date", "[[19782],[-1]]"), "\"2024-02-29\"");
    EXPECT_EQ(of("max(x)", "string", R"([["Zebra"],["apple"],["é"]])"), "\"é\"");
    EXPECT_EQ(of("max(x) = 'nan'::float64", "float64", "[[1e300]]"), "false");
    EXPECT_EQ(of("max(CASE WHEN x > 1 THEN 'nan'::float64 ELSE x END)::string", "float64", "[[1],[2],[0]]"), "\"NaN\"");
    EXPECT_EQ(of("min(CASE WHEN x > 1 THEN 'nan'::float64 ELSE x END)", "float64", "[[1],[2],[0.5]]"), "0.5");
    EXPECT_EQ(of("top_n(x, 2)", "string", R"([["b"],["a"],["c"],["b"]])"), R"(["c","b","b"])");
    EXPECT_EQ(of("top_n(x, 1)", "int32?", "[[null],[2],[2],[1]]"), "[2,2]");
}

TEST(Aggregates, KeepTheFirstOfEqualRows) {
    const Schema schema = schema_of({{"x", "string?"}, {"by", "float64?"}});
    EXPECT_EQ(over("arg_max(x, by)", schema, R"([["a",1],["b",null],[null,9],["c",3],["d",3]])"), "\"c\"");
    EXPECT_EQ(over("arg_min(x, by)", schema, R"([["a",1],["b",null],[null,-9],["c",1]])"), "\"a\"");
    EXPECT_EQ(over("arg_max(by, x)", schema, R"([["a",1],["b",7],[null,9]])"), "7");
}

TEST(Aggregates, InterpolateQuantilesAsPercentileCont) {
    EXPECT_EQ(of("quantile(x, 0)", "float64", "[[3],[1],[2]]"), "1");
    EXPECT_EQ(of("quantile(x, 1)", "float64", "[[3],[1],[2]]"), "3");
    EXPECT_EQ(of("quantile(x, 0.9)", "int32", "[[10],[20]]"), "19");
    EXPECT_EQ(of("median(x)", "decimal(5,1)", R"([["1.5"],["2.5"]])"), "2");
    EXPECT_EQ(of("histogram(x, 0, 1, 4)", "float64", "[[0],[0.25],[0.9999],[1],[-0.1],[0.26]]"), "[1,1,2,0,1,1]");
    EXPECT_EQ(of("histogram('nan'::float64 * x, 0, 1, 4)", "float64", "[[1]]"), "0 bad-argument: histogram has no bucket for NaN");
}

TEST(Aggregates, NameAGroupWhoseListOrTextIsTooLarge) {
    const std::string rows = fmt::format(R"([["{0}"],["{0}x"]])", std::string(1'000'000, 'a'));
    for (const char* name : {"array_agg(x)", "collect_set(x)", "string_agg(x, '')", "top_n(x, 2)"})
        EXPECT_EQ(of(name, "string", rows.c_str()), "0 too-large: the group's value is above 2,000,000 bytes") << name;
}

// Of random rows, for every aggregate: one state of all rows, the merge of two, what was saved and loaded, and, where rows
// can be taken back, a state from which some were.
TEST(Aggregates, AreTheSameMergedSavedAndTakenBack) {
    const Schema schema = schema_of({{"i", "int32?"}, {"l", "int64?"}, {"d", "decimal(12,2)?"}, {"f", "float64?"}, {"s", "string?"}, {"b", "bool?"}});
    std::mt19937_64 random(20240523);
    auto row = [&] {
        auto value = [&](const std::string& text) { return random() % 5 == 0 ? std::string("null") : text; };
        const auto n = static_cast<int64_t>(random() % 41) - 20;
        return fmt::format("[{},{},{},{},{},{}]", value(std::to_string(n)), value(std::to_string(n * 1'000'000'007)),
                           value(fmt::format("\"{}.25\"", n)), value(fmt::format("{}.5", n)), value(fmt::format("\"t{}\"", n)),
                           value(n > 0 ? "true" : "false"));
    };
    auto rows = [&](size_t n) {
        std::string out = "[";
        for (size_t i = 0; i < n; ++i) out += (i ? "," : "") + row();
        return out + "]";
    };
    Texts expressions = {"count()", "sum(b::int32)", "bool_and(b)", "bool_or(b)", "string_agg(s, '-')", "stddev(f)::decimal(20,6)",
                         "variance(d)::decimal(20,6)", "stddev_pop(i)::decimal(20,6)", "(var_pop(l) / 1e15)::decimal(20,3)"};
    for (const char* x : {"i", "l", "d", "f"})
        for (const char* call : {"count({})", "sum({})", "avg({})", "sum(DISTINCT {})", "median({})", "quantile({}, 0.3)", "approx_quantile({}, 0.3)", "histogram({}, -5, 5, 7)"})
            expressions.push_back(fmt::format(fmt::runtime(call), x));
    for (const char* x : {"i", "l", "d", "f", "s", "b"})
        for (const char* call : {"min({})", "max({})", "first({})", "last({})", "arg_min(s, {})", "arg_max({}, s)", "array_agg({})", "collect_set({})", "top_n({}, 3)", "approx_count_distinct({})", "count(DISTINCT {})"})
            expressions.push_back(fmt::format(fmt::runtime(call), x));
    for (const std::string& expression : expressions) {
        SCOPED_TRACE(expression);
        Groups groups({expression}, schema, {}, 4);
        ASSERT_EQ(groups.problem(), "");
        const std::string a = rows(random() % 30), b = rows(random() % 30);
        groups.update(a.c_str(), {0});
        groups.update(b.c_str(), {0});
        groups.update(a.c_str(), {1});
        groups.update(b.c_str(), {2});
        const std::string part = groups.result(2);
        groups.merge(1, 2);
        EXPECT_EQ(groups.result(1), groups.result(0)) << a << b;
        EXPECT_EQ(groups.result(2), part);
        ASSERT_TRUE(groups.load(3, groups.save(0)).ok());
        EXPECT_EQ(groups.result(3), groups.result(0)) << a << b;
        if (!groups.aggregation().retracts) continue;
        groups.retract(a.c_str());
        EXPECT_EQ(groups.result(0), part) << a << b;
    }
    EXPECT_EQ(weir::testing::TestHost::get().live_blocks(), 0);
}

TEST(Aggregates, EstimateWithinTheirStatedErrors) {
    const Schema schema = schema_of({{"x", "int64"}});
    Groups groups({"approx_count_distinct(x)", "approx_quantile(x, 0.5)", "approx_quantile(x, 0.99)", "approx_quantile(x, 0)", "approx_quantile(x, 1)"}, schema);
    std::vector<int64_t> values;
    for (int64_t from = 0; from < 100'000; from += 1000) {
        std::string rows = "[";
        for (int64_t i = from; i < from + 1000; ++i) {
            values.push_back((i * 7919) % 100'003 - 20'000);
            rows += fmt::format("{}[{}]", i == from ? "" : ",", values.back());
        }
        groups.update((rows + "]").c_str());
    }
    std::sort(values.begin(), values.end());
    const auto got = weir::testing::Json::parse("[" + [&] {
        std::string text = groups.result();
        std::replace(text.begin(), text.end(), ' ', ',');
        return text;
    }() + "]");
    EXPECT_NEAR(got[0].get<double>(), 100'000, 3 * 0.0163 * 100'000);
    const size_t places[] = {49'999, 98'999, 0, 99'999};
    for (size_t i = 0; i < 4; ++i) {
        const auto exact = static_cast<double>(values[places[i]]);
        EXPECT_NEAR(got[i + 1].get<double>(), exact, std::abs(exact) * 0.0101) << i;
    }
}

}  // namespace
}  // namespace weir::host::aggregation
