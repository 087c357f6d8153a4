#include <weir/module.hpp>

#include "connection.hpp"
#include "sink.hpp"

WEIR_MODULE("clickhouse", "0.1.0", &weir::clickhouse::kConnectionSpec, &weir::clickhouse::kSinkSpec)
