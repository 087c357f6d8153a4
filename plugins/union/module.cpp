#include <weir/module.hpp>

#include "union.hpp"

WEIR_MODULE("union", "0.1.0", &weir::unite::kUnionSpec)
