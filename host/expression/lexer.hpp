// The text of an expression as tokens, each with its place.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/expression/problem.hpp"

namespace weir::host::expression {

struct Token {
    enum class Kind : uint8_t {
        kEnd,
        kName,        // text as written
        kQuotedName,  // "…": text without quotes, "" taken for "
        kParameter,   // $name: text is the name
        kInteger,     // digits
        kNumber,      // with a point or an exponent
        kString,      // '…' or E'…': text is the value
        kSymbol,      // an operator or punctuation
    };
    Kind kind = Kind::kEnd;
    Span span;
    std::string text;

    bool is_symbol(std::string_view symbol) const { return kind == Kind::kSymbol && text == symbol; }
    // `keyword` in upper case. A quoted name is never a keyword.
    bool is_keyword(std::string_view keyword) const;
};

inline constexpr size_t kMaxExpressionBytes = 64 * 1024;

// All tokens, the last of kind kEnd. Comments (-- to the end of the line, /* */ nested) are left out.
Outcome<std::vector<Token>> tokenize(std::string_view text);

}  // namespace weir::host::expression
