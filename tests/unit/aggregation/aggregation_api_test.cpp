// The extension weir.aggregation/0, as plugins see it.
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <weir/aggregation.hpp>

#include "aggregation_fixture.hpp"
#include "host/aggregation/aggregation_api.hpp"

namespace weir::host::aggregation {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using weir::testing::schema_of;

std::vector<std::string> reported;

class AggregationApi : public ::testing::Test {
protected:
    AggregationApi() {
        static weir_aggregation_api noting = aggregation_api_with(TestAggregates::get());
        noting.report = [](weir_context*, weir_str path, const weir_expression_problem* problem) {
            reported.push_back(fmt::format("{} {}+{}: {}; {}", view(path), problem->offset, problem->length, problem->message, problem->nearest));
        };
        auto& host = weir::testing::TestHost::get();
        host.add_extension(WEIR_EXT_AGGREGATION, &noting);
        reported.clear();
        raw_.size = sizeof raw_;
        raw_.host = &host.abi();
    }
    ~AggregationApi() override {
        if (rows_.release) rows_.release(&rows_);
    }
    AggregationCompiler compiler() { return std::move(*AggregationCompiler::create(Context(&raw_), columns_, group_)); }
    BatchView batch(const char* rows) {
        if (rows_.release) rows_.release(&rows_);
        rows_ = weir::testing::make_rows(columns_, weir::testing::Json::parse(rows));
        batch_ = weir_batch{};
        batch_.rows = rows_.length;
        batch_.array = &rows_;
        return {batch_, columns_};
    }

    Schema columns_ = schema_of({{"n", "int32?"}, {"unused", "string?"}, {"s", "string?"}}), group_ = schema_of({{"key", "string"}});
    weir_context raw_{};
    weir_batch batch_{};
    ArrowArray rows_{};
};

struct alignas(16) State {
    std::byte bytes[256];
};

TEST_F(AggregationApi, CompilesUpdatesMergesAndGivesResults) {
    AggregationCompiler compiling = compiler();
    const uint32_t key = *compiling.add("key", "a"), sum = *compiling.add("sum(10 / n) + 1", "b"), texts = *compiling.add("array_agg(s)", "c");
    EXPECT_EQ(compiling.group_column(key), 0u);
    EXPECT_EQ(compiling.group_column(sum), std::nullopt);
    EXPECT_EQ(to_string(Schema{{compiling.field(sum, "sum"), compiling.field(texts, "texts")}}), "{ sum: int64?, texts: list<string?>? }");
    const Schema schema{{compiling.field(key, "key"), compiling.field(sum, "sum"), compiling.field(texts, "texts")}};
    const weir::Aggregation made = compiling.finish();
    EXPECT_THAT(made.row_columns(), ElementsAre(1, 0, 1));
    EXPECT_THAT(made.group_columns(), ElementsAre(1));
    ASSERT_LE(made.state_bytes(), sizeof(State));
    EXPECT_EQ(made.state_bytes() % 16, 0u);
    EXPECT_FALSE(made.retracts());
    EXPECT_EQ(made.signature(), "sum/1(int32: (/ 10 n))\narray_agg/1(string: s)\n");

    State a{}, b{}, c{};
    AggregationEvaluator evaluator(made);
    ASSERT_TRUE(evaluator.update(batch(R"([[1,null,"x"],[0,null,"y"],[2,null,null]])"), {}, std::vector<void*>{&a, &a, &b}, 0).ok());
    ASSERT_EQ(evaluator.errors().size(), 1u);
    EXPECT_EQ(evaluator.errors()[0].row, 1);
    EXPECT_EQ(evaluator.errors()[0].expression, sum);
    EXPECT_EQ(view(evaluator.errors()[0].code), "division-by-zero");
    EXPECT_GT(made.outside_bytes(&a), 0u);
    std::string saved;
    ASSERT_TRUE(made.save(&a, saved).ok());
    ASSERT_TRUE(made.load(&c, saved).ok());
    ASSERT_TRUE(evaluator.merge(std::vector<void*>{&c}, std::vector<const void*>{&b}).ok());

    ArrowArray keys = weir::testing::make_rows(group_, weir::testing::Json::parse(R"([["a"],["b"],["c"]])")), out{};
    ASSERT_TRUE(evaluator.results(std::vector<const void*>{&a, &b, &c}, keys, 0, &out).ok());
    EXPECT_THAT(evaluator.errors(), IsEmpty());
    EXPECT_THAT(weir::testing::json_rows(schema, out),
                ElementsAre(R"({"key":"a","sum":11,"texts":["x"]})", R"({"key":"b","sum":6,"texts":[null]})", R"({"key":"c","sum":16,"texts":["x",null]})"));
    out.release(&out);
    keys.release(&keys);
    for (State* state : {&a, &b, &c}) made.drop(state);
    EXPECT_EQ(std::count(a.bytes, a.bytes + sizeof a.bytes, std::byte{0}), static_cast<std::ptrdiff_t>(sizeof a.bytes));
}

TEST_F(AggregationApi, ReportsWhatIsWrongAtItsPathAndGoesOn) {
    AggregationCompiler compiling = compiler();
    EXPECT_EQ(compiling.add("1 + smu(n)", "columns.total").status().path(), "columns.total");
    EXPECT_EQ(*compiling.add("sum(n)", "columns.sum"), 0u);
    EXPECT_THAT(reported, ElementsAre("columns.total 4+3: there is no function or aggregate `smu`; sum"));
    EXPECT_EQ(compiling.finish().expressions(), 1u);
}

TEST_F(AggregationApi, RefusesMoreRowsThanABatchHas) {
    AggregationCompiler compiling = compiler();
    ASSERT_TRUE(compiling.add("count()", "a").ok());
    const weir::Aggregation made = compiling.finish();
    AggregationEvaluator evaluator(made);
    State state{};
    const std::vector<void*> states(WEIR_BATCH_MAX_ROWS + 1, &state);
    const std::vector<int32_t> rows(states.size(), 0);
    EXPECT_EQ(evaluator.update(batch("[[1,null,null]]"), rows, states, 0).code(), WEIR_E_UNSUPPORTED);
    EXPECT_TRUE(evaluator.update(batch("[[1,null,null]]"), std::span(rows).first(1024), std::span(states).first(1024), 0).ok());
}

TEST_F(AggregationApi, IsOfAHostThatHasIt) {
    weir::testing::TestHost::get().add_extension(WEIR_EXT_AGGREGATION, nullptr);
    EXPECT_EQ(AggregationCompiler::create(Context(&raw_), columns_, group_).status().message(),
              "this host has no aggregations (weir.aggregation/0)");
}

}  // namespace
}  // namespace weir::host::aggregation
