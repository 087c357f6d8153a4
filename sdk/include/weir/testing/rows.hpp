// Rows for tests: JSON arrays into batches, by schema. [[1,"a"],[2,null]]: a row each, a value a column.
//
// Integers, floats, bools and strings stand for themselves; decimals, dates and timestamps are their text
// ("12.50") or their unscaled integer; lists are arrays, structs and maps objects. A value that does not fit
// throws std::invalid_argument: a test that is wrong should say so at once.
#pragma once

#include <stdexcept>
#include <string>

#include <nlohmann/json.hpp>

#include <weir/builder.hpp>
#include <weir/row_json.hpp>

namespace weir::testing {

using Json = nlohmann::ordered_json;

void append_value(ColumnBuilder &to, const Json &value);
ArrowArray make_rows(const Schema &schema, const Json &rows);
Schema schema_of(std::initializer_list<std::pair<const char *, const char *>> columns);
// One JSON object a row, metadata columns included.
std::vector<std::string> json_rows(const Schema &schema, const ArrowArray &array);

}  // namespace weir::testing

#ifndef WEIR_SDK_COMPILED
#include <weir/testing/rows_impl.hpp>
#endif
