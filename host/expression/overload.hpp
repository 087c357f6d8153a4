// Which overload of a function or operator is meant: PostgreSQL's rules ("Type Conversion" in its manual).
#pragma once

#include <span>
#include <string>

#include "host/expression/functions.hpp"

namespace weir::host::expression {

// A Problem without a span where none fits or several do.
Outcome<const Candidate*> choose_overload(const std::string& name, bool is_operator, std::span<const Type> args);

}  // namespace weir::host::expression
