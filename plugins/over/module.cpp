#include <weir/module.hpp>

#include "over.hpp"

WEIR_MODULE("over", "0.1.0", &weir::over::kOverSpec)
