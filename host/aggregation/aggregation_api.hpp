// The extension `weir.aggregation/0` of plugins, over the compiler and the evaluator.
#pragma once

#include <weir/ext/aggregation.h>

#include "host/loader/resolver.hpp"

namespace weir::host::aggregation {

// The table without `compiler` and `report`, which need to know who runs operators: they refuse, and do nothing.
const weir_aggregation_api& aggregation_api();

// weir_aggregation_api.compiler, over aggregates of that resolver, which stays until finish or discard.
int32_t make_compiler(OperatorResolver& resolver, const ArrowSchema* rows, const ArrowSchema* group,
                      weir_aggregation_compiler** out, weir_error* error);

// For tests: a table of its own whose aggregates are the resolver's. One at a time a process.
const weir_aggregation_api& aggregation_api_with(OperatorResolver& resolver);

}  // namespace weir::host::aggregation
