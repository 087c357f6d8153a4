// One value as people read it: as CAST(… AS string) writes it, `null`, nested values as JSON, binary as \x6162.
#pragma once

#include <string>

#include "host/expression/vector.hpp"

namespace weir::host::expression {

std::string value_text(const Vector& values, int row);

}  // namespace weir::host::expression
