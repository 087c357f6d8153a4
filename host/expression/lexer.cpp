#include "host/expression/lexer.hpp"

#include <array>

#include <fmt/format.h>

#include <weir/row_json.hpp>

namespace weir::host::expression {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_start(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (static_cast<unsigned char>(c) & 0x80);
}
bool is_name_part(char c) { return is_name_start(c) || is_digit(c); }
bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Longest first.
constexpr std::array<std::string_view, 30> kSymbols = {"->>", "!~*", "::", "<>", "<=", ">=", "!=", "||", "->", "~*",
                                                       "!~",  "==",  "+",  "-",  "*",  "/",  "%",  "^",  "<",  ">",
                                                       "=",   "(",   ")",  "[",  "]",  ",",  ".",  "~",  ":",  ";"};

class Lexer {
public:
    explicit Lexer(std::string_view text) : text_(text) {}

    Outcome<std::vector<Token>> all() {
        if (text_.size() > kMaxExpressionBytes)
            return Problem{{0, 1},
                           fmt::format("the expression has {} bytes", text_.size()),
                           fmt::format("at most {}", kMaxExpressionBytes),
                           "",
                           ""};
        if (!is_utf8(text_)) return Problem{{0, 1}, "the expression is not UTF-8", "", "", ""};
        do {
            if (!skip() || !next()) return std::move(problem_);
        } while (tokens_.back().kind != Token::Kind::kEnd);
        return std::move(tokens_);
    }

private:
    char peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

    bool fail(size_t from, size_t length, std::string message, std::string expected) {
        problem_ = {{static_cast<uint32_t>(from), static_cast<uint32_t>(length)},
                    std::move(message),
                    std::move(expected),
                    "",
                    ""};
        return false;
    }

    bool add(Token::Kind kind, size_t from, std::string text) {
        tokens_.push_back({kind, {static_cast<uint32_t>(from), static_cast<uint32_t>(at_ - from)}, std::move(text)});
        return true;
    }

    // Blanks and comments.
    bool skip() {
        for (;;) {
            while (at_ < text_.size() && is_space(text_[at_])) ++at_;
            if (peek() == '-' && peek(1) == '-') {
                while (at_ < text_.size() && text_[at_] != '\n') ++at_;
            } else if (peek() == '/' && peek(1) == '*') {
                if (!skip_block()) return false;
            } else {
                return true;
            }
        }
    }

    bool skip_block() {
        const size_t from = at_;
        size_t depth = 0;
        do {
            if (at_ >= text_.size()) return fail(from, 2, "a comment does not end", "`*/`");
            if (peek() == '/' && peek(1) == '*') {
                ++depth, at_ += 2;
            } else if (peek() == '*' && peek(1) == '/') {
                --depth, at_ += 2;
            } else {
                ++at_;
            }
        } while (depth > 0);
        return true;
    }

    bool next() {
        const size_t from = at_;
        if (at_ >= text_.size()) return add(Token::Kind::kEnd, from, "");
        const char c = peek();
        if ((c == 'e' || c == 'E') && peek(1) == '\'') return ++at_, quoted(from, '\'', Token::Kind::kString, true);
        if (is_name_start(c)) {
            while (is_name_part(peek())) ++at_;
            return add(Token::Kind::kName, from, std::string(text_.substr(from, at_ - from)));
        }
        if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return number(from);
        if (c == '\'') return quoted(from, '\'', Token::Kind::kString, false);
        if (c == '"') return quoted(from, '"', Token::Kind::kQuotedName, false);
        if (c == '$') return parameter(from);
        for (std::string_view symbol : kSymbols) {
            if (!text_.substr(at_).starts_with(symbol)) continue;
            at_ += symbol.size();
            return add(Token::Kind::kSymbol, from, std::string(symbol));
        }
        return fail(from, 1, fmt::format("`{}` has no meaning here", c), "");
    }

    bool number(size_t from) {
        Token::Kind kind = Token::Kind::kInteger;
        while (is_digit(peek())) ++at_;
        if (peek() == '.') {
            kind = Token::Kind::kNumber;
            ++at_;
            while (is_digit(peek())) ++at_;
        }
        const size_t sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
        if ((peek() == 'e' || peek() == 'E') && is_digit(peek(1 + sign))) {
            kind = Token::Kind::kNumber;
            at_ += 1 + sign;
            while (is_digit(peek())) ++at_;
        }
        if (is_name_start(peek()))
            return fail(from, at_ + 1 - from, fmt::format("`{}` is no number", text_.substr(from, at_ + 1 - from)),
                        "a blank or an operator behind the digits");
        return add(kind, from, std::string(text_.substr(from, at_ - from)));
    }

    bool parameter(size_t from) {
        ++at_;
        if (!is_name_start(peek())) return fail(from, 1, "`$` without a name", "`$name`, a parameter of the topology");
        while (is_name_part(peek())) ++at_;
        return add(Token::Kind::kParameter, from, std::string(text_.substr(from + 1, at_ - from - 1)));
    }

    // At the opening quote; doubled quotes stand for one.
    bool quoted(size_t from, char quote, Token::Kind kind, bool escapes) {
        std::string value;
        ++at_;
        for (;; ++at_) {
            if (at_ >= text_.size())
                return fail(from, 1,
                            kind == Token::Kind::kString ? "a string does not end" : "a quoted name does not end",
                            fmt::format("`{}`", quote));
            const char c = peek();
            if (c == quote && peek(1) != quote) break;
            if (c == quote) {
                ++at_;
                value += quote;
            } else if (c == '\\' && escapes) {
                if (!escape(value)) return false;
            } else {
                value += c;
            }
        }
        ++at_;
        if (kind == Token::Kind::kQuotedName && value.empty())
            return fail(from, 2, "a quoted name is empty", "a column's name");
        return add(kind, from, std::move(value));
    }

    // At the backslash; leaves at_ on the last character of the escape.
    bool escape(std::string& value) {
        const char c = peek(1);
        ++at_;
        switch (c) {
            case 'n': value += '\n'; return true;
            case 't': value += '\t'; return true;
            case 'r': value += '\r'; return true;
            case 'b': value += '\b'; return true;
            case 'f': value += '\f'; return true;
            case '\\':
            case '\'':
            case '"': value += c; return true;
            default: return fail(at_ - 1, 2, "an escape that is not known", R"(\n, \t, \r, \b, \f, \\ or \')");
        }
    }

    std::string_view text_;
    size_t at_ = 0;
    std::vector<Token> tokens_;
    Problem problem_;
};

}  // namespace

bool Token::is_keyword(std::string_view keyword) const {
    if (kind != Kind::kName || text.size() != keyword.size()) return false;
    for (size_t i = 0; i < text.size(); ++i) {
        const char c = text[i] >= 'a' && text[i] <= 'z' ? static_cast<char>(text[i] - 'a' + 'A') : text[i];
        if (c != keyword[i]) return false;
    }
    return true;
}

Outcome<std::vector<Token>> tokenize(std::string_view text) { return Lexer(text).all(); }

}  // namespace weir::host::expression
