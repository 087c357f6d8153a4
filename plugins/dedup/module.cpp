#include <weir/module.hpp>

#include "dedup.hpp"

WEIR_MODULE("dedup", "0.1.0", &weir::dedup::kDedupSpec)
