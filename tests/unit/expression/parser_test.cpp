// Syntax: what binds to what, and where what is wrong is found.
#include <gtest/gtest.h>

#include "host/expression/parser.hpp"

namespace weir::host::expression {
namespace {

// As nested prefix calls: (+ a (* b c)).
std::string tree(const Ast& ast) {
    std::string out;
    switch (ast.kind) {
        case Ast::Kind::kNull: return "null";
        case Ast::Kind::kString: return "'" + ast.text + "'";
        case Ast::Kind::kParameter: return "$" + ast.text;
        case Ast::Kind::kBool:
        case Ast::Kind::kInteger:
        case Ast::Kind::kNumber:
        case Ast::Kind::kColumn: return ast.text;
        case Ast::Kind::kAnd: out = "and"; break;
        case Ast::Kind::kOr: out = "or"; break;
        case Ast::Kind::kCase: out = "case"; break;
        case Ast::Kind::kCast: out = (ast.quiet ? "try " : "as ") + ast.text; break;
        case Ast::Kind::kField: out = "." + ast.text; break;
        case Ast::Kind::kIndex: out = "[]"; break;
        default: out = ast.text;
    }
    for (const AstPtr& arg : ast.args) out += " " + tree(*arg);
    return "(" + out + ")";
}

std::string parsed(std::string_view text) {
    auto ast = parse(text);
    if (ast) return tree(**ast);
    const Problem& p = ast.problem();
    std::string out = std::to_string(p.span.offset) + "+" + std::to_string(p.span.length) + ": " + p.message;
    if (!p.expected.empty()) out += "; expected: " + p.expected;
    if (!p.hint.empty()) out += "; hint: " + p.hint;
    return out;
}

TEST(Parser, BindsAsPostgresqlDoes) {
    EXPECT_EQ(parsed("a + b * c"), "(+ a (* b c))");
    EXPECT_EQ(parsed("a - b - c"), "(- (- a b) c)");
    EXPECT_EQ(parsed("2 ^ 3 ^ 2"), "(^ (^ 2 3) 2)");
    EXPECT_EQ(parsed("-2 ^ 2"), "(^ (- 2) 2)");
    EXPECT_EQ(parsed("-2::int"), "(- (as int 2))");
    EXPECT_EQ(parsed("a OR b AND NOT c = d"), "(or a (and b (not (= c d))))");
    EXPECT_EQ(parsed("a || b + c"), "(|| a (+ b c))");
    EXPECT_EQ(parsed("a < b || c"), "(< a (|| b c))");
    EXPECT_EQ(parsed("a = b IS NULL"), "(is null (= a b))");
    EXPECT_EQ(parsed("NOT a IS NULL"), "(not (is null a))");
    EXPECT_EQ(parsed("a.b[1]::text"), "(as text ([] (.b a) 1))");
    EXPECT_EQ(parsed("j -> 'a' ->> 'b' = 'c'"), "(= (->> (-> j 'a') 'b') 'c')");
    EXPECT_EQ(parsed("a AND b AND c OR d"), "(or (and a b c) d)");
    EXPECT_EQ(parsed("t AT TIME ZONE 'UTC' + i"), "(+ (at time zone t 'UTC') i)");
}

TEST(Parser, BringsWordsToCalls) {
    EXPECT_EQ(parsed("x BETWEEN 1 AND 2 AND y"), "(and (and (>= x 1) (<= x 2)) y)");
    EXPECT_EQ(parsed("x NOT IN (1, 2)"), "(not (or (= x 1) (= x 2)))");
    EXPECT_EQ(parsed("x NOT LIKE 'a%' ESCAPE '!'"), "(not (like x 'a%' '!'))");
    EXPECT_EQ(parsed("x IS DISTINCT FROM y"), "(not (is not distinct from x y))");
    EXPECT_EQ(parsed("CASE x WHEN 1 THEN 'a' ELSE 'b' END"), "(case (= x 1) 'a' 'b')");
    EXPECT_EQ(parsed("CASE WHEN x THEN 1 END"), "(case x 1 null)");
    EXPECT_EQ(parsed("substring(s FROM 2 FOR 3)"), "(substring s 2 3)");
    EXPECT_EQ(parsed("position('a' IN s)"), "(position s 'a')");
    EXPECT_EQ(parsed("trim(LEADING 'x' FROM s)"), "(ltrim s 'x')");
    EXPECT_EQ(parsed("extract(hour FROM t)"), "(extract 'hour' t)");
    EXPECT_EQ(parsed("CAST(x AS double precision)"), "(as double precision x)");
    EXPECT_EQ(parsed("TRY_CAST(x AS decimal(12, 2))"), "(try decimal(12,2) x)");
    EXPECT_EQ(parsed("interval '1 day'"), "(as interval '1 day')");
    EXPECT_EQ(parsed("x = ANY(tags)"), "(contains tags x)");
}

TEST(Parser, ReadsLiteralsNamesAndComments) {
    EXPECT_EQ(parsed("'it''s'"), "'it's'");
    EXPECT_EQ(parsed(R"(E'a\tb')"), "'a\tb'");
    EXPECT_EQ(parsed("\"my \"\"column\"\"\" + $limit -- more\n /* and /* more */ */ * 2"),
              "(+ my \"column\" (* $limit 2))");
    EXPECT_EQ(parsed("interval + date"), "(+ interval date)");
}

TEST(Parser, SaysWhereAndWhatWasExpected) {
    EXPECT_EQ(parsed(""), "0+1: the expression is empty; expected: a value, such as a column's name");
    EXPECT_EQ(parsed("a +"), "3+1: the expression ends too early; expected: a value");
    EXPECT_EQ(parsed("(a + b"), "6+1: the expression ends too early; expected: `)`");
    EXPECT_EQ(parsed("a b"), "2+1: `b` is not expected here; expected: an operator, or the end");
    EXPECT_EQ(parsed("a == b"), "2+2: `==` is no operator; expected: `=`");
    EXPECT_EQ(parsed("a < b < c"), "6+1: comparisons do not chain; hint: write `a < b AND b < c`");
    EXPECT_EQ(parsed("'abc"), "0+1: a string does not end; expected: `'`");
    EXPECT_EQ(parsed("x IS 5"), "5+1: `5` is not expected here; expected: NULL, TRUE, FALSE, UNKNOWN or DISTINCT FROM");
    EXPECT_EQ(parsed("CASE WHEN a THEN b"), "18+1: the expression ends too early; expected: WHEN, ELSE or END");
    EXPECT_EQ(parsed("x IN (SELECT 1)"), "6+6: there are no queries in an expression; expected: a list of values");
    EXPECT_EQ(parsed("f(a, )"), "5+1: `)` is not expected here; expected: a value");
    EXPECT_EQ(parsed("12abc"), "0+3: `12a` is no number; expected: a blank or an operator behind the digits");
    EXPECT_EQ(parsed("a # b"), "2+1: `#` has no meaning here");
}

TEST(Parser, RefusesWhatIsTooDeepInsteadOfRunningOutOfStack) {
    const std::string deep(5000, '(');
    EXPECT_EQ(parsed(deep), "200+1: the expression has more than 200 levels");
    std::string chain = "a";
    for (int i = 0; i < 5000; ++i) chain += "+a";
    EXPECT_NE(parsed(chain).find("more than 200 levels"), std::string::npos);
    std::string conditions = "a";
    for (int i = 0; i < 5000; ++i) conditions += " OR a";
    EXPECT_EQ(parsed(conditions).substr(0, 9), "(or a a a");
    EXPECT_NE(parsed(std::string(70'000, ' ')).find("70000 bytes"), std::string::npos);
}

}  // namespace
}  // namespace weir::host::expression
