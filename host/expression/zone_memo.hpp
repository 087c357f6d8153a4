// Time zones as arguments of functions.
#pragma once

#include <string>

#include "host/expression/kernel.hpp"
#include "host/expression/time_zone.hpp"
#include "host/expression/type_rules.hpp"

namespace weir::host::expression {

// The zone of that name, kept from row to row; null: the row has failed.
TimeZoneCache* zone_of(Row& row, std::string_view name);

// ArgumentChecks: the second or the third argument is the name of a zone.
Refusal check_zone_second(Arguments args);
Refusal check_zone_at(Arguments args, size_t at);

}  // namespace weir::host::expression
