// The reference of the expression language as Markdown, made of the table of functions.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace weir::host::expression {

// Where weir means something else than PostgreSQL does; what the comparison with PostgreSQL leaves out, too.
struct Difference {
    std::string_view id;  // as the comparison names it
    std::string_view text;
};
std::span<const Difference> intended_differences();

std::string reference_markdown();

}  // namespace weir::host::expression
