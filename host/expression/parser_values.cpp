// Values: literals, names, calls, CASE, CAST, and the functions that SQL spells in words.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "host/expression/parser_impl.hpp"

namespace weir::host::expression {
namespace {

std::string lower_ascii(std::string text) {
    for (char& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
}

bool is_name_token(const Token& token) {
    return token.kind == Token::Kind::kName || token.kind == Token::Kind::kQuotedName;
}

}  // namespace

bool Parser::expect(std::string_view symbol) {
    if (accept_symbol(symbol)) return true;
    fail_here(fmt::format("`{}`", symbol));
    return false;
}

bool Parser::expect_word(std::string_view keyword) {
    if (accept(keyword)) return true;
    fail_here(std::string(keyword));
    return false;
}

AstPtr Parser::primary() {
    const Token& token = peek();
    switch (token.kind) {
        case Token::Kind::kInteger: return literal(Ast::Kind::kInteger);
        case Token::Kind::kNumber: return literal(Ast::Kind::kNumber);
        case Token::Kind::kString: return literal(Ast::Kind::kString);
        case Token::Kind::kParameter: return literal(Ast::Kind::kParameter);
        case Token::Kind::kName:
        case Token::Kind::kQuotedName: return name();
        default: break;
    }
    if (!token.is_symbol("(")) return fail_here("a value");
    take();
    AstPtr inner = expression(0);
    if (!inner) return nullptr;
    if (!expect(")")) return nullptr;
    return inner;
}

AstPtr Parser::literal(Ast::Kind kind) {
    const Token token = take();
    return make({kind, token.span, token.span, token.text, {}});
}

AstPtr Parser::name() {
    const Token& token = peek();
    if (token.kind == Token::Kind::kName) {
        if (token.is_keyword("NULL")) return literal(Ast::Kind::kNull);
        if (token.is_keyword("TRUE") || token.is_keyword("FALSE")) {
            const Token word = take();
            return make({Ast::Kind::kBool, word.span, word.span, word.is_keyword("TRUE") ? "true" : "false", {}});
        }
        if (token.is_keyword("CASE")) return case_of();
        if (token.is_keyword("CAST")) return cast_call(false);
        if (token.is_keyword("TRY_CAST") && peek(1).is_symbol("(")) return cast_call(true);
        if (token.is_keyword("SELECT")) return fail(token.span, "there are no queries in an expression", "a value");
        if (is_reserved(token)) return fail_here("a value");
        if (peek(1).kind == Token::Kind::kString) return typed_literal();
    }
    if (const size_t tokens = call_name()) return call(tokens);
    const Token column = take();
    Ast node{Ast::Kind::kColumn, column.span, column.span, column.text, {}};
    node.quoted = column.kind == Token::Kind::kQuotedName;
    return make(std::move(node));
}

// date '2024-05-23', timestamp '…', interval '1 day'
AstPtr Parser::typed_literal() {
    const Token type = take();
    const Token text = peek();
    const std::string name = lower_ascii(type.text);
    static constexpr std::array<std::string_view, 4> kTypes = {"date", "timestamp", "timestamptz", "interval"};
    if (std::find(kTypes.begin(), kTypes.end(), name) == kTypes.end())
        return fail(text.span, fmt::format("a string behind `{}` has no meaning", type.text),
                    "an operator, or DATE, TIMESTAMP or INTERVAL before a string");
    AstPtr value = literal(Ast::Kind::kString);
    return make({Ast::Kind::kCast, Span::join(type.span, text.span), type.span, name, {value}});
}

AstPtr Parser::case_of() {
    Span span = take().span;
    AstPtr subject;
    if (!peek().is_keyword("WHEN") && !(subject = expression(0))) return nullptr;
    std::vector<AstPtr> args;
    if (!peek().is_keyword("WHEN")) return fail_here("WHEN");
    while (peek().is_keyword("WHEN")) {
        const Span when = take().span;
        AstPtr condition = expression(0);
        if (!condition) return nullptr;
        if (subject && !(condition = make_operator("=", when, {subject, condition}))) return nullptr;
        if (!expect_word("THEN")) return nullptr;
        AstPtr value = expression(0);
        if (!value) return nullptr;
        args.push_back(condition);
        args.push_back(value);
    }
    AstPtr otherwise;
    if (accept("ELSE"))
        otherwise = expression(0);
    else
        otherwise = make({Ast::Kind::kNull, peek().span, peek().span, "", {}});
    if (!otherwise) return nullptr;
    args.push_back(otherwise);
    const Span end = peek().span;
    if (!accept("END")) return fail_here("WHEN, ELSE or END");
    return make({Ast::Kind::kCase, Span::join(span, end), span, "", std::move(args)});
}

AstPtr Parser::cast_call(bool quiet) {
    const Token word = take();
    if (!expect("(")) return nullptr;
    AstPtr value = expression(0);
    if (!value || !expect_word("AS")) return nullptr;
    Ast node{Ast::Kind::kCast, word.span, {}, "", {value}, quiet};
    node.text = type_name(node.name_span);
    if (node.text.empty()) return nullptr;
    node.span = Span::join(word.span, peek().span);
    if (!expect(")")) return nullptr;
    return make(std::move(node));
}

AstPtr Parser::cast_to(const AstPtr& value, Span span) {
    Ast node{Ast::Kind::kCast, Span::join(value->span, span), {}, "", {value}};
    node.text = type_name(node.name_span);
    if (node.text.empty()) return nullptr;
    node.span = Span::join(node.span, node.name_span);
    return make(std::move(node));
}

std::string Parser::type_name(Span& span) {
    if (!is_name_token(peek())) return fail_here("a type: int64, string, decimal(12,2), timestamp, …"), "";
    const Token first = take();
    span = first.span;
    std::string name = lower_ascii(first.text);
    auto more = [&](std::string_view keyword) {
        if (!peek().is_keyword(keyword)) return false;
        span = Span::join(span, take().span);
        name += ' ' + lower_ascii(std::string(keyword));
        return true;
    };
    if (name == "double") more("PRECISION");
    if (name == "character") more("VARYING");
    if (name == "timestamp" && (peek().is_keyword("WITH") || peek().is_keyword("WITHOUT")) &&
        peek(1).is_keyword("TIME")) {
        if (!more("WITH")) more("WITHOUT");
        more("TIME");
        if (!more("ZONE")) return fail_here("ZONE"), "";
    }
    if (!peek().is_symbol("(")) return name;
    std::string arguments;
    take();
    do {
        if (peek().kind != Token::Kind::kInteger) return fail_here("a number"), "";
        arguments += (arguments.empty() ? "" : ",") + take().text;
    } while (accept_symbol(","));
    span = Span::join(span, peek().span);
    if (!expect(")")) return "";
    return name + "(" + arguments + ")";
}

size_t Parser::call_name() const {
    size_t at = 0;
    while (peek(at).kind == Token::Kind::kName) {
        if (peek(at + 1).is_symbol("(")) return at + 1;
        if (!peek(at + 1).is_symbol(".")) break;
        at += 2;
    }
    return 0;
}

AstPtr Parser::call(size_t name_tokens) {
    Token name = take();
    for (size_t i = 1; i < name_tokens; ++i) {
        const Token more = take();
        name.text += more.text;
        name.span = Span::join(name.span, more.span);
    }
    take();
    if (name.is_keyword("EXTRACT")) return extract(name);
    if (name.is_keyword("POSITION")) return position(name);
    if (name.is_keyword("SUBSTRING")) return substring(name);
    if (name.is_keyword("TRIM")) return trim(name);
    Ast node{Ast::Kind::kFunction, name.span, name.span, lower_ascii(name.text), {}};
    node.star = peek().is_symbol("*") && peek(1).is_symbol(")") && (take(), true);
    node.distinct = distinct();
    if (!node.star && (node.distinct || !peek().is_symbol(")"))) {
        do {
            node.args.push_back(expression(0));
            if (!node.args.back()) return nullptr;
        } while (accept_symbol(","));
    }
    return aggregate_end(name, std::move(node));
}

// DISTINCT in front of the first argument, which is no reserved word: a column may have that name.
bool Parser::distinct() {
    if (!peek().is_keyword("DISTINCT")) return false;
    const Token& next = peek(1);
    const bool begins_value =
        next.kind == Token::Kind::kSymbol ? next.is_symbol("(") : next.kind != Token::Kind::kEnd && !next.is_keyword("IS");
    return begins_value && (take(), true);
}

// The rest of a call behind its arguments, with what only aggregates have.
AstPtr Parser::aggregate_end(const Token& name, Ast node) {
    if (peek().is_keyword("ORDER"))
        return fail(peek().span, "there is no ORDER BY in a call", "`)`",
                    "rows are taken in the order in which they arrive; arg_min, arg_max and top_n choose by a value");
    node.span = Span::join(name.span, peek().span);
    if (!accept_symbol(")")) return fail_here(node.args.empty() ? "`)`" : "`,` or `)`");
    if (peek().is_keyword("OVER"))
        return fail(peek().span, "there is no OVER in an expression", "", "the node's operator says which rows belong together");
    if (peek().is_keyword("FILTER") && peek(1).is_symbol("(")) {
        take(), take();
        if (!expect_word("WHERE")) return nullptr;
        node.filter = expression(0);
        if (!node.filter) return nullptr;
        node.span = Span::join(node.span, peek().span);
        if (!accept_symbol(")")) return fail_here("`)`");
    }
    return make(std::move(node));
}

AstPtr Parser::call_end(const Token& name, std::vector<AstPtr> args) {
    for (const AstPtr& arg : args)
        if (!arg) return nullptr;
    const Span end = peek().span;
    if (!accept_symbol(")")) return fail_here(args.empty() ? "`)`" : "`,` or `)`");
    return make({Ast::Kind::kFunction, Span::join(name.span, end), name.span, lower_ascii(name.text), std::move(args)});
}

// EXTRACT(hour FROM ts), EXTRACT('hour' FROM ts)
AstPtr Parser::extract(const Token& name) {
    const Token field = peek();
    if (!is_name_token(field) && field.kind != Token::Kind::kString)
        return fail_here("a field: year, month, day, hour, minute, second, epoch, dow, …");
    take();
    AstPtr which = make({Ast::Kind::kString, field.span, field.span, lower_ascii(field.text), {}});
    if (!expect_word("FROM")) return nullptr;
    return call_end(name, {which, expression(0)});
}

// POSITION(part IN whole) is position(whole, part).
AstPtr Parser::position(const Token& name) {
    AstPtr part = expression(7);  // above IN
    if (!part) return nullptr;
    if (!accept("IN")) return fail_here("IN: position('b' IN text)");
    return call_end(name, {expression(0), part});
}

AstPtr Parser::substring(const Token& name) {
    std::vector<AstPtr> args = {expression(0)};
    if (!args[0]) return nullptr;
    if (accept("FROM")) {
        args.push_back(expression(0));
        if (args.back() && accept("FOR")) args.push_back(expression(0));
    } else if (accept("FOR")) {
        args.push_back(make({Ast::Kind::kInteger, peek().span, peek().span, "1", {}}));
        args.push_back(expression(0));
    } else {
        while (args.back() && accept_symbol(",")) args.push_back(expression(0));
    }
    return call_end(name, std::move(args));
}

// TRIM([BOTH|LEADING|TRAILING] [characters] FROM text), TRIM(text, characters)
AstPtr Parser::trim(const Token& name) {
    Token function = name;
    function.text = "trim";
    bool worded = true;
    if (accept("LEADING"))
        function.text = "ltrim";
    else if (accept("TRAILING"))
        function.text = "rtrim";
    else
        worded = accept("BOTH");
    if (accept("FROM")) return call_end(function, {expression(0)});
    AstPtr first = expression(0);
    if (!first) return nullptr;
    if (accept("FROM")) return call_end(function, {expression(0), first});
    if (worded && !peek().is_symbol(")")) return fail_here("FROM");
    if (accept_symbol(",")) return call_end(function, {first, expression(0)});
    return call_end(function, {first});
}

}  // namespace weir::host::expression
