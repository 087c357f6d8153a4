#include <weir/module.hpp>

#include "pair_match.hpp"

WEIR_MODULE("pair_match", "0.1.0", &weir::pair_match::kPairMatchSpec)
