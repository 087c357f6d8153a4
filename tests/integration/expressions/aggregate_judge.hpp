// The part of expression_judge that groups rows.
#pragma once

#include <string>

#include <weir/types.hpp>

namespace weir::host::aggregation {

// The values of an expression over aggregates, by group, ordered by the key, an int32 column, as JSON with all digits; or
// {"problem": message}.
std::string judge_groups(const std::string& text, const Schema& schema, const ArrowArray& rows, const std::string& key);

}  // namespace weir::host::aggregation
