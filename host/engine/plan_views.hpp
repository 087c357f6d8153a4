// What views ask of connections, and which columns panels name, against those that their views have.
//
// Threads: any, on values that nobody changes; the diagnostics are one thread's.
#pragma once

#include <optional>
#include <vector>

#include <weir/ext/query.h>
#include <weir/types.hpp>

#include "host/topology/diagnostic.hpp"
#include "host/topology/topology.hpp"

namespace weir::host {

// The arguments of a query by their defaults, and null where there is none: to ask for its columns. Valid as long as `query`.
std::vector<weir_query_argument> standard_arguments(const QuerySpec& query);

// `columns`: by view; those of views without are not looked at. False after an error.
bool check_panel_columns(const Topology& topology, const std::vector<std::optional<Schema>>& columns, Diagnostics& diagnostics);

}  // namespace weir::host
