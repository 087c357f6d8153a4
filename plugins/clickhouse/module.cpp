#include <weir/module.hpp>

#include "connection.hpp"

WEIR_MODULE("clickhouse", "0.1.0", &weir::clickhouse::kConnectionSpec)
