// Reading a column of a batch. Views: they borrow the array and the type, which must outlive them.
#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

#include <weir/abi.h>
#include <weir/types.hpp>

namespace weir {

class Column {
public:
    Column() = default;
    Column(const ArrowArray *array, const Type *type) : array_(array), type_(type) {}

    int64_t size() const { return array_->length; }
    const Type &type() const { return *type_; }
    const ArrowArray &array() const { return *array_; }
    bool has_nulls() const { return array_->null_count != 0; }

    bool is_null(int64_t row) const {
        if (array_->null_count == 0) return false;
        auto *bits = static_cast<const uint8_t *>(array_->buffers[0]);
        return bits && !((bits[row >> 3] >> (row & 7)) & 1);
    }
    // REQUIRES: T is the type's C++ form (int64_t for int64 and timestamp, ...). Null rows hold anything.
    template <class T>
    const T *values() const {
        static_assert(!std::is_same_v<T, bool>, "a bool column holds bits, not bytes: use bool_value");
        return static_cast<const T *>(array_->buffers[1]);
    }
    template <class T>
    T value(int64_t row) const {
        return values<T>()[row];
    }
    bool bool_value(int64_t row) const { return (values<uint8_t>()[row >> 3] >> (row & 7)) & 1; }
    Int128 decimal(int64_t row) const {
        Int128 v;
        __builtin_memcpy(&v, values<char>() + 16 * row, sizeof v);
        return v;
    }
    // Any integer type, date or timestamp, widened. uint64 above INT64_MAX wraps.
    int64_t integer(int64_t row) const;

    // string, binary, list, map: the row's range of bytes or elements.
    int32_t begin_of(int64_t row) const { return values<int32_t>()[row]; }
    int32_t end_of(int64_t row) const { return values<int32_t>()[row + 1]; }
    std::string_view text(int64_t row) const {
        auto *bytes = static_cast<const char *>(array_->buffers[2]);
        return {bytes + begin_of(row), static_cast<size_t>(end_of(row) - begin_of(row))};
    }
    // list: the elements; struct: member i; map: 0 keys, 1 values.
    Column child(size_t i) const {
        const ArrowArray *from = type_->id == TypeId::kMap ? array_->children[0] : array_;
        return {from->children[i], &type_->children[i].type};
    }

private:
    const ArrowArray *array_ = nullptr;
    const Type *type_ = nullptr;
};

inline int64_t Column::integer(int64_t row) const {
    switch (type_->id) {
        case TypeId::kInt8: return value<int8_t>(row);
        case TypeId::kInt16: return value<int16_t>(row);
        case TypeId::kInt32:
        case TypeId::kDate: return value<int32_t>(row);
        case TypeId::kUint8: return value<uint8_t>(row);
        case TypeId::kUint16: return value<uint16_t>(row);
        case TypeId::kUint32: return value<uint32_t>(row);
        case TypeId::kUint64: return static_cast<int64_t>(value<uint64_t>(row));
        case TypeId::kBool: return bool_value(row);
        default: return value<int64_t>(row);
    }
}

}  // namespace weir
