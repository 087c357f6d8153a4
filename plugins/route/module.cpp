#include <weir/module.hpp>

#include "route.hpp"

WEIR_MODULE("route", "0.1.0", &weir::route::kRouteSpec)
