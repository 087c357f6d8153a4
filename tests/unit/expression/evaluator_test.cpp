// Evaluation: nulls, laziness, errors of rows, what is shared, more rows than a chunk.
#include "expression_fixture.hpp"

namespace weir::host::expression {
namespace {

using Texts = std::vector<std::string>;

Schema numbers() { return {{{"a", type_of(TypeId::kInt64), true}, {"b", type_of(TypeId::kInt64), true}}}; }
constexpr const char* kRows = "[[6,2],[1,0],[null,1],[5,null]]";

TEST(Evaluator, CarriesNulls) {
    EXPECT_EQ(evaluate("a + b", numbers(), kRows), (Texts{"8", "1", "null", "null"}));
    EXPECT_EQ(evaluate("a IS NULL", numbers(), kRows), (Texts{"false", "false", "true", "false"}));
    EXPECT_EQ(evaluate("coalesce(a, b, 7)", numbers(), kRows), (Texts{"6", "1", "1", "5"}));
    EXPECT_EQ(evaluate("a > 1 AND b > 1", numbers(), kRows), (Texts{"true", "false", "false", "null"}));
    EXPECT_EQ(evaluate("a > 1 OR b > 1", numbers(), kRows), (Texts{"true", "false", "null", "true"}));
    EXPECT_EQ(evaluate("a IS DISTINCT FROM b", numbers(), "[[1,1],[null,null],[1,null]]"),
              (Texts{"false", "false", "true"}));
}

TEST(Evaluator, GivesErrorsToTheirRows) {
    EXPECT_EQ(evaluate("a / b", numbers(), kRows), (Texts{"3", "error: division-by-zero: 1 / 0", "null", "null"}));
    EXPECT_EQ(evaluate("a + 9223372036854775807", numbers(), "[[1,0],[-1,0],[0,0]]"),
              (Texts{"error: overflow: 1 + 9223372036854775807 is outside of int64", "9223372036854775806",
                     "9223372036854775807"}));
    EXPECT_EQ(evaluate("coalesce(a / b, 0)", numbers(), "[[1,0]]"), (Texts{"error: division-by-zero: 1 / 0"}));
}

TEST(Evaluator, DoesNotSeeGuardedErrors) {
    EXPECT_EQ(evaluate("b <> 0 AND a / b > 1", numbers(), kRows), (Texts{"true", "false", "null", "null"}));
    EXPECT_EQ(evaluate("b = 0 OR a / b > 1", numbers(), "[[6,2],[1,0]]"), (Texts{"true", "true"}));
    EXPECT_EQ(evaluate("CASE WHEN b = 0 THEN -1 ELSE a / b END", numbers(), "[[6,2],[1,0]]"), (Texts{"3", "-1"}));
    EXPECT_EQ(evaluate("coalesce(b, a / 0)", numbers(), "[[6,2]]"), (Texts{"2"}));
    EXPECT_EQ(evaluate("a / nullif(b, 0)", numbers(), "[[6,2],[1,0]]"), (Texts{"3", "null"}));
}

// a / b is one operation, evaluated for the rows of the first branch, then for those of the second.
TEST(Evaluator, SharesOperationsAcrossBranches) {
    EXPECT_EQ(evaluate("CASE WHEN a > 3 THEN a / b ELSE a / b + 100 END", numbers(), "[[6,2],[1,1],[8,2],[2,1]]"),
              (Texts{"3", "101", "4", "102"}));
    EXPECT_EQ(evaluate("CASE WHEN b = 0 THEN 0 WHEN a / b > 2 THEN a / b ELSE -(a / b) END", numbers(),
                       "[[6,2],[1,0],[2,1]]"),
              (Texts{"3", "0", "-2"}));
}

TEST(Evaluator, MakesEqualOperationsOne) {
    Compiler compiler(numbers(), {});
    ASSERT_TRUE(compiler.add("(a + b) * (a + b)", ResultKind::kColumn));
    ASSERT_TRUE(compiler.add("A + B", ResultKind::kColumn));
    const auto program = compiler.finish();
    EXPECT_EQ(program->nodes.size(), 4u);  // a, b, a + b, the product
}

TEST(Evaluator, FoldsConstants) {
    Compiler compiler(numbers(), {{"p", type_of(TypeId::kInt64), Constant::of<int64_t>(3)}});
    ASSERT_TRUE(compiler.add("upper('a' || 'b') || (2 * $p)", ResultKind::kColumn));
    EXPECT_EQ(compiler.result(0).op, Op::kConstant);
    EXPECT_EQ(compiler.result(0).constant.text(), "AB6");
    ASSERT_TRUE(compiler.add("false AND a / 0 > 1", ResultKind::kColumn));
    EXPECT_EQ(compiler.result(1).op, Op::kConstant);
}

TEST(Evaluator, BindsParametersAsValues) {
    const std::vector<Parameter> parameters = {{"s", type_of(TypeId::kString), Constant::text("x' OR '1'='1")}};
    const Schema schema{{{"t", type_of(TypeId::kString), false}}};
    EXPECT_EQ(evaluate("t = $s", schema, R"([["x' OR '1'='1"],["x"]])", parameters), (Texts{"true", "false"}));
}

TEST(Evaluator, LeavesOutRowsThatFailedBefore) {
    testing::TestHost::get();
    Compiler compiler(numbers(), {});
    ASSERT_TRUE(compiler.add("a / b", ResultKind::kColumn));
    ASSERT_TRUE(compiler.add("a % b", ResultKind::kColumn));
    Evaluator evaluator(compiler.finish());
    ArrowArray rows = testing::make_rows(numbers(), testing::Json::parse("[[1,0],[3,2]]"));
    evaluator.run(rows, 0, 2, 0);
    EXPECT_EQ(evaluator.errors().size(), 1u);
    EXPECT_EQ(value_text(evaluator.result(1), 1), "1");
    rows.release(&rows);
}

TEST(Evaluator, TakesBatchesOfAnySize) {
    testing::Json rows = testing::Json::array();
    for (int i = 0; i < 2500; ++i) {
        testing::Json row = {i, nullptr};
        if (i % 3 != 0) row[1] = i % 7;
        rows.push_back(row);
    }
    const Texts got = evaluate("CASE WHEN b = 0 THEN 'none' ELSE (a / b)::string END", numbers(), rows.dump().c_str());
    ASSERT_EQ(got.size(), 2500u);
    for (int i = 0; i < 2500; ++i) {
        const std::string expected = i % 3 == 0 ? "null" : i % 7 == 0 ? "none" : std::to_string(i / (i % 7));
        ASSERT_EQ(got[static_cast<size_t>(i)], expected) << i;
    }
}

TEST(Evaluator, WritesResultsAsColumns) {
    testing::TestHost::get();
    const Schema schema{{{"n", type_of(TypeId::kInt64), true}, {"s", type_of(TypeId::kString), true}}};
    Compiler compiler(schema, {});
    ASSERT_TRUE(compiler.add("n > 1", ResultKind::kColumn));
    ASSERT_TRUE(compiler.add("upper(s)", ResultKind::kColumn));
    ASSERT_TRUE(compiler.add("n::decimal(10,2) / 4", ResultKind::kColumn));
    ASSERT_TRUE(compiler.add("7::int16", ResultKind::kColumn));
    const auto program = compiler.finish();
    Schema out_schema;
    for (size_t i = 0; i < 4; ++i)
        out_schema.fields.push_back({std::string(1, static_cast<char>('a' + i)), program->result(i).type, true});
    Evaluator evaluator(program);
    ArrowArray rows = testing::make_rows(schema, testing::Json::parse(R"([[1,"x"],[2,null],[null,"y"]])"));
    evaluator.run(rows, 0, 3, 0);
    BatchBuilder builder(out_schema);
    for (size_t i = 0; i < 4; ++i) append_rows(evaluator.result(i), Selection::all(3), builder.column(i));
    ArrowArray out;
    builder.finish(&out);
    std::string text;
    for (int64_t row = 0; row < 3; ++row) append_json_row(text, out_schema, out, row);
    EXPECT_EQ(text,
              R"({"a":false,"b":"X","c":0.2500000000000000,"d":7}{"a":true,"b":null,"c":0.5000000000000000,"d":7})"
              R"({"a":null,"b":"Y","c":null,"d":7})");
    out.release(&out);
    rows.release(&rows);
}

TEST(Evaluator, RefusesTextsWithoutBound) {
    EXPECT_EQ(evaluate("length(repeat(repeat('x', 100000), n::int32 * 100000))"),
              "error: too-large: a text of 10000000000 bytes is above the limit");
}

}  // namespace
}  // namespace weir::host::expression
