#include "host/expression/parser.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "host/expression/parser_impl.hpp"

namespace weir::host::expression {

// Names that mean something at the beginning of a value or behind one; a column of such a name stands in quotes.
bool is_reserved(const Token& token) {
    static constexpr std::array<std::string_view, 19> kReserved = {
        "AND", "OR",   "NOT",  "NULL", "TRUE", "FALSE",   "CASE", "WHEN", "THEN", "ELSE",
        "END", "CAST", "LIKE", "IN",   "IS",   "BETWEEN", "AS",   "FROM", "ILIKE"};
    return std::any_of(kReserved.begin(), kReserved.end(), [&](auto word) { return token.is_keyword(word); });
}

AstPtr Parser::fail(Span span, std::string message, std::string expected, std::string hint) {
    if (!failed_) problem_ = {span, std::move(message), std::move(expected), "", std::move(hint)};
    failed_ = true;
    return nullptr;
}

AstPtr Parser::fail_here(std::string expected) {
    const Token& token = peek();
    if (token.kind == Token::Kind::kEnd)
        return fail({token.span.offset, 1}, "the expression ends too early", std::move(expected));
    return fail(token.span,
                fmt::format("`{}` is not expected here", source_.substr(token.span.offset, token.span.length)),
                std::move(expected));
}

AstPtr Parser::make(Ast node) {
    for (const AstPtr& arg : node.args) {
        if (!arg) return nullptr;
        node.depth = std::max(node.depth, arg->depth + 1);
    }
    if (node.filter) node.depth = std::max(node.depth, node.filter->depth + 1);
    if (node.depth > kMaxDepth)
        return fail(node.span, fmt::format("the expression has more than {} levels", kMaxDepth), "",
                    "set a column to a part of it, and go on with that column");
    return std::make_shared<const Ast>(std::move(node));
}

AstPtr Parser::make_call(Ast::Kind kind, std::string name, Span name_span, std::vector<AstPtr> args) {
    Span span = name_span;
    for (const AstPtr& arg : args) {
        if (!arg) return nullptr;
        span = Span::join(span, arg->span);
    }
    return make({kind, span, name_span, std::move(name), std::move(args)});
}

AstPtr Parser::make_operator(std::string name, Span name_span, std::vector<AstPtr> args) {
    return make_call(Ast::Kind::kOperator, std::move(name), name_span, std::move(args));
}

// AND and OR are flat: a chain of many conditions is not deep.
AstPtr Parser::make_logical(Ast::Kind kind, Span name_span, AstPtr left, AstPtr right) {
    if (!left || !right) return nullptr;
    std::vector<AstPtr> args;
    if (left->kind == kind && left->name_span.length > 0)
        args = left->args;
    else
        args.push_back(left);
    args.push_back(right);
    return make({kind, Span::join(left->span, right->span), name_span, "", std::move(args)});
}

AstPtr Parser::negate_if(bool negated, Span span, AstPtr node) {
    if (!negated || !node) return node;
    return make({Ast::Kind::kOperator, node->span, span, "not", {node}});
}

AstPtr Parser::whole() {
    if (peek().kind == Token::Kind::kEnd)
        return fail({0, 1}, "the expression is empty", "a value, such as a column's name");
    AstPtr node = expression(0);
    if (node && peek().kind != Token::Kind::kEnd) {
        if (peek().is_symbol("==")) return fail(peek().span, "`==` is no operator", "`=`");
        return fail_here("an operator, or the end");
    }
    return node;
}

namespace {

struct Binary {
    std::string_view symbol;
    int power;
};
constexpr std::array<Binary, 21> kBinary = {{{"<", 5},  {">", 5},   {"=", 5},  {"<=", 5},  {">=", 5}, {"<>", 5},
                                             {"!=", 5}, {"||", 7},  {"->", 7}, {"->>", 7}, {"~", 7},  {"~*", 7},
                                             {"!~", 7}, {"!~*", 7}, {"+", 8},  {"-", 8},   {"*", 9},  {"/", 9},
                                             {"%", 9},  {"^", 10},  {"::", 14}}};
constexpr int kNot = 3, kIs = 4, kComparison = 5, kRange = 6, kAtTimeZone = 11, kUnary = 12, kPostfix = 13;

int binary_power(const Token& token) {
    if (token.kind != Token::Kind::kSymbol) return 0;
    for (const Binary& b : kBinary)
        if (token.text == b.symbol) return b.power;
    return 0;
}

}  // namespace

AstPtr Parser::expression(int power) {
    if (++nesting_ > kMaxDepth)
        return fail(peek().span, fmt::format("the expression has more than {} levels", kMaxDepth), "");
    AstPtr left = prefix();
    while (left) {
        AstPtr longer = infix(left, power);
        if (failed_) return nullptr;
        if (!longer) break;
        left = std::move(longer);
    }
    --nesting_;
    return left;
}

AstPtr Parser::prefix() {
    const Token token = peek();
    if (token.is_keyword("NOT")) {
        take();
        AstPtr arg = expression(kNot);
        return arg ? make_operator("not", token.span, {arg}) : nullptr;
    }
    if (token.is_symbol("-") || token.is_symbol("+")) {
        take();
        AstPtr arg = expression(kUnary);
        return arg ? make_operator(token.text, token.span, {arg}) : nullptr;
    }
    return primary();
}

// What goes on from `left` with at least that binding power; null when nothing does.
AstPtr Parser::infix(const AstPtr& left, int power) {
    const Token token = peek();
    if (const int own = binary_power(token)) {
        if (own < power || (own == power && own == kComparison)) {
            if (own == kComparison && power == kComparison)
                return fail(token.span, "comparisons do not chain", "", "write `a < b AND b < c`");
            return nullptr;
        }
        return binary(left, own);
    }
    if (token.is_symbol("[")) return power <= kPostfix ? index(left) : nullptr;
    if (token.is_symbol(".")) return field(left);
    if (token.is_keyword("OR") && power <= 1) {
        take();
        AstPtr right = expression(2);
        return make_logical(Ast::Kind::kOr, token.span, left, right);
    }
    if (token.is_keyword("AND") && power <= 2) {
        take();
        AstPtr right = expression(3);
        return make_logical(Ast::Kind::kAnd, token.span, left, right);
    }
    if (token.is_keyword("IS") && power <= kIs) return is_test(left);
    if ((token.is_keyword("ISNULL") || token.is_keyword("NOTNULL")) && power <= kIs) {
        take();
        return negate_if(token.is_keyword("NOTNULL"), token.span, make_operator("is null", token.span, {left}));
    }
    if (token.is_keyword("AT") && peek(1).is_keyword("TIME") && power <= kAtTimeZone) return at_time_zone(left);
    return power <= kRange ? range_test(left) : nullptr;
}

AstPtr Parser::binary(const AstPtr& left, int power) {
    const Token token = take();
    if (token.text == "::") return cast_to(left, token.span);
    std::string symbol = token.text == "!=" ? "<>" : token.text;
    if (power == kComparison && (peek().is_keyword("ANY") || peek().is_keyword("SOME")) && peek(1).is_symbol("("))
        return any_test(left, token);
    AstPtr right = expression(power == kComparison ? power : power + 1);
    if (!right) return nullptr;
    if (symbol == "!~" || symbol == "!~*") {
        symbol.erase(0, 1);
        return negate_if(true, token.span, make_operator(symbol, token.span, {left, right}));
    }
    return make_operator(symbol, token.span, {left, right});
}

AstPtr Parser::any_test(const AstPtr& left, const Token& symbol) {
    if (symbol.text != "=")
        return fail(symbol.span, fmt::format("`{} ANY` is not known", symbol.text), "`= ANY(list)`");
    const Token any = take();
    take();
    AstPtr list = expression(0);
    if (!list || !expect(")")) return nullptr;
    return make_call(Ast::Kind::kFunction, "contains", Span::join(symbol.span, any.span), {list, left});
}

AstPtr Parser::is_test(const AstPtr& left) {
    Span span = take().span;
    const bool negated = accept("NOT");
    const Token what = peek();
    if (what.is_keyword("DISTINCT")) {
        take();
        if (!expect_word("FROM")) return nullptr;
        AstPtr right = expression(kIs + 1);
        return right ? negate_if(!negated, span, make_operator("is not distinct from", span, {left, right})) : nullptr;
    }
    for (const auto* word : {"NULL", "UNKNOWN", "TRUE", "FALSE"}) {
        if (!what.is_keyword(word)) continue;
        span = Span::join(span, take().span);
        std::string name = what.is_keyword("UNKNOWN") || what.is_keyword("NULL") ? "is null"
                           : what.is_keyword("TRUE")                             ? "is true"
                                                                                 : "is false";
        return negate_if(negated, span, make_operator(std::move(name), span, {left}));
    }
    return fail_here("NULL, TRUE, FALSE, UNKNOWN or DISTINCT FROM");
}

// [NOT] LIKE, ILIKE, IN and BETWEEN.
AstPtr Parser::range_test(const AstPtr& left) {
    const size_t start = at_;
    Span span = peek().span;
    const bool negated = accept("NOT");
    const Token word = peek();
    span = Span::join(span, word.span);
    if (word.is_keyword("LIKE") || word.is_keyword("ILIKE")) {
        take();
        std::vector<AstPtr> args = {left, expression(kRange + 1)};
        if (args[1] && accept("ESCAPE")) args.push_back(expression(kRange + 1));
        const std::string name = word.is_keyword("LIKE") ? "like" : "ilike";
        return negate_if(negated, span, make_operator(name, word.span, std::move(args)));
    }
    if (word.is_keyword("IN")) return negate_if(negated, span, in_list(left));
    if (word.is_keyword("BETWEEN")) return negate_if(negated, span, between(left));
    if (negated) return fail_here("LIKE, ILIKE, IN or BETWEEN");
    at_ = start;
    return nullptr;
}

AstPtr Parser::in_list(const AstPtr& left) {
    const Span span = take().span;
    if (!expect("(")) return nullptr;
    if (peek().is_keyword("SELECT"))
        return fail(peek().span, "there are no queries in an expression", "a list of values");
    std::vector<AstPtr> tests;
    do {
        AstPtr item = expression(0);
        if (!item) return nullptr;
        tests.push_back(make_operator("=", span, {left, item}));
        if (!tests.back()) return nullptr;
    } while (accept_symbol(","));
    const Span end = peek().span;
    if (!expect(")")) return nullptr;
    if (tests.size() == 1) return tests[0];
    // A name_span of length 0 keeps an OR behind it from being merged into this one.
    return make({Ast::Kind::kOr, Span::join(left->span, end), {span.offset, 0}, "", std::move(tests)});
}

AstPtr Parser::between(const AstPtr& left) {
    const Span span = take().span;
    const bool symmetric = accept("SYMMETRIC");
    AstPtr low = expression(kRange + 1);
    if (!low) return nullptr;
    if (!expect_word("AND")) return nullptr;
    AstPtr high = expression(kRange + 1);
    if (!high) return nullptr;
    auto within = [&](const AstPtr& from, const AstPtr& to) {
        AstPtr above = make_operator(">=", span, {left, from});
        AstPtr below = make_operator("<=", span, {left, to});
        if (!above || !below) return AstPtr();
        return make({Ast::Kind::kAnd, Span::join(left->span, high->span), {span.offset, 0}, "", {above, below}});
    };
    AstPtr test = within(low, high);
    if (!symmetric || !test) return test;
    AstPtr turned = within(high, low);
    return turned ? make({Ast::Kind::kOr, test->span, {span.offset, 0}, "", {test, turned}}) : nullptr;
}

AstPtr Parser::at_time_zone(const AstPtr& left) {
    Span span = take().span;
    take();
    span = Span::join(span, peek().span);
    if (!expect_word("ZONE")) return nullptr;
    AstPtr zone = expression(kAtTimeZone + 1);
    return zone ? make_operator("at time zone", span, {left, zone}) : nullptr;
}

AstPtr Parser::index(const AstPtr& left) {
    const Span open = take().span;
    AstPtr at = expression(0);
    if (!at) return nullptr;
    const Span close = peek().span;
    if (!expect("]")) return nullptr;
    return make({Ast::Kind::kIndex, Span::join(left->span, close), Span::join(open, close), "", {left, at}});
}

AstPtr Parser::field(const AstPtr& left) {
    take();
    const Token name = peek();
    if (name.kind != Token::Kind::kName && name.kind != Token::Kind::kQuotedName) return fail_here("a field's name");
    take();
    return make({Ast::Kind::kField, Span::join(left->span, name.span), name.span, name.text, {left}});
}

Outcome<AstPtr> parse(std::string_view text) {
    auto tokens = tokenize(text);
    if (!tokens) return tokens.problem();
    Parser parser(text, std::move(*tokens));
    AstPtr node = parser.whole();
    if (!node) return parser.problem();
    return node;
}

}  // namespace weir::host::expression
