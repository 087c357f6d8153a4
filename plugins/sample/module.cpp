#include <weir/module.hpp>

#include "sample.hpp"

WEIR_MODULE("sample", "0.1.0", &weir::sample::kSampleSpec)
