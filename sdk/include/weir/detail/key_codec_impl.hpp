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

WEIR_INLINE std::vector<uint8_t *> KeyBatch::add_sized(const std::vector<uint32_t> &sizes) {
    const size_t n = sizes.size(), row = sizes_.size();
    size_t words = words_.size();
    starts_.resize(row + n);
    for (size_t i = 0; i < n; ++i) {
        starts_[row + i] = static_cast<uint32_t>(words);
        words += (sizes[i] + 7) / 8;
    }
    sizes_.insert(sizes_.end(), sizes.begin(), sizes.end());
    words_.resize(words, 0);
    std::vector<uint8_t *> out(n);
    for (size_t i = 0; i < n; ++i) out[i] = reinterpret_cast<uint8_t *>(words_.data() + starts_[row + i]);
    return out;
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

// A column at a time, first how long the keys are, then what they hold.
WEIR_INLINE void KeyCodec::encode_any(const ArrowArray &rows, KeyBatch &out) const {
    const auto n = static_cast<size_t>(rows.length);
    const size_t bitmap = (columns_.size() + 7) / 8;
    std::vector<uint32_t> sizes(n, 1);
    std::vector<uint8_t> with_null(n, 0);
    for (size_t c = 0; c < columns_.size(); ++c) {
        const Column column(rows.children[columns_[c]], &key_schema_.fields[c].type);
        const bool text = column.type().is_text(), nulls = column.has_nulls();
        const uint32_t fixed = text ? sizeof(uint32_t) : column.type().id == TypeId::kDecimal128 ? 16 : 8;
        for (size_t i = 0; i < n; ++i) {
            const auto row = static_cast<int64_t>(i);
            if (nulls && column.is_null(row)) with_null[i] = 1;
            else sizes[i] += fixed + (text ? static_cast<uint32_t>(column.end_of(row) - column.begin_of(row)) : 0);
        }
    }
    for (size_t i = 0; i < n; ++i) sizes[i] += with_null[i] ? static_cast<uint32_t>(bitmap) : 0;
    std::vector<uint8_t *> to = out.add_sized(sizes);
    std::vector<uint8_t *> ends(n);
    for (size_t i = 0; i < n; ++i) {
        ends[i] = to[i] + sizes[i] - 1;
        *ends[i] = with_null[i] ? static_cast<uint8_t>(bitmap) : 0;
    }
    const auto put = [&](size_t i, const void *bytes, size_t size) {
        if (size) std::memcpy(to[i], bytes, size);
        to[i] += size;
    };
    for (size_t c = 0; c < columns_.size(); ++c) {
        const Column column(rows.children[columns_[c]], &key_schema_.fields[c].type);
        for (size_t i = 0; i < n; ++i) {
            const auto row = static_cast<int64_t>(i);
            if (with_null[i] && column.is_null(row)) {
                (ends[i] - bitmap)[c / 8] |= static_cast<uint8_t>(1u << (c % 8));
            } else if (column.type().is_text()) {
                const std::string_view text = column.text(row);
                const auto size = static_cast<uint32_t>(text.size());
                put(i, &size, sizeof size);
                put(i, text.data(), text.size());
            } else if (column.type().id == TypeId::kDecimal128) {
                const Int128 value = column.decimal(row);
                put(i, &value, sizeof value);
            } else {
                const int64_t word = detail::word_of(column, row);
                put(i, &word, sizeof word);
            }
        }
    }
}

WEIR_INLINE void KeyCodec::encode(const ArrowArray &rows, KeyBatch &out) const {
    const auto n = static_cast<size_t>(rows.length);
    bool words = fixed_bytes_ > 0;
    for (size_t c = 0; words && c < columns_.size(); ++c)
        words = rows.children[columns_[c]]->null_count == 0 && key_schema_.fields[c].type.id != TypeId::kDecimal128;
    if (!words) return encode_any(rows, out);
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
