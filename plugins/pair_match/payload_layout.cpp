#include "payload_layout.hpp"

#include "nested_bytes.hpp"

namespace weir::pair_match {

PayloadLayout::PayloadLayout(std::vector<StoredColumn> stored) : columns(std::move(stored)) {
    for (StoredColumn &c : columns) {
        c.width = c.field.type.id == TypeId::kBool ? 1 : static_cast<uint32_t>(value_width(c.field.type.id));
        if (!c.width) c.offset = static_cast<uint32_t>(n_variable++ * sizeof(uint32_t));
    }
    nulls_offset = n_variable * sizeof(uint32_t);
    for (const StoredColumn &c : columns)
        if (c.field.nullable) null_bytes = (columns.size() + 7) / 8;
    fixed_bytes = nulls_offset + null_bytes;
    for (StoredColumn &c : columns) {
        if (!c.width) continue;
        c.offset = static_cast<uint32_t>(fixed_bytes);
        fixed_bytes += c.width;
    }
}

std::string_view PayloadLayout::bytes(const uint8_t *payload, const StoredColumn &column) const {
    auto *text = reinterpret_cast<const char *>(payload);
    if (column.width) return {text + column.offset, column.width};
    auto begin = static_cast<uint32_t>(fixed_bytes), end = begin;
    if (column.offset) std::memcpy(&begin, payload + column.offset - sizeof begin, sizeof begin);
    std::memcpy(&end, payload + column.offset, sizeof end);
    return {text + begin, end - begin};
}

bool PayloadLayout::is_sound(std::string_view text) const {
    auto *payload = reinterpret_cast<const uint8_t *>(text.data());
    if (text.size() < fixed_bytes || payload_bytes(payload) != text.size()) return false;
    auto before = static_cast<uint32_t>(fixed_bytes);
    for (size_t i = 0; i < columns.size(); ++i) {
        const StoredColumn &c = columns[i];
        if (is_null(payload, i) && !c.field.nullable) return false;
        if (c.width) continue;
        uint32_t end;
        std::memcpy(&end, payload + c.offset, sizeof end);
        if (end < before || end > text.size()) return false;
        before = end;
        if (is_null(payload, i) || c.field.type.is_text()) continue;
        ColumnBuilder scratch(c.field.type);
        if (!read(bytes(payload, c), scratch)) return false;
    }
    return true;
}

}  // namespace weir::pair_match
