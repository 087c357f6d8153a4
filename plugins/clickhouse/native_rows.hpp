// Answers in the Native format as batches of weir. Reads the types that clickhouse_type names, to which the queries of sources and
// look-ups cast. Plain functions, any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <weir/abi.h>
#include <weir/result.hpp>
#include <weir/types.hpp>

namespace weir::clickhouse {

// The columns of `schema`, out of the one row of a query that is `from`: cast to the types that read_native reads, and
// a value that does not fit an error of the server's. `FROM (from)` has a name: q.
std::string select_cast(const Schema &schema, std::string_view from);

// Struct arrays of at most WEIR_BATCH_MAX_ROWS rows, with the columns of `schema` in its order; the caller releases them.
// WEIR_E_FATAL: these are other columns, or no answer, or a text that is not UTF-8.
Result<std::vector<ArrowArray>> read_native(std::string_view bytes, const Schema &schema);

}  // namespace weir::clickhouse
