#include <weir/module.hpp>

#include "connection.hpp"
#include "lookup.hpp"
#include "query_extension.hpp"
#include "sink.hpp"
#include "source.hpp"

WEIR_MODULE_WITH("clickhouse", "0.1.0", weir::clickhouse::extension, &weir::clickhouse::kConnectionSpec, &weir::clickhouse::kLookupSpec,
                 &weir::clickhouse::kSinkSpec, &weir::clickhouse::kSourceSpec)
