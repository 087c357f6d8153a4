#include <weir/module.hpp>

#include "top.hpp"

WEIR_MODULE("top", "0.1.0", &weir::top::kTopSpec)
