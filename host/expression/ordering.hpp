// The order of values of one type that is known only at run time.
#pragma once

#include "host/expression/type_rules.hpp"
#include "host/expression/vector.hpp"

namespace weir::host::expression {

// Below, equal or above 0. REQUIRES: both of the same type, not nested, not null.
int compare_cells(const Vector& a, int a_row, const Vector& b, int b_row);

// Refuses parameters of nested types.
Refusal refuse_nested(Arguments args, const std::vector<Type>& params);

}  // namespace weir::host::expression
