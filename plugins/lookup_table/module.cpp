#include <weir/module.hpp>

#include "lookup_table.hpp"

WEIR_MODULE("lookup_table", "0.1.0", &weir::lookup::kLookupTableSpec)
