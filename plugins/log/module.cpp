#include <weir/module.hpp>

#include "log.hpp"

WEIR_MODULE("log", "0.1.0", &weir::log::kLogSpec)
