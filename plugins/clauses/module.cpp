#include <weir/module.hpp>

#include "clauses.hpp"

WEIR_MODULE("clauses", "0.1.0", &weir::clauses::kClausesSpec)
