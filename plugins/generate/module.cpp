#include <weir/module.hpp>

#include "generate.hpp"

WEIR_MODULE("generate", "0.1.0", &weir::generate::kGenerateSpec)
