// A row, or one value, as JSON text: what consoles, dead letters and the json codec write.
//
// int64, uint64 and decimals are JSON numbers with all their digits; NaN and infinities are null (JSON has
// none); timestamps are ISO 8601 in UTC with microseconds only where there are any; dates are YYYY-MM-DD;
// binary is text where it is valid UTF-8, else base64 behind "base64:" (also where the text begins so); maps are
// objects.
#pragma once

#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <string>

#include <weir/column.hpp>
#include <weir/types.hpp>

namespace weir {

void append_json_string(std::string &out, std::string_view text);
void append_json_value(std::string &out, const Column &column, int64_t row);
// An object of the columns; metadata columns (`_name`) only with `metadata`.
void append_json_row(std::string &out, const Schema &schema, const ArrowArray &rows, int64_t row,
                     bool metadata = false);
bool is_utf8(std::string_view bytes);
std::string format_timestamp(int64_t micros);  // 2024-05-23T12:34:56Z, 2024-05-23T12:34:56.000001Z
std::string format_date(int32_t days);
std::string format_decimal(Int128 value, int scale);
std::string base64(std::string_view bytes);
// Appends the bytes. False: the text is not base64 with padding, exactly as base64() writes it.
bool from_base64(std::string_view text, std::string *out);

}  // namespace weir

#include <weir/detail/row_json_impl.hpp>
