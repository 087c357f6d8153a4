// How decimals and nested types find their exact types; see TypeRule in function.hpp.
#pragma once

#include "host/expression/function.hpp"

namespace weir::host::expression {

using Refusal = std::optional<Problem>;
using Arguments = std::span<const Argument>;

Refusal sum_of_decimals(Arguments, std::vector<Type>& params, Type& result);
Refusal product_of_decimals(Arguments, std::vector<Type>& params, Type& result);
Refusal quotient_of_decimals(Arguments, std::vector<Type>& params, Type& result);
Refusal remainder_of_decimals(Arguments, std::vector<Type>& params, Type& result);
// As the first parameter, one digit more before the point: what rounding up may need.
Refusal rounded_decimal(Arguments, std::vector<Type>& params, Type& result);
Refusal whole_decimal(Arguments, std::vector<Type>& params, Type& result);
// The result is of the first parameter's type.
Refusal same_as_first(Arguments, std::vector<Type>& params, Type& result);
// The second parameter is an element of the list that is the first, or a key of that map.
Refusal element_of_first(Arguments, std::vector<Type>& params, Type& result);
// One type for all, which is the result's too.
Refusal same_for_all(Arguments, std::vector<Type>& params, Type& result);

}  // namespace weir::host::expression
