// Definitions for weir/builder.hpp: what runs for each value.
#pragma once

#include <weir/builder.hpp>

namespace weir {
namespace detail {

inline void set_bit(Buffer &bits, int64_t index, bool value) {
    auto byte = static_cast<size_t>(index >> 3);
    while (bits.size() <= byte) bits.push(uint8_t{0});
    auto mask = static_cast<uint8_t>(1 << (index & 7));
    uint8_t &at = bits.data()[byte];
    at = value ? static_cast<uint8_t>(at | mask) : static_cast<uint8_t>(at & ~mask);
}

}  // namespace detail

inline void ColumnBuilder::count(bool valid) {
    if (!valid && !validity_.size())
        for (int64_t i = 0; i < length_; ++i) detail::set_bit(validity_, i, true);
    if (!valid || validity_.size()) detail::set_bit(validity_, length_, valid);
    if (!valid) ++nulls_;
    ++length_;
}

inline void ColumnBuilder::append_bool(bool value) {
    assert(type_.id == TypeId::kBool);
    detail::set_bit(values_, length_, value);
    count(true);
}

inline void ColumnBuilder::append_integer(int64_t value) {
    switch (value_width(type_.id)) {
        case 1: return append(static_cast<int8_t>(value));
        case 2: return append(static_cast<int16_t>(value));
        case 4: return append(static_cast<int32_t>(value));
        case 16: return append(static_cast<Int128>(value));
        default: return append(value);
    }
}

// offsets[i + 1] of the row that is being closed; offsets[0] is written with the first row.
inline void ColumnBuilder::push_offset() {
    if (!offsets_.size()) offsets_.push(int32_t{0});
    int64_t end = static_cast<int64_t>(values_.size());
    if (!type_.is_text()) end = children_.empty() ? 0 : children_[0].size();
    assert(end <= INT32_MAX);
    offsets_.push(static_cast<int32_t>(end));
}

inline void ColumnBuilder::append_text(std::string_view bytes) {
    assert(type_.is_text());
    values_.append(bytes.data(), bytes.size());
    push_offset();
    count(true);
}

inline void ColumnBuilder::append_null() {
    if (type_.id == TypeId::kBool) {
        detail::set_bit(values_, length_, false);
    } else if (size_t width = value_width(type_.id)) {
        static constexpr char kZero[16] = {};
        values_.append(kZero, width);
    } else if (has_offsets()) {
        push_offset();
    } else {
        for (auto &c : children_) c.append_null();
    }
    count(false);
}

inline void ColumnBuilder::end_row() {
    if (has_offsets()) push_offset();
    count(true);
}

}  // namespace weir
