// Expressions over aggregates: what compiles to what, DISTINCT, FILTER, rows that fail, states as bytes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <weir/aggregate.hpp>
#include <weir/module.hpp>

#include "aggregation_fixture.hpp"

// The example of weir/aggregate.hpp, as a plugin author would write it.
namespace acme {

class Product {
public:
    struct State {
        double product;
        int64_t rows;
    };
    using Arguments = weir::Arguments<double>;

    static weir::Result<weir::AggregatePtr> create(const weir::Config&, const weir::Schema& arguments) {
        if (arguments.size() != 1 || arguments.fields[0].type.id != weir::TypeId::kFloat64)
            return weir::Status::config("", "takes one float64");
        return weir::make_aggregate(Product());
    }
    weir::Type result_type() const { return weir::type_of(weir::TypeId::kFloat64); }
    void update(State& s, double x) const { s.product = s.rows++ ? s.product * x : x; }
    void merge(State& into, const State& from) const {
        if (from.rows) into.product = into.rows ? into.product * from.product : from.product;
        into.rows += from.rows;
    }
    void result(const State& s, weir::ColumnBuilder& out) const { s.rows ? out.append(s.product) : out.append_null(); }
};
constexpr weir_port kFactors[] = {weir::port("x", "The factors.")};
constexpr auto kProduct = weir::aggregate_spec<Product>("acme.product", "The product.").inputs(kFactors).state(1, 0);

const weir_operator* const kOperators[] = {&kProduct};
const weir_module kModule = {sizeof(weir_module), WEIR_ABI_MAJOR, WEIR_ABI_MINOR, 1,      "acme",
                             "1.0.0",             kOperators,     nullptr,        nullptr, nullptr};

}  // namespace acme

namespace weir::host::aggregation {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using weir::testing::schema_of;

const Schema& orders() {
    static const Schema schema = schema_of(
        {{"amount", "decimal(12,2)?"}, {"quantity", "int32?"}, {"customer", "string?"}, {"paid", "bool?"}, {"rate", "float64?"}});
    return schema;
}
const Schema& window_columns() {
    static const Schema schema = schema_of({{"region", "string"}, {"window_start", "timestamp"}});
    return schema;
}
std::string problem_of(const std::string& text) { return Groups({text}, orders(), window_columns()).problem(); }

constexpr const char* kOrders = R"([["10.00",1,"a",true,1.5],["2.50",2,"b",false,2],[null,3,"a",null,null],["7.50",null,"a",true,4]])";

TEST(AggregationCompiler, ComputesExpressionsOverAggregatesAndColumnsOfTheGroup) {
    Groups groups({"upper(region)", "round(sum(amount) / count(), 2)", "count(amount) + count(*)", "max(quantity) - min(quantity)",
                   "region", "CASE WHEN sum(amount) > 15 THEN 'much' ELSE 'little' END"},
                  orders(), window_columns());
    ASSERT_EQ(groups.problem(), "");
    EXPECT_THAT(groups.update(kOrders), IsEmpty());
    EXPECT_EQ(groups.result(0, R"(["north", 0])"), R"("NORTH" 5.00 7 2 "north" "much")");
    EXPECT_EQ(groups.result(1, R"(["south", 0])"), R"("SOUTH" null 0 null "south" "little")");
}

TEST(AggregationCompiler, KeepsACallThatOccursSeveralTimesOnce) {
    Groups groups({"sum(amount)", "sum( amount ) / count()", "count(*)", "sum(amount) FILTER (WHERE paid)",
                   "sum(amount) filter (where paid) + 1", "sum(DISTINCT amount)"},
                  orders());
    ASSERT_EQ(groups.problem(), "");
    EXPECT_EQ(groups.aggregation().calls.size(), 4u);
    EXPECT_EQ(groups.aggregation().signature,
              "sum/1(decimal(12,2): amount)\ncount/1()\nsum/1(decimal(12,2): amount) where paid\n"
              "sum/1(distinct decimal(12,2): amount)\n");
}

TEST(AggregationCompiler, SaysWhatIsWrongAndWhere) {
    EXPECT_EQ(problem_of("medain(amount)"), "`medain`: there is no function or aggregate `medain`; nearest: median");
    EXPECT_EQ(problem_of("sum(uper(customer))"), "`uper`: there is no function or aggregate `uper`; nearest: upper");
    EXPECT_EQ(problem_of("1 + sum(max(amount))"),
              "`max`: the aggregate `max` stands inside of another one; expected: an expression over the columns of a row; "
              "hint: aggregate in a node before, and its results here");
    EXPECT_EQ(problem_of("amount / count()"),
              "`amount`: `amount` is a column of the rows, and not of the group that they make; expected: one of `region`, "
              "`window_start`; hint: put it into an aggregate: max(amount), or last(amount)");
    EXPECT_EQ(problem_of("count(window_start)"),
              "`window_start`: `window_start` is a column of the group, and not of its rows; expected: one of `amount`, "
              "`quantity`, `customer`, `paid`, `rate`; hint: it is the same for all rows: use it outside of the aggregate");
    EXPECT_EQ(problem_of("sum(amuont)"),
              "`amuont`: there is no column `amuont`; expected: one of `amount`, `quantity`, `customer`, `paid`, `rate`; "
              "nearest: amount");
    EXPECT_EQ(problem_of("regoin"), "`regoin`: there is no column `regoin`; expected: one of `region`, `window_start`; nearest: region");
    EXPECT_EQ(problem_of("sum(customer)"), "`sum(customer)`: `sum` takes a number, not string; expected: sum(x)");
    EXPECT_EQ(problem_of("sum()"), "`sum()`: `sum` takes a number, and there is no argument; expected: sum(x)");
    EXPECT_EQ(problem_of("sum(amount, 3)"), "`3`: `sum` does not take so many arguments; expected: sum(x)");
    EXPECT_EQ(problem_of("quantile(amount)"),
              "`quantile(amount)`: `quantile` needs its argument `p`: A share from 0 to 1.; expected: quantile(x, p)");
    EXPECT_EQ(problem_of("quantile(amount, 95)"),
              "`95`: `p` of `quantile` is 95.000000, and a share is from 0 to 1: 0.95 is the 95th percentile");
    EXPECT_EQ(problem_of("top_n(amount, quantity)"),
              "`quantity`: this is not the same for all rows: `n` of `top_n`; expected: an integer: How many, 1 to 10000.");
    EXPECT_EQ(problem_of("top_n(amount, 'x')"), "`'x'`: this is not of its type: `n` of `top_n`; expected: an integer: How many, 1 to 10000.");
    EXPECT_EQ(problem_of("sum(amount) FILTER (WHERE quantity)"),
              "`quantity`: this is int32, and a condition is true or false; expected: a comparison, a bool column, …");
    EXPECT_EQ(problem_of("sum(amount) FILTER (WHERE count() > 1)"),
              "`count`: the aggregate `count` stands inside of another one; expected: an expression over the columns of a row; "
              "hint: aggregate in a node before, and its results here");
    EXPECT_EQ(problem_of("upper(DISTINCT region)"),
              "`upper`: `upper` with DISTINCT is a call of an aggregate, and this is no place for one; expected: a function of "
              "one row's values; hint: aggregates are for the columns of an operator that groups rows");
    EXPECT_EQ(problem_of("array_agg(amount ORDER BY quantity)"),
              "`ORDER`: there is no ORDER BY in a call; expected: `)`; hint: rows are taken in the order in which they arrive; "
              "arg_min, arg_max and top_n choose by a value");
}

TEST(AggregationCompiler, TakesParametersAsValuesAndColumns) {
    Compiler compiler(TestAggregates::get(), orders(), window_columns());
    auto added = compiler.add(R"json({"text": "top_n(amount, $n)", "parameters": {"n": {"type": "int64", "value": 2}}})json");
    ASSERT_TRUE(added) << added.problem().message;
    EXPECT_EQ(to_string(compiler.result(*added).type), "list<decimal(12,2)>");
    EXPECT_EQ(compiler.group_column(*compiler.add(R"({"column": "window_start"})")), 1);
    EXPECT_EQ(compiler.group_column(*compiler.add(R"json("count()")json")), -1);
}

TEST(AggregationCompiler, TellsWhatIsRead) {
    Groups groups({"sum(amount) FILTER (WHERE paid)", "count()", "upper(region)"}, orders(), window_columns());
    std::vector<uint8_t> rows(5), group(2);
    groups.aggregation().mark_reads(rows.data(), group.data());
    EXPECT_THAT(rows, ElementsAre(1, 0, 0, 1, 0));
    EXPECT_THAT(group, ElementsAre(1, 0));
}

TEST(Aggregation, FiltersRowsByAConditionAndEvaluatesArgumentsForThoseAlone) {
    const Schema schema = schema_of({{"a", "int32"}, {"b", "int32"}});
    EXPECT_EQ(over("sum(a / b) FILTER (WHERE b <> 0)", schema, "[[6,2],[5,0],[8,4]]"), "5");
    EXPECT_EQ(over("count() FILTER (WHERE a > 5)", schema, "[[6,2],[5,0],[8,4]]"), "2");
    EXPECT_EQ(over("sum(a / b)", schema, "[[6,2],[5,0],[8,4]]"), "1 division-by-zero: 5 / 0");
}

TEST(Aggregation, LeavesARowThatFailsOutOfAllItsStates) {
    Groups groups({"count()", "sum(d)", "sum(a / b)"}, schema_of({{"a", "int32"}, {"b", "int32"}, {"d", "decimal(38,0)"}}));
    const char* most = "99999999999999999999999999999999999999";
    EXPECT_THAT(groups.update(fmt::format(R"([[6,2,"1"],[5,0,"1"],[8,4,"{0}"],[8,4,"-1"],[1,1,"1"]])", most).c_str()),
                ElementsAre("1 division-by-zero: 5 / 0", "2 overflow: the sum does not fit decimal(38,0)"));
    EXPECT_EQ(groups.result(), "3 1 6");
}

TEST(Aggregation, TakesARowBackFromOthersWhereALaterOneRefusesIt) {
    const char* most = "99999999999999999999999999999999999999";
    Groups groups({"sum(a)", "sum(DISTINCT a)", "sum(b)", "array_agg(a)"}, schema_of({{"a", "decimal(38,0)"}, {"b", "decimal(38,0)"}}));
    EXPECT_THAT(groups.update(fmt::format(R"([["1","{0}"],["2","1"],["3","0"]])", most).c_str()),
                ElementsAre("1 overflow: the sum does not fit decimal(38,0)"));
    EXPECT_EQ(groups.result(), fmt::format("4 4 {} [1,3]", most));
}

TEST(Aggregation, TakesTheRowsThatItIsGivenEachAsOftenAsItComes) {
    Groups groups({"sum(n)", "sum(n + 1)", "count(DISTINCT n)"}, schema_of({{"n", "int32"}}));
    ArrowArray batch = weir::testing::make_rows(schema_of({{"n", "int32"}}), weir::testing::Json::parse("[[1],[2],[4],[8]]"));
    const int32_t rows[] = {3, 0, 3, 1};
    void* states[] = {groups.state(0), groups.state(0), groups.state(1), groups.state(1)};
    Evaluator evaluator(std::shared_ptr<const Aggregation>(&groups.aggregation(), [](auto*) {}));
    ASSERT_TRUE(evaluator.update(batch, rows, 4, 0, states).ok());
    batch.release(&batch);
    EXPECT_EQ(groups.result(0), "9 11 2");
    EXPECT_EQ(groups.result(1), "10 12 2");
}

TEST(Aggregation, CountsEachValueOnceWithDistinct) {
    const Schema schema = schema_of({{"n", "int32?"}, {"s", "string?"}, {"f", "float64?"}});
    Groups groups({"count(DISTINCT n)", "sum(DISTINCT n)", "array_agg(DISTINCT s)", "count(DISTINCT f)", "count(DISTINCT n + 0)"}, schema);
    groups.update(R"([[1,"a",0.0],[1,"b",-0.0],[null,null,null],[2,"a",1.5],[2,null,1.5]])");
    EXPECT_EQ(groups.result(), R"(2 3 ["a","b",null] 2 2)");
    groups.update(R"([[2,"c",1],[3,"a",2]])", {1});
    groups.merge(0, 1);
    EXPECT_EQ(groups.result(), R"(3 6 ["a","b",null,"c"] 4 3)");
    EXPECT_EQ(groups.result(1), R"(2 5 ["c","a"] 2 2)");
}

TEST(Aggregation, TakesBackRowsWithDistinctOnlyWhenNoneIsLeft) {
    Groups groups({"sum(DISTINCT n)", "count()"}, schema_of({{"n", "int64?"}}));
    groups.update("[[1],[1],[5],[7]]");
    groups.retract("[[1],[5]]");
    EXPECT_EQ(groups.result(), "8 2");
    groups.retract("[[1]]");
    EXPECT_EQ(groups.result(), "7 1");
}

TEST(Aggregation, RefusesToRetractWhereAnAggregateCannot) {
    Groups groups({"min(n)"}, schema_of({{"n", "int64"}}));
    EXPECT_FALSE(groups.aggregation().retracts);
    EXPECT_THAT(groups.retract("[[1]]"), ElementsAre("not every aggregate can take a row back"));
}

TEST(Aggregation, NamesAGroupWithoutAResult) {
    Groups groups({"sum(n) / (count() - 2)"}, schema_of({{"n", "int64"}}));
    groups.update("[[1],[2]]");
    EXPECT_EQ(groups.result(), "0 division-by-zero: 3 / 0");
    EXPECT_EQ(groups.result(1), "null");
}

TEST(Aggregation, KeepsAnOverflowOfAMergeForTheResult) {
    Groups groups({"sum(d)", "count()"}, schema_of({{"d", "decimal(38,2)"}}));
    groups.update(R"([["999999999999999999999999999999999999.99"]])", {0});
    groups.update(R"([["0.01"]])", {1});
    groups.merge(0, 1);
    EXPECT_EQ(groups.result(0), "0 overflow: the sum does not fit decimal(38,2)");
    EXPECT_EQ(groups.result(1), "0.01 1");
}

TEST(Aggregation, SavesAndLoadsAState) {
    Groups groups({"sum(quantity)", "count(DISTINCT customer)", "string_agg(customer, '-')", "avg(rate)"}, orders());
    groups.update(kOrders);
    const std::string result = groups.result(), bytes = groups.save();
    ASSERT_TRUE(groups.load(1, bytes).ok());
    EXPECT_EQ(groups.result(1), result);
    EXPECT_EQ(groups.save(1), bytes);
    EXPECT_GT(groups.aggregation().outside_bytes(groups.state(1)), 0u);
    groups.aggregation().drop(groups.state(1));
    EXPECT_EQ(groups.aggregation().outside_bytes(groups.state(1)), 0u);
    EXPECT_EQ(groups.result(1), "null 0 null null");
}

TEST(Aggregation, SavesSmallNumbersInFewBytes) {
    Groups groups({"count()"}, orders());
    groups.update(kOrders);
    EXPECT_EQ(groups.save(), std::string("\1\1\4", 3));
}

TEST(Aggregation, LetsExpressionsUseListsOfAggregates) {
    Groups groups({"array_agg(quantity)", "array_agg(quantity)[2] + 1", "length(top_n(quantity, 2))"}, orders());
    ASSERT_EQ(groups.problem(), "");
    groups.update(kOrders);
    EXPECT_EQ(groups.result(), "[1,2,3,null] 3 2");
}

TEST(Aggregation, RefusesBytesThatAreNoState) {
    Groups groups({"sum(quantity)", "count(DISTINCT customer)", "array_agg(customer)", "top_n(customer, 2)"}, orders());
    groups.update(kOrders);
    const std::string bytes = groups.save();
    for (size_t size = 0; size < bytes.size(); ++size) {
        const Status status = groups.load(1, std::string_view(bytes).substr(0, size));
        EXPECT_EQ(status.code(), WEIR_E_STATE_VERSION) << size << ": " << status.message();
    }
    EXPECT_EQ(groups.load(1, bytes + "x").code(), WEIR_E_STATE_VERSION);
    EXPECT_EQ(groups.result(1), "null 0 null null");
}

TEST(Aggregation, UsesAThirdPartysAggregateByItsName) {
    TestAggregates::get().add(weir::testing::Plugin(acme::kModule));
    const Schema schema = schema_of({{"x", "float64?"}});
    EXPECT_EQ(over("acme.product(x) + 1", schema, "[[2],[null],[3.5]]"), "8");
    EXPECT_EQ(over("acme.product(DISTINCT x) FILTER (WHERE x > 1)", schema, "[[2],[1],[2],[3.5]]"), "7");
    EXPECT_EQ(over("acme.product(1)", schema, "[]"), "`acme.product(1)`: `acme.product` takes one float64; expected: acme.product(x)");
    EXPECT_EQ(over("acme.prodct(x)", schema, "[]"), "`acme.prodct`: there is no function or aggregate `acme.prodct`; nearest: acme.product");
}

}  // namespace
}  // namespace weir::host::aggregation
