#include <weir/module.hpp>

#include "fold.hpp"

WEIR_MODULE("fold", "0.1.0", &weir::fold::kFoldSpec)
