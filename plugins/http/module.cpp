#include <weir/module.hpp>

#include "source.hpp"

WEIR_MODULE("http", "0.1.0", &weir::http::kSourceSpec)
