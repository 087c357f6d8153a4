// The parser's state and its parts: operators in parser.cpp, values and what SQL spells in words in parser_values.cpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/expression/lexer.hpp"
#include "host/expression/parser.hpp"

namespace weir::host::expression {

bool is_reserved(const Token& token);

// Functions that return a node return null after a failure, which stands in problem().
class Parser {
public:
    Parser(std::string_view source, std::vector<Token> tokens) : source_(source), tokens_(std::move(tokens)) {}

    AstPtr whole();
    const Problem& problem() const { return problem_; }

private:
    const Token& peek(size_t ahead = 0) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)]; }
    Token take() { return at_ + 1 < tokens_.size() ? tokens_[at_++] : tokens_.back(); }
    bool accept(std::string_view keyword) { return peek().is_keyword(keyword) && (take(), true); }
    bool accept_symbol(std::string_view symbol) { return peek().is_symbol(symbol) && (take(), true); }
    bool expect(std::string_view symbol);
    bool expect_word(std::string_view keyword);

    AstPtr fail(Span span, std::string message, std::string expected, std::string hint = "");
    AstPtr fail_here(std::string expected);
    AstPtr make(Ast node);
    AstPtr make_call(Ast::Kind kind, std::string name, Span name_span, std::vector<AstPtr> args);
    AstPtr make_operator(std::string name, Span name_span, std::vector<AstPtr> args);
    AstPtr make_logical(Ast::Kind kind, Span name_span, AstPtr left, AstPtr right);
    AstPtr negate_if(bool negated, Span span, AstPtr node);

    AstPtr expression(int power);
    AstPtr prefix();
    AstPtr infix(const AstPtr& left, int power);
    AstPtr binary(const AstPtr& left, int power);
    AstPtr any_test(const AstPtr& left, const Token& symbol);
    AstPtr is_test(const AstPtr& left);
    AstPtr range_test(const AstPtr& left);
    AstPtr in_list(const AstPtr& left);
    AstPtr between(const AstPtr& left);
    AstPtr at_time_zone(const AstPtr& left);
    AstPtr index(const AstPtr& left);
    AstPtr field(const AstPtr& left);

    AstPtr primary();
    AstPtr name();
    AstPtr literal(Ast::Kind kind);
    AstPtr typed_literal();
    AstPtr case_of();
    AstPtr cast_call(bool quiet);
    AstPtr cast_to(const AstPtr& value, Span span);
    // How many tokens from here on are a function's name in front of its `(`: 1, or 3 for `acme.p95(`; 0: none.
    size_t call_name() const;
    AstPtr call(size_t name_tokens);
    AstPtr call_end(const Token& name, std::vector<AstPtr> args);
    AstPtr aggregate_end(const Token& name, Ast node);
    bool distinct();
    AstPtr extract(const Token& name);
    AstPtr position(const Token& name);
    AstPtr substring(const Token& name);
    AstPtr trim(const Token& name);
    // A type's name: its words in lower case, with (n) or (n,m); empty after a failure.
    std::string type_name(Span& span);

    std::string_view source_;
    std::vector<Token> tokens_;
    size_t at_ = 0;
    int nesting_ = 0;
    bool failed_ = false;
    Problem problem_;
};

}  // namespace weir::host::expression
