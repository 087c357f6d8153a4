#include <weir/module.hpp>

#include "throttle.hpp"

WEIR_MODULE("throttle", "0.1.0", &weir::throttle::kThrottleSpec)
