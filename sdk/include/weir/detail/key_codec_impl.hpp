// Definitions for weir/key_codec.hpp.
#pragma once

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include <weir/column.hpp>
#include <weir/detail/linkage.hpp>
#include <weir/key_codec.hpp>

namespace weir {
namespace detail {

static_assert(std::endian::native == std::endian::little, "keys are little-endian");

inline int64_t float_bits(double value) {
    if (std::isnan(value)) value = std::numeric_limits<double>::quiet_NaN();
    return std::bit_cast<int64_t>(value == 0 ? 0.0 : value);
}

inline int64_t word_of(const Column &column, int64_t row) {
    switch (column.type().id) {
        case TypeId::kFloat32: return float_bits(static_cast<double>(column.value<float>(row)));
        case TypeId::kFloat64: return float_bits(column.value<double>(row));
        case TypeId::kInt64: return column.value<int64_t>(row);
        default: return column.integer(row);
    }
}

template <class T>
void append_key(std::string &out, const T &value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <class T>
bool take_key(std::string_view &from, T &value) {
    if (from.size() < sizeof value) return false;
    std::memcpy(&value, from.data(), sizeof value);
    from.remove_prefix(sizeof value);
    return true;
}

inline bool take_value(std::string_view &from, ColumnBuilder &out) {
    const TypeId id = out.type().id;
    if (out.type().is_text()) {
        uint32_t size = 0;
        if (!take_key(from, size) || from.size() < size) return false;
        out.append_text(from.substr(0, size));
        from.remove_prefix(size);
        return true;
    }
    if (id == TypeId::kDecimal128) {
        Int128 value = 0;
        if (!take_key(from, value)) return false;
        out.append(value);
        return true;
    }
    int64_t word = 0;
    if (!take_key(from, word)) return false;
    if (id == TypeId::kFloat64)
        out.append(std::bit_cast<double>(word));
    else if (id == TypeId::kFloat32)
        out.append(static_cast<float>(std::bit_cast<double>(word)));
    else if (id == TypeId::kBool)
        out.append_bool(word != 0);
    else
        out.append_integer(word);
    return true;
}

inline const char *kind_of(const Type &type) {
    switch (type.id) {
        case TypeId::kFloat32:
        case TypeId::kFloat64: return "float";
        case TypeId::kString:
        case TypeId::kBinary: return "text";
        default: return "integer";
    }
}

}  // namespace detail

WEIR_INLINE void KeyBatch::add(const char *bytes, size_t size) {
    starts_.push_back(static_cast<uint32_t>(words_.size()));
    sizes_.push_back(static_cast<uint32_t>(size));
    words_.resize(words_.size() + (size + 7) / 8, 0);
    std::memcpy(words_.data() + starts_.back(), bytes, size);
}

WEIR_INLINE uint64_t *KeyBatch::add_n(size_t n, uint32_t size) {
    const size_t first = words_.size(), stride = (size + 7) / 8, row = sizes_.size();
    words_.resize(first + n * stride, 0);
    starts_.resize(row + n);
    sizes_.resize(row + n, size);
    for (size_t i = 0; i < n; ++i) starts_[row + i] = static_cast<uint32_t>(first + i * stride);
    return words_.data() + first;
}

WEIR_INLINE KeyCodec::KeyCodec(const Schema &schema, const std::vector<std::string>& columns) {
    fixed_bytes_ = 1;
    for (const std::string &name : columns) {
        columns_.push_back(*schema.find(name));
        const Field &field = schema.fields[columns_.back()];
        key_schema_.fields.push_back(field);
        if (field.type.is_text()) fixed_bytes_ = 0;
        if (fixed_bytes_) fixed_bytes_ += field.type.id == TypeId::kDecimal128 ? 16 : 8;
    }
}

WEIR_INLINE std::string KeyCodec::kinds() const {
    std::string out;
    for (const Field &field : key_schema_.fields) {
        if (!out.empty()) out += ", ";
        if (field.type.id == TypeId::kDecimal128)
            out += "decimal of scale " + std::to_string(field.type.scale);
        else
            out += detail::kind_of(field.type);
    }
    return out;
}

WEIR_INLINE void KeyCodec::encode_row(const ArrowArray &rows, int64_t row, std::string &out) const {
    out.clear();
    std::string nulls;
    for (size_t c = 0; c < columns_.size(); ++c) {
        const Column column(rows.children[columns_[c]], &key_schema_.fields[c].type);
        if (column.is_null(row)) {
            nulls.resize((columns_.size() + 7) / 8, '\0');
            nulls[c / 8] = static_cast<char>(nulls[c / 8] | (1 << (c % 8)));
        } else if (column.type().is_text()) {
            const std::string_view text = column.text(row);
            detail::append_key(out, static_cast<uint32_t>(text.size()));
            out.append(text);
        } else if (column.type().id == TypeId::kDecimal128) {
            detail::append_key(out, column.decimal(row));
        } else {
            detail::append_key(out, detail::word_of(column, row));
        }
    }
    out.append(nulls);
    out.push_back(static_cast<char>(nulls.size()));
}

WEIR_INLINE void KeyCodec::encode(const ArrowArray &rows, KeyBatch &out) const {
    const auto n = static_cast<size_t>(rows.length);
    bool words = fixed_bytes_ > 0;
    for (size_t c = 0; words && c < columns_.size(); ++c)
        words = rows.children[columns_[c]]->null_count == 0 && key_schema_.fields[c].type.id != TypeId::kDecimal128;
    if (!words) {
        std::string key;
        for (int64_t row = 0; row < rows.length; ++row) {
            encode_row(rows, row, key);
            out.add(key.data(), key.size());
        }
        return;
    }
    const size_t stride = columns_.size() + 1;  // the last word is the byte 0, padded
    uint64_t *to = out.add_n(n, fixed_bytes_);
    for (size_t c = 0; c < columns_.size(); ++c) {
        const Column column(rows.children[columns_[c]], &key_schema_.fields[c].type);
        if (column.type().id == TypeId::kInt64) {
            const auto *values = column.values<uint64_t>();
            for (size_t i = 0; i < n; ++i) to[i * stride + c] = values[i];
            continue;
        }
        for (size_t i = 0; i < n; ++i)
            to[i * stride + c] = static_cast<uint64_t>(detail::word_of(column, static_cast<int64_t>(i)));
    }
}

WEIR_INLINE bool KeyCodec::decode(std::string_view key, BatchBuilder &out) const {
    if (key.empty()) return false;
    const size_t bitmap = static_cast<uint8_t>(key.back());
    key.remove_suffix(1);
    if (bitmap > key.size() || (bitmap > 0 && bitmap != (columns_.size() + 7) / 8)) return false;
    const std::string_view nulls = key.substr(key.size() - bitmap);
    key.remove_suffix(bitmap);
    for (size_t c = 0; c < columns_.size(); ++c) {
        if (bitmap && (static_cast<uint8_t>(nulls[c / 8]) >> (c % 8)) & 1)
            out.column(c).append_null();
        else if (!detail::take_value(key, out.column(c)))
            return false;
    }
    return key.empty();
}

}  // namespace weir
