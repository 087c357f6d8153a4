// Regular expressions (RE2), compiled once for each pattern that an operation sees.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <re2/re2.h>

#include "host/expression/kernel.hpp"
#include "host/expression/type_rules.hpp"

namespace weir::host::expression {

inline re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

struct CompiledRegex {
    std::string pattern, flags;
    std::unique_ptr<RE2> re2;
    std::string error;
    bool global = false;
};

// The pattern with flags i (any case), g (all matches), n or m (lines), s (. matches newlines). What is wrong is in
// `error`.
CompiledRegex compile_regex(std::string_view pattern, std::string_view flags);

// The row's pattern, or null: the row has failed.
const CompiledRegex* regex_of(Row& row, std::string_view pattern, std::string_view flags = "");

// ArgumentCheck: the second argument is a pattern.
Refusal check_regex(Arguments args);

}  // namespace weir::host::expression
