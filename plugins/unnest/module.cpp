#include <weir/module.hpp>

#include "unnest.hpp"

WEIR_MODULE("unnest", "0.1.0", &weir::unnest::kUnnestSpec)
