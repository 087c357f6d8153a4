// Bool, Int, UInt, Float and Decimal.
#include <array>
#include <limits>

#include "fixed_writers.hpp"

namespace weir::clickhouse {
namespace {

// 256 bits, the least significant word first.
struct Wide {
    Int128 low, high;
    explicit Wide(Int128 value) : low(value), high(value < 0 ? -1 : 0) {}
};

template <class From, class To>
struct Widen {
    static constexpr bool kTakesAll = true;
    bool takes(From) const { return true; }
    To convert(From value) const { return static_cast<To>(value); }
    std::string fault(From) const { return {}; }
};

// A decimal of one scale as one of another that has room for all of its values.
template <class From, class To>
struct Scale {
    static constexpr bool kTakesAll = true;
    Int128 factor;
    bool takes(From) const { return true; }
    To convert(From value) const { return static_cast<To>(static_cast<Int128>(value) * factor); }
    std::string fault(From) const { return {}; }
};

// Arrow's bits as bytes.
class BoolWriter final : public FixedWriter {
public:
    explicit BoolWriter(std::string type) : FixedWriter(std::move(type), 1) {}
    void append(const Column &column, int64_t begin, int64_t end) override {
        uint8_t *to = grow(static_cast<size_t>(end - begin));
        for (int64_t row = begin; row < end; ++row) *to++ = column.bool_value(row);
    }
};

// Decimals: the values of Arrow are aligned to 16 bytes at the first alone where they stand in a batch of another's making.
struct DecimalBytes {
    std::array<uint8_t, 16> bytes;
    operator Int128() const {
        Int128 v;
        std::memcpy(&v, bytes.data(), sizeof v);
        return v;
    }
};

size_t width_of(TypeId id) { return value_width(id); }

template <class From>
std::unique_ptr<ColumnWriter> widen_from(const DataType &to) {
    if (to.is(Kind::kFloat)) {
        if (to.width == 8) return make_convert<From, double>(to, Widen<From, double>{});
        return make_convert<From, float>(to, Widen<From, float>{});
    }
    switch (to.width) {
        case 2: return make_convert<From, uint16_t>(to, Widen<From, uint16_t>{});
        case 4: return make_convert<From, uint32_t>(to, Widen<From, uint32_t>{});
        case 8: return make_convert<From, uint64_t>(to, Widen<From, uint64_t>{});
        case 16: return make_convert<From, Int128>(to, Widen<From, Int128>{});
        default: return make_convert<From, Wide>(to, Widen<From, Wide>{});
    }
}

// Sign and width say whether all values fit; the bytes of a widened value are the same for signed and unsigned ones.
Fit fit_integer(const Type &from, const DataType &to) {
    const size_t have = width_of(from.id);
    const bool is_signed = from.is_signed_integer();
    const bool takes = to.is(Kind::kInt)    ? (is_signed ? have <= to.width : have < to.width)
                       : to.is(Kind::kUint) ? !is_signed && have <= to.width
                                            : have <= (to.width == 8 ? 4u : 2u);  // Float
    if (!takes) return {nullptr, {"not every value fits", weir_type(to)}};
    if (have == to.width && !to.is(Kind::kFloat)) return {make_copy(to), {}};
    switch (from.id) {
        case TypeId::kInt8: return {widen_from<int8_t>(to), {}};
        case TypeId::kInt16: return {widen_from<int16_t>(to), {}};
        case TypeId::kInt32: return {widen_from<int32_t>(to), {}};
        case TypeId::kInt64: return {widen_from<int64_t>(to), {}};
        case TypeId::kUint8: return {widen_from<uint8_t>(to), {}};
        case TypeId::kUint16: return {widen_from<uint16_t>(to), {}};
        case TypeId::kUint32: return {widen_from<uint32_t>(to), {}};
        default: return {widen_from<uint64_t>(to), {}};
    }
}

template <class From>
std::unique_ptr<ColumnWriter> scale_from(const DataType &to, Int128 factor) {
    switch (to.width) {
        case 4: return make_convert<From, int32_t>(to, Scale<From, int32_t>{factor});
        case 8: return make_convert<From, int64_t>(to, Scale<From, int64_t>{factor});
        case 16: return make_convert<From, Int128>(to, Scale<From, Int128>{factor});
        default: return make_convert<From, Wide>(to, Scale<From, Wide>{factor});
    }
}

Fit fit_decimal(const Type &from, const DataType &to) {
    constexpr std::array<int, 9> kDigits = {0, 3, 5, 0, 10, 0, 0, 0, 20};  // by width: of the largest integer
    const bool is_decimal = from.id == TypeId::kDecimal128;
    if (!is_decimal && !from.is_signed_integer() && !from.is_unsigned_integer()) return {nullptr, {"", weir_type(to)}};
    const int precision = is_decimal ? from.precision : kDigits[width_of(from.id)], scale = is_decimal ? from.scale : 0;
    if (scale > to.scale) return {nullptr, {"digits behind the point would be cut", weir_type(to)}};
    if (precision - scale > to.precision - to.scale) return {nullptr, {"not every value fits", weir_type(to)}};
    Int128 factor = 1;
    for (int i = scale; i < to.scale; ++i) {
        if (factor > std::numeric_limits<int64_t>::max()) return {nullptr, {"the scales are too far apart", weir_type(to)}};
        factor *= 10;
    }
    if (to.width == 32 && to.precision - to.scale + to.scale > 38 && precision + (to.scale - scale) > 38)
        return {nullptr, {"the scales are too far apart", weir_type(to)}};
    if (is_decimal && to.width == 16 && factor == 1) return {make_copy(to), {}};
    switch (from.id) {
        case TypeId::kDecimal128: return {scale_from<DecimalBytes>(to, factor), {}};
        case TypeId::kInt8: return {scale_from<int8_t>(to, factor), {}};
        case TypeId::kInt16: return {scale_from<int16_t>(to, factor), {}};
        case TypeId::kInt32: return {scale_from<int32_t>(to, factor), {}};
        case TypeId::kInt64: return {scale_from<int64_t>(to, factor), {}};
        case TypeId::kUint8: return {scale_from<uint8_t>(to, factor), {}};
        case TypeId::kUint16: return {scale_from<uint16_t>(to, factor), {}};
        case TypeId::kUint32: return {scale_from<uint32_t>(to, factor), {}};
        default: return {scale_from<uint64_t>(to, factor), {}};
    }
}

}  // namespace

Fit fit_number(const Type &from, const DataType &to) {
    if (to.is(Kind::kDecimal)) return fit_decimal(from, to);
    if (from.id == TypeId::kBool) {
        if (to.width == 1) return {std::make_unique<BoolWriter>(to.text), {}};
        return {nullptr, {"", weir_type(to)}};
    }
    if (to.is(Kind::kBool)) return {nullptr, {"", "bool"}};
    if (from.is_signed_integer() || from.is_unsigned_integer()) return fit_integer(from, to);
    if (!to.is(Kind::kFloat) || (from.id != TypeId::kFloat32 && from.id != TypeId::kFloat64)) return {nullptr, {"", weir_type(to)}};
    if (width_of(from.id) == to.width) return {make_copy(to), {}};
    if (to.width == 8) return {make_convert<float, double>(to, Widen<float, double>{}), {}};
    return {nullptr, {"it would be rounded", "float32"}};
}

}  // namespace weir::clickhouse
