// What lint finds on the server of a query whose rows are read.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <weir/operator.hpp>

#include "connection.hpp"

namespace weir::clickhouse {

// Finds columns of `record` that the query does not give, and those that cannot be converted. `parameter`: where the query stands.
// Blocks. WEIR_E_RETRYABLE: the server cannot be asked.
Status check_query(ClickHouseConnection &connection, const Check &check, const char *parameter, const std::string &sql,
                   const std::vector<std::pair<std::string, std::string>> &arguments, const Schema &record);

}  // namespace weir::clickhouse
