// How a problem is shown: the line, the caret, what was expected, the nearest name.
#include "expression_fixture.hpp"

namespace weir::host::expression {
namespace {

std::string shown_problem(const std::string& text, const Schema& schema, ResultKind kind = ResultKind::kColumn) {
    Compiler compiler(schema, {{"limit", type_of(TypeId::kInt64), Constant::of<int64_t>(5)}});
    auto added = compiler.add(text, kind);
    return added ? "no problem" : render("", text, added.problem());
}

const Schema kOrders{{{"price", type_of(TypeId::kFloat64), false},
                      {"quantity", type_of(TypeId::kInt32), false},
                      {"status", type_of(TypeId::kString), true},
                      {"user", {TypeId::kStruct, 0, 0, {{"name", type_of(TypeId::kString), false}}}, false}}};

TEST(Problems, NameTheNearestColumn) {
    EXPECT_EQ(shown_problem("pric * 2", kOrders),
              "error: there is no column `pric`\n  pric * 2\n  ^~~~\n"
              "   expected: one of `price`, `quantity`, `status`, `user`\n   nearest: `price`\n");
}

TEST(Problems, NameTheNearestFunction) {
    EXPECT_EQ(shown_problem("uper(status)", kOrders),
              "error: there is no function `uper`\n  uper(status)\n  ^~~~\n   nearest: `upper`\n");
}

TEST(Problems, NameTheNearestMemberAndParameter) {
    EXPECT_EQ(
        shown_problem("user.nmae", kOrders),
        "error: there is no member `nmae`\n  user.nmae\n       ^~~~\n   expected: one of `name`\n   nearest: `name`\n");
    EXPECT_EQ(
        shown_problem("$limt", kOrders),
        "error: there is no parameter `limt`\n  $limt\n  ^~~~~\n   expected: one of `limit`\n   nearest: `limit`\n");
}

TEST(Problems, MarkTheLineOfALongText) {
    EXPECT_EQ(shown_problem("price > 1\n  AND stats = 'x'", kOrders),
              "error: there is no column `stats`\n    AND stats = 'x'\n        ^~~~~\n"
              "   expected: one of `price`, `quantity`, `status`, `user`\n   nearest: `status`\n");
}

TEST(Problems, SayWhichTypesAnOperatorTakes) {
    EXPECT_EQ(shown_problem("status + 1", kOrders).substr(0, 73),
              "error: `+` is not defined for string and int32\n  status + 1\n  ^~~~~~~~~~\n");
    EXPECT_EQ(shown_problem("price", kOrders, ResultKind::kCondition),
              "error: this is float64, and a condition is true or false\n  price\n  ^~~~~\n"
              "   expected: a comparison, a bool column, …\n");
}

TEST(Problems, SayHowAFloatIsRoundedToDigits) {
    EXPECT_EQ(shown_problem("round(price, 2)", kOrders),
              "error: `round` is not defined for float64 and int32\n  round(price, 2)\n  ^~~~~\n"
              "   expected: round(decimal), round(decimal, int32), round(float64)\n"
              "   hint: cast it: `round(price::decimal(12,2), 2)`\n");
}

TEST(Problems, FindLiteralsThatAreNotOfTheirType) {
    EXPECT_EQ(shown_problem("quantity = 'many'", kOrders),
              "error: `many` is not int32\n  quantity = 'many'\n             ^~~~~~\n");
    EXPECT_EQ(shown_problem("1 / 0 > quantity", kOrders),
              "error: this fails for every row: 1 / 0\n  1 / 0 > quantity\n  ^~~~~\n");
    EXPECT_EQ(shown_problem("CASE WHEN quantity > 0 THEN 1 / 0 END", kOrders), "no problem");
    EXPECT_EQ(shown_problem("status ~ '('", kOrders),
              "error: `(` is no regular expression: missing ): (\n  status ~ '('\n           ^~~\n"
              "   expected: a regular expression in the syntax of RE2\n");
}

TEST(Problems, RefuseAnIntervalAsAColumn) {
    EXPECT_EQ(shown_problem("interval '1 day'", kOrders),
              "error: this is an interval, which no column holds\n  interval '1 day'\n  ^~~~~~~~~~~~~~~~\n"
              "   expected: a number, text, boolean or time\n"
              "   hint: extract(epoch FROM …) gives its seconds, …::string its text\n");
}

}  // namespace
}  // namespace weir::host::expression
