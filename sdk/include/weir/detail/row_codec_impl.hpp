// Definitions for weir/row_codec.hpp.
#pragma once

#include <cstring>

#include <weir/detail/linkage.hpp>
#include <weir/row_codec.hpp>

namespace weir {
namespace detail {

inline void append_count(std::string &out, size_t count) {
    const auto value = static_cast<uint32_t>(count);
    out.append(reinterpret_cast<const char *>(&value), sizeof value);
}

inline bool take_count(std::string_view &from, uint32_t &count) {
    if (from.size() < sizeof count) return false;
    std::memcpy(&count, from.data(), sizeof count);
    from.remove_prefix(sizeof count);
    return true;
}

inline void append_element(std::string &out, const Column &column, int64_t row) {
    const bool null = column.is_null(row);
    out.push_back(null ? '\0' : '\1');
    if (!null) append_row_value(out, column, row);
}

inline bool take_element(std::string_view &from, ColumnBuilder &out) {
    if (from.empty()) return false;
    const bool there = from.front() != '\0';
    from.remove_prefix(1);
    if (there) return take_row_value(from, out);
    out.append_null();
    return true;
}

inline bool skip_row_value(std::string_view &from, const Type &type);

inline bool skip_element(std::string_view &from, const Type &type) {
    if (from.empty()) return false;
    const bool there = from.front() != '\0';
    from.remove_prefix(1);
    return !there || skip_row_value(from, type);
}

inline bool skip_bytes(std::string_view &from, size_t n) {
    if (from.size() < n) return false;
    from.remove_prefix(n);
    return true;
}

inline bool skip_row_value(std::string_view &from, const Type &type) {
    uint32_t count = 1;
    if (type.is_text()) return take_count(from, count) && skip_bytes(from, count);
    if (!type.is_nested()) return skip_bytes(from, type.id == TypeId::kBool ? 1 : value_width(type.id));
    if (type.id != TypeId::kStruct && !take_count(from, count)) return false;
    for (; count > 0; --count)
        for (const Field &child : type.children)
            if (!skip_element(from, child.type)) return false;
    return true;
}

inline bool take_nested_row_value(std::string_view &from, ColumnBuilder &out) {
    const Type &type = out.type();
    uint32_t count = 1;
    if (type.id != TypeId::kStruct && !take_count(from, count)) return false;
    for (; count > 0; --count)
        for (size_t i = 0; i < type.children.size(); ++i)
            if (!take_element(from, out.child(i))) return false;
    out.end_row();
    return true;
}

}  // namespace detail

WEIR_INLINE void append_row_value(std::string &out, const Column &column, int64_t row) {
    const Type &type = column.type();
    if (type.is_text()) {
        const std::string_view text = column.text(row);
        detail::append_count(out, text.size());
        out.append(text);
    } else if (type.id == TypeId::kBool) {
        out.push_back(column.bool_value(row) ? '\1' : '\0');
    } else if (type.id == TypeId::kStruct) {
        for (size_t i = 0; i < type.children.size(); ++i) detail::append_element(out, column.child(i), row);
    } else if (type.is_nested()) {
        const int32_t begin = column.begin_of(row), end = column.end_of(row);
        detail::append_count(out, static_cast<size_t>(end - begin));
        for (int32_t e = begin; e < end; ++e)
            for (size_t i = 0; i < type.children.size(); ++i) detail::append_element(out, column.child(i), e);
    } else {
        const size_t width = value_width(type.id);
        out.append(column.values<char>() + static_cast<size_t>(row) * width, width);
    }
}

WEIR_INLINE std::optional<std::string_view> take_row_value_bytes(std::string_view &from, const Type &type) {
    const std::string_view whole = from;
    if (!detail::skip_row_value(from, type)) return std::nullopt;
    return whole.substr(0, whole.size() - from.size());
}

WEIR_INLINE bool take_row_value(std::string_view &from, ColumnBuilder &out) {
    const Type &type = out.type();
    if (type.is_nested()) return detail::take_nested_row_value(from, out);
    if (type.is_text()) {
        uint32_t size = 0;
        if (!detail::take_count(from, size) || from.size() < size) return false;
        out.append_text(from.substr(0, size));
        from.remove_prefix(size);
        return true;
    }
    auto take = [&]<class T>() {
        T value;
        if (from.size() < sizeof value) return false;
        std::memcpy(&value, from.data(), sizeof value);
        from.remove_prefix(sizeof value);
        if (type.id == TypeId::kBool) out.append_bool(value != 0);
        else out.append(value);
        return true;
    };
    switch (type.id == TypeId::kBool ? 1 : value_width(type.id)) {
        case 1: return take.operator()<uint8_t>();
        case 2: return take.operator()<uint16_t>();
        case 4: return take.operator()<uint32_t>();
        case 8: return take.operator()<uint64_t>();
        default: return take.operator()<Int128>();
    }
}

WEIR_INLINE void RowCodec::encode(std::span<const Column> columns, int64_t row, std::string &out) const {
    const size_t bitmap = out.size();
    out.append(bitmap_bytes(), '\0');
    for (size_t c = 0; c < columns.size(); ++c) {
        if (!columns[c].is_null(row)) {
            append_row_value(out, columns[c], row);
            continue;
        }
        char &bits = out[bitmap + c / 8];
        bits = static_cast<char>(bits | (1 << (c % 8)));
    }
}

WEIR_INLINE bool RowCodec::decode(std::string_view bytes, BatchBuilder &out, size_t first) const {
    if (bytes.size() < bitmap_bytes()) return false;
    std::string_view values = bytes.substr(bitmap_bytes());
    for (size_t c = 0; c < schema_.size(); ++c) {
        if (static_cast<uint8_t>(bytes[c / 8]) >> (c % 8) & 1) out.column(first + c).append_null();
        else if (!take_row_value(values, out.column(first + c))) return false;
    }
    return values.empty();
}

WEIR_INLINE bool RowCodec::split(std::string_view bytes, std::vector<std::optional<std::string_view>> &out) const {
    out.assign(schema_.size(), std::nullopt);
    if (bytes.size() < bitmap_bytes()) return false;
    std::string_view values = bytes.substr(bitmap_bytes());
    for (size_t c = 0; c < schema_.size(); ++c) {
        if (static_cast<uint8_t>(bytes[c / 8]) >> (c % 8) & 1) continue;
        out[c] = take_row_value_bytes(values, schema_.fields[c].type);
        if (!out[c]) return false;
    }
    return values.empty();
}

WEIR_INLINE void RowCodec::join(std::span<const std::optional<std::string_view>> parts, std::string &out) const {
    const size_t bitmap = out.size();
    out.append(bitmap_bytes(), '\0');
    for (size_t c = 0; c < parts.size(); ++c) {
        if (parts[c]) out.append(*parts[c]);
        else out[bitmap + c / 8] = static_cast<char>(out[bitmap + c / 8] | (1 << (c % 8)));
    }
}

}  // namespace weir
