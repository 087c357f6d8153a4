// From the parameters of a request to what a view takes: typed arguments of a query, or a choice of a table's rows.
//
// Pure functions; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <weir/ext/query.h>

#include "host/serve/latest_table.hpp"
#include "host/http/answer.hpp"
#include "host/topology/views.hpp"

namespace weir::host {

using RequestParameters = std::vector<std::pair<std::string, std::string>>;

// The parameter that says how many rows of a `latest` view are wanted.
inline constexpr const char* kLimitParameter = "limit";

// The arguments of a query; `values` holds their texts. nullopt: `why` says what is wrong.
struct BoundArguments {
    struct Value {
        std::string name, type, text;
    };
    std::vector<Value> values;

    // Valid as long as this is and nothing is added.
    std::vector<weir_query_argument> abi() const;
};
std::optional<BoundArguments> bind_arguments(const ViewSpec& view, const RequestParameters& parameters, Answer& why);

// Which rows of a table: `column=value`, and `limit`.
struct RowChoice {
    RowFilter filter;
    size_t limit = 0;
};
std::optional<RowChoice> choose_rows(const std::string& view, const LatestTable& table, const RequestParameters& parameters, Answer& why);

}  // namespace weir::host
