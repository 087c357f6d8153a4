// The parser: SQL scalar syntax with PostgreSQL's precedence, by precedence climbing.
#pragma once

#include <string_view>

#include "host/expression/ast.hpp"
#include "host/expression/problem.hpp"

namespace weir::host::expression {

// Deeper expressions are refused, so that nothing that walks one can run out of stack.
inline constexpr int kMaxDepth = 200;

// Any thread. The result does not refer to `text`.
Outcome<AstPtr> parse(std::string_view text);

}  // namespace weir::host::expression
