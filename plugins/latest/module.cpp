#include <weir/module.hpp>

#include "latest.hpp"

WEIR_MODULE("latest", "0.1.0", &weir::latest::kLatestSpec)
