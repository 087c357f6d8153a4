// A row that a server refused, as the record that a dead letter keeps: its payload is the row as JSON, since what it was made
// of is not kept until the server answers.
#pragma once

#include <string>

#include <weir/abi.h>

namespace weir::clickhouse {

// One reference, the caller's. Any thread.
weir_origin *make_refused_row(std::string json);

}  // namespace weir::clickhouse
