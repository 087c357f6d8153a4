// Values out of Arrow columns, one by one: what access to lists, structs and maps is made of.
#pragma once

#include <weir/column.hpp>

#include "host/expression/function.hpp"

namespace weir::host::expression {

// Writes row `from_row` of a column to `row` of a vector of the same type.
void load_cell(const Column& column, int64_t from_row, Vector& out, int row);
// A whole column, rows from `from` on; fixed-width values are borrowed and texts stay in place, so the column must
// outlive the vector's use.
void load_column(const Column& column, int64_t from, int rows, Vector& out);

// Kernels of access: struct.member (its number is the second argument, a constant), list[n], map[key].
extern const Overload kMemberOverload;
extern const Overload kElementOverload;
extern const Overload kValueOverload;

}  // namespace weir::host::expression
