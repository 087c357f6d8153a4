// Rows as bytes, of all types: what an operator keeps of rows in its state.
//
//   a bitmap of the nulls, a bit a column, lowest first; then the values that are not null, one behind the other:
//   fixed width      as in a column, little-endian; a bool is a byte
//   string, binary   u32 length, bytes
//   list, map        u32 number of elements; the elements (of a map: key, value)
//   struct           the members
// Elements and members have a byte before them: 0 for null, without a value then, or 1.
//
// Threads: const use from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <weir/builder.hpp>
#include <weir/types.hpp>

namespace weir {

// One value. REQUIRES: it is not null.
void append_row_value(std::string &out, const Column &column, int64_t row);
// Takes one value's bytes off the front; none where they are not a value of that type.
std::optional<std::string_view> take_row_value_bytes(std::string_view &from, const Type &type);
// Takes one value off the front. False: there is none of the builder's type, which then holds what nobody may use.
bool take_row_value(std::string_view &from, ColumnBuilder &out);

class RowCodec {
public:
    RowCodec() = default;
    explicit RowCodec(Schema schema) : schema_(std::move(schema)) {}

    const Schema &schema() const { return schema_; }
    // Appends a row of these columns, which are those of the schema.
    void encode(std::span<const Column> columns, int64_t row, std::string &out) const;
    // Appends a row to columns [first, first + columns of the schema). False: the bytes are no such row.
    bool decode(std::string_view bytes, BatchBuilder &out, size_t first = 0) const;
    // By column: its bytes, or none where it is null. False: the bytes are no such row.
    bool split(std::string_view bytes, std::vector<std::optional<std::string_view>> &out) const;
    // Appends a row of such parts.
    void join(std::span<const std::optional<std::string_view>> parts, std::string &out) const;

private:
    size_t bitmap_bytes() const { return (schema_.size() + 7) / 8; }

    Schema schema_;
};

}  // namespace weir

#ifndef WEIR_SDK_COMPILED
#include <weir/detail/row_codec_impl.hpp>
#endif
