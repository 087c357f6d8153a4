// How the columns of a waiting value are packed into bytes, in memory and in state.
//
// For each column of variable length the end of its bytes (uint32); a bit a column that is set for null, if any
// column is nullable; the values of fixed width; then the bytes of the others. Little-endian, not aligned. Plain
// value, any thread.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include <weir/types.hpp>

namespace weir::pair_match {

// A column that travels with a waiting value.
struct StoredColumn {
    size_t input = 0;  // index in the input schema
    Field field;
    uint32_t width = 0;   // of its value; 0: variable
    uint32_t offset = 0;  // of its value, or of the end of its bytes, in the payload
};

struct PayloadLayout {
    explicit PayloadLayout(std::vector<StoredColumn> stored);

    std::vector<StoredColumn> columns;
    size_t fixed_bytes = 0;  // up to where the bytes of variable columns begin
    size_t nulls_offset = 0, null_bytes = 0;
    size_t n_variable = 0;

    size_t payload_bytes(const uint8_t *payload) const {
        if (!n_variable) return fixed_bytes;
        uint32_t end;
        std::memcpy(&end, payload + (n_variable - 1) * sizeof end, sizeof end);
        return end;
    }
    bool is_null(const uint8_t *payload, size_t column) const {
        return null_bytes && (payload[nulls_offset + column / 8] >> (column % 8) & 1);
    }
    void set_null(uint8_t *payload, size_t column) const {
        payload[nulls_offset + column / 8] |= static_cast<uint8_t>(1 << (column % 8));
    }
    // The bytes of a column: its value, or what variable length it has.
    std::string_view bytes(const uint8_t *payload, const StoredColumn &column) const;
    // Whether bytes from outside (state) are a payload of this layout.
    bool is_sound(std::string_view payload) const;
};

}  // namespace weir::pair_match
