// A value of any type as bytes, and back: how variable columns are kept with a waiting value and in state.
//
// Texts are their bytes. Within a list, struct or map each value is preceded by a byte (1: there, 0: null),
// texts by their length and lists and maps by their count (uint32, little-endian). Any thread.
#pragma once

#include <cstdint>

#include <weir/builder.hpp>
#include <weir/column.hpp>

namespace weir::pair_match {

// Bytes of a value. REQUIRES: not null, of variable length (text, list, struct, map).
size_t measure(const Column &column, int64_t row);
// Writes it, under the same condition; returns the end.
uint8_t *write(const Column &column, int64_t row, uint8_t *to);
// Appends a value of any type. False: the bytes are not one; what was appended is for the caller to truncate.
bool read(std::string_view bytes, ColumnBuilder &to);

}  // namespace weir::pair_match
