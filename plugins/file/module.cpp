#include <weir/module.hpp>

#include "sink.hpp"
#include "source.hpp"

WEIR_MODULE("file", "0.1.0", &weir::file::kSourceSpec, &weir::file::kSinkSpec)
