#include <weir/module.hpp>

#include "window.hpp"

WEIR_MODULE("window", "0.1.0", &weir::window::kWindowSpec)
