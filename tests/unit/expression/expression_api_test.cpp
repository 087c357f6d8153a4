// The extension weir.expression/0, as plugins see it.
#include <gtest/gtest.h>

#include <weir/expression.hpp>
#include <weir/row_json.hpp>
#include <weir/testing/rows.hpp>
#include <weir/testing/test_host.hpp>

#include "host/expression/expression_api.hpp"

namespace weir::host::expression {
namespace {

using Texts = std::vector<std::string>;
using Rows = std::vector<int32_t>;
using Outcomes = std::vector<int>;

// What the extension's user has: a context of a host that offers it.
class ExpressionApi : public ::testing::Test {
protected:
    ExpressionApi() {
        auto& host = weir::testing::TestHost::get();
        host.add_extension(WEIR_EXT_EXPRESSION, &expression_api());
        raw_.size = sizeof raw_;
        raw_.host = &host.abi();
    }
    ~ExpressionApi() override {
        if (rows_.release) rows_.release(&rows_);
    }

    ExpressionCompiler compiler() { return std::move(*ExpressionCompiler::create(Context(&raw_), schema_)); }
    BatchView batch(const char* rows) {
        if (rows_.release) rows_.release(&rows_);
        rows_ = weir::testing::make_rows(schema_, weir::testing::Json::parse(rows));
        batch_ = weir_batch{};
        batch_.rows = rows_.length;
        batch_.array = &rows_;
        return {batch_, schema_};
    }
    static Outcomes outcomes(ExpressionEvaluator& evaluator, uint32_t number, const Rows& rows, int64_t n) {
        std::vector<uint8_t> out(static_cast<size_t>(n));
        evaluator.evaluate(number, rows, n, out.data());
        return {out.begin(), out.end()};
    }
    static std::string values(ArrowArray array, const Field& field) {
        std::string out;
        for (int64_t row = 0; row < array.length; ++row) {
            if (row) out += ' ';
            append_json_value(out, {&array, &field.type}, row);
        }
        array.release(&array);
        return out;
    }
    static Texts errors(ExpressionEvaluator& evaluator) {
        Texts out;
        for (const auto& e : evaluator.errors())
            out.push_back(std::to_string(e.row) + " #" + std::to_string(e.expression) + " " + std::string(view(e.code)) +
                          ": " + std::string(view(e.message)));
        return out;
    }

    Schema schema_{{{"n", type_of(TypeId::kInt64), true},
                    {"name", type_of(TypeId::kString), false},
                    {"other", type_of(TypeId::kString), true}}};
    weir_context raw_{};
    weir_batch batch_{};
    ArrowArray rows_{};
};

Config::Json bound(const std::string& text, const Config::Json& parameters) {
    return {{"text", text}, {"parameters", parameters}};
}

TEST_F(ExpressionApi, EvaluatesConditionsForTheRowsAskedFor) {
    auto compile = compiler();
    auto big = compile.condition("n > 3", "where");
    ASSERT_TRUE(big);
    const ExpressionProgram program = compile.finish();
    ExpressionEvaluator evaluator(program);
    evaluator.begin(batch(R"([[1,"a",null],[5,"b",null],[null,"c",null],[9,"d",null]])"), 0, 4, 0);
    EXPECT_EQ(outcomes(evaluator, *big, {}, 4),
              (Outcomes{WEIR_OUTCOME_FALSE, WEIR_OUTCOME_TRUE, WEIR_OUTCOME_NULL, WEIR_OUTCOME_TRUE}));
    EXPECT_EQ(outcomes(evaluator, *big, {2, 3}, 2), (Outcomes{WEIR_OUTCOME_NULL, WEIR_OUTCOME_TRUE}));
    EXPECT_EQ(errors(evaluator), Texts{});
}

TEST_F(ExpressionApi, GivesValuesAndTheErrorsOfRows) {
    auto compile = compiler();
    auto number = compile.value("other::int64", "set.number");
    auto twice = compile.value("other::int64 * 2", "set.twice");
    ASSERT_TRUE(number && twice);
    EXPECT_EQ(compile.field(*twice, "twice"), (Field{"twice", type_of(TypeId::kInt64), true}));
    const Field field = compile.field(*twice, "twice");
    const ExpressionProgram program = compile.finish();
    ExpressionEvaluator evaluator(program);
    evaluator.begin(batch(R"([[0,"a","1"],[0,"b","x"],[0,"c",null],[0,"d","4"]])"), 0, 4, 0);
    EXPECT_EQ(outcomes(evaluator, *number, {}, 4),
              (Outcomes{WEIR_OUTCOME_TRUE, WEIR_OUTCOME_FAILED, WEIR_OUTCOME_NULL, WEIR_OUTCOME_TRUE}));
    EXPECT_EQ(errors(evaluator), (Texts{"1 #0 bad-cast: `x` is not int64"}));
    EXPECT_EQ(outcomes(evaluator, *twice, {0, 2, 3}, 3),
              (Outcomes{WEIR_OUTCOME_TRUE, WEIR_OUTCOME_NULL, WEIR_OUTCOME_TRUE}));
    EXPECT_EQ(values(evaluator.values(*twice, Rows{0, 2, 3}, 3), field), "2 null 8");
    EXPECT_EQ(values(evaluator.values(*twice, Rows{3}, 1), field), "8");
}

TEST_F(ExpressionApi, LooksAtThePartOfABatchThatItIsGiven) {
    auto compile = compiler();
    auto big = compile.condition("n > 3", "where");
    const ExpressionProgram program = compile.finish();
    ExpressionEvaluator evaluator(program);
    const BatchView rows = batch(R"([[9,"a",null],[1,"b",null],[4,"c",null]])");
    evaluator.begin(rows, 1, 2, 0);
    EXPECT_EQ(outcomes(evaluator, *big, {}, 2), (Outcomes{WEIR_OUTCOME_FALSE, WEIR_OUTCOME_TRUE}));
    weir_expression_evaluator* raw = program.api().evaluator(program.raw());
    EXPECT_EQ(program.api().begin(raw, &rows_, 2, 2, 0), WEIR_E_UNSUPPORTED);
    program.api().free(raw);
}

TEST_F(ExpressionApi, ReportsWhatIsWrongAndGoesOn) {
    static std::vector<std::pair<std::string, Problem>> reported;
    reported.clear();
    static weir_expression_api noting = expression_api();
    noting.report = [](weir_context*, weir_str path, const weir_expression_problem* problem) {
        reported.emplace_back(view(path), problem_from_abi(*problem));
    };
    weir::testing::TestHost::get().add_extension(WEIR_EXT_EXPRESSION, &noting);
    auto compile = compiler();
    EXPECT_EQ(compile.value("nam || 'x'", "set.a").status().message(), "there is no column `nam`");
    EXPECT_EQ(compile.condition("n + 1", "where").status().path(), "where");
    EXPECT_EQ(*compile.value("n + 1", "set.b"), 0u);
    EXPECT_EQ(compile.column("nn", "select[1]").status().message(), "there is no column `nn`");
    ASSERT_EQ(reported.size(), 3u);
    EXPECT_EQ(reported[0].first, "set.a");
    EXPECT_EQ(reported[0].second.span.offset, 0u);
    EXPECT_EQ(reported[0].second.span.length, 3u);
    EXPECT_EQ(reported[0].second.expected, "one of `n`, `name`, `other`");
    EXPECT_EQ(reported[0].second.nearest, "name");
    EXPECT_EQ(reported[1].second.message, "this is int64, and a condition is true or false");
    EXPECT_EQ(reported[2].second.hint, "");
}

TEST_F(ExpressionApi, BindsParametersByTheirTypes) {
    const Config::Json parameters = {{"limit", {{"type", "int64"}, {"value", 3}}},
                                     {"share", {{"type", "float64"}, {"value", 0.5}}},
                                     {"word", {{"type", "string"}, {"value", "it's"}}},
                                     {"on", {{"type", "bool"}, {"value", true}}},
                                     {"wait", {{"type", "duration"}, {"value", 90000000}}},
                                     {"size", {{"type", "bytes"}, {"value", 1024}}},
                                     {"column", {{"type", "column"}, {"value", "name"}}},
                                     {"gone", {{"type", "column"}, {"value", "nome"}}},
                                     {"list", {{"type", "list"}, {"value", {1, 2}}}}};
    auto compile = compiler();
    const auto of = [&](const char* text) {
        auto added = compile.value(bound(text, parameters), "p");
        return added ? to_string(compile.field(*added, "").type) : added.status().message();
    };
    EXPECT_EQ(of("n + $limit"), "int64");
    EXPECT_EQ(of("$share * 2"), "float64");
    EXPECT_EQ(of("$word || name"), "string");
    EXPECT_EQ(of("$on AND n > $size"), "bool");
    EXPECT_EQ(of("now() - $wait"), "timestamp");
    EXPECT_EQ(of("upper($column)"), "string");
    EXPECT_EQ(of("$gone"), "there is no column `nome`, which `$gone` names");
    EXPECT_EQ(of("n = $list"), "parameter `list` is a list, which expressions do not take");
    EXPECT_EQ(of("$limits"), "there is no parameter `limits`");
}

TEST_F(ExpressionApi, LetsLaterExpressionsSeeDefinedOnes) {
    auto compile = compiler();
    auto number = compile.value("other::int64", "set.n");
    compile.define("n", *number);  // instead of the column
    auto check = compile.condition("n BETWEEN 0 AND 10", "check.in_range");
    compile.hide_columns();
    compile.define("m", *number);
    auto selected = compile.value("m + 1", "select.x");
    EXPECT_EQ(compile.value("name", "select.y").status().message(), "there is no column `name`");
    ASSERT_TRUE(check && selected);
    const ExpressionProgram program = compile.finish();
    std::vector<uint8_t> reads;
    program.mark_reads(*check, reads);
    EXPECT_EQ(reads, (std::vector<uint8_t>{0, 0, 1}));
    std::vector<uint8_t> uses;
    program.mark_uses(*check, uses);
    EXPECT_EQ(uses, (std::vector<uint8_t>{1, 1, 0}));
    ExpressionEvaluator evaluator(program);
    evaluator.begin(batch(R"([[99,"a","5"],[99,"b","11"],[99,"c","?"]])"), 0, 3, 0);
    EXPECT_EQ(outcomes(evaluator, *check, {}, 3), (Outcomes{WEIR_OUTCOME_TRUE, WEIR_OUTCOME_FALSE, WEIR_OUTCOME_FAILED}));
    EXPECT_EQ(outcomes(evaluator, *selected, {0}, 1), (Outcomes{WEIR_OUTCOME_TRUE}));
    EXPECT_EQ(values(evaluator.values(*selected, Rows{0}, 1), {"x", type_of(TypeId::kInt64)}), "6");
}

TEST_F(ExpressionApi, KnowsWhatIsAColumnUnchanged) {
    auto compile = compiler();
    ASSERT_TRUE(compile.value("name", "a") && compile.column("other", "b") && compile.value("upper(name)", "c"));
    const ExpressionProgram program = compile.finish();
    EXPECT_EQ(program.column(0), 1u);
    EXPECT_EQ(program.column(1), 2u);
    EXPECT_EQ(program.column(2), std::nullopt);
}

TEST_F(ExpressionApi, RefusesDefinitionsThatNestWithoutEnd) {
    auto compile = compiler();
    std::string refusal;
    for (int i = 0; refusal.empty() && i < 10'000; ++i) {
        auto added = compile.value("n + 1", "set.n");
        if (added)
            compile.define("n", *added);
        else
            refusal = added.status().message();
    }
    EXPECT_EQ(refusal, "with the expressions that it uses, it is nested too deeply");
}

TEST_F(ExpressionApi, TakesNoJsonButExpressions) {
    const auto read = [](const char* json) {
        auto out = read_expression_json(json);
        return out ? "" : out.problem().message;
    };
    EXPECT_EQ(read(R"("n > 1")"), "");
    EXPECT_EQ(read(R"({"text": "n > 1"})"), "");
    EXPECT_EQ(read("5"), "`5` is no expression");
    EXPECT_EQ(read("{"), "`{` is no expression");
    EXPECT_EQ(read(R"({"column": 1})"), R"(`{"column": 1}` is no expression)");
    EXPECT_EQ(read(R"({"text": "$p", "parameters": {"p": {"type": "int64", "value": "x"}}})"),
              "parameter `p` has no type and value that fit");
}

}  // namespace
}  // namespace weir::host::expression
