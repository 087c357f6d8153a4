// What the families of text functions share.
#pragma once

#include "host/expression/type_rules.hpp"

namespace weir::host::expression {

// Every parameter is a text, whatever the argument is.
Refusal all_as_text(Arguments args, std::vector<Type>& params, Type& result);

}  // namespace weir::host::expression
