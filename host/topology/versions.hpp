// Version numbers and what a file requires of them.
#pragma once

#include <string_view>

namespace weir::host {

// `>=1.2`, `>1`, `<2`, `<=1.9.9`, `=1.2.0`; several with commas: all must hold.
bool is_version_requirement(std::string_view text);

// By the numbers between dots; what is missing counts as 0, and a suffix (`-rc1`, `+git`) is left aside.
// REQUIRES: is_version_requirement(requirement).
bool satisfies(std::string_view version, std::string_view requirement);

}  // namespace weir::host
