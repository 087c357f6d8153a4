#include <weir/module.hpp>

#include "assert.hpp"

WEIR_MODULE("assert", "0.1.0", &weir::asserting::kAssertSpec)
