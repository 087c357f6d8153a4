#include <weir/module.hpp>

#include "console.hpp"

WEIR_MODULE("console", "0.1.0", &weir::console::kConsoleSpec)
