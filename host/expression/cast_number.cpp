// Conversions between numbers. Floats are rounded to the even neighbour, decimals half away from zero.
#include <cmath>
#include <limits>
#include <utility>

#include "host/expression/cast.hpp"
#include "host/expression/decimal.hpp"
#include "host/expression/kernel.hpp"
#include "host/expression/number_text.hpp"

namespace weir::host::expression {
namespace {

template <class T>
constexpr bool kIsFloat = std::is_floating_point_v<T>;
template <class T>
constexpr bool kIsDecimal = std::is_same_v<T, Int128>;

template <class To, class From>
void fail_number(Row& row, From value) {
    if constexpr (kIsDecimal<From>) {
        char text[kMaxNumberText];
        const char* end = write_decimal(text, value, row.type(0).scale);
        row.fail(ErrorCode::kOverflow, "{} is outside of {}", std::string_view(text, static_cast<size_t>(end - text)),
                 type_name(row.result_type()));
    } else {
        row.fail(ErrorCode::kOverflow, "{} is outside of {}", value, type_name(row.result_type()));
    }
}

template <class From, class To>
constexpr bool kAlwaysFits =
    std::in_range<To>(std::numeric_limits<From>::min()) && std::in_range<To>(std::numeric_limits<From>::max());

template <class From, class To>
void widen(const Call& call) {
    dense_unary<From, To>(call, [](From a) { return static_cast<To>(a); });
}

// Whether each fits is found for all rows at once, and which does not only where one does not.
template <class From, class To>
void narrow(const Call& call) {
    const auto is_lost = [](From a) {
        if constexpr (std::is_signed_v<From> == std::is_signed_v<To>)
            return static_cast<From>(a ^ static_cast<From>(static_cast<To>(a)));
        else
            return static_cast<From>(!std::in_range<To>(a));
    };
    From lost = 0;
    dense_unary<From, To>(call, [&](From a) {
        lost = static_cast<From>(lost | is_lost(a));
        return static_cast<To>(a);
    });
    if (!lost) return;
    call.rows.for_each([&](int at) {
        const From a = call.args[0]->at<From>(at);
        Row row(call, at);
        if (is_lost(a) && !call.out.is_null(at)) fail_number<To>(row, a);
    });
}

template <class From, class To>
To round_to_whole(Row& row, From a) {
    const From whole = std::nearbyint(a);
    // The limits as powers of two, which floats hold exactly.
    constexpr auto kAbove = static_cast<From>(static_cast<Uint128>(std::numeric_limits<To>::max()) + 1);
    constexpr auto kLeast = static_cast<From>(std::numeric_limits<To>::min());
    if (!(whole >= kLeast && whole < kAbove)) return fail_number<To>(row, a), To{0};
    return static_cast<To>(whole);
}

float narrow_float(Row& row, double a) {
    const auto out = static_cast<float>(a);
    if ((std::isinf(out) && !std::isinf(a)) || (out == 0 && a != 0)) fail_number<float>(row, a);
    return out;
}

template <class From>
Int128 whole_to_decimal(Row& row, From a) {
    const auto out = rescale(a, 0, row.result_type().scale, row.result_type().precision);
    if (!out) fail_number<Int128>(row, a);
    return out.value_or(0);
}

template <class From>
Int128 float_to_decimal(Row& row, From a) {
    const auto out =
        from_double(a, row.result_type().scale, row.result_type().precision, std::numeric_limits<From>::digits10);
    if (!out) fail_number<Int128>(row, a);
    return out.value_or(0);
}

template <class To>
To decimal_to_whole(Row& row, Int128 a) {
    const auto whole = rescale(a, row.type(0).scale, 0, 38);
    if (!whole || *whole < std::numeric_limits<To>::min() || *whole > std::numeric_limits<To>::max())
        return fail_number<To>(row, a), To{0};
    return static_cast<To>(*whole);
}

template <class To>
To decimal_to_float(Row& row, Int128 a) {
    return static_cast<To>(to_double(a, row.type(0).scale));
}

Int128 decimal_to_decimal(Row& row, Int128 a) {
    const auto out = rescale(a, row.type(0).scale, row.result_type().scale, row.result_type().precision);
    if (!out) fail_number<Int128>(row, a);
    return out.value_or(0);
}

template <class From, class To>
Cast cast_of() {
    if constexpr (kIsDecimal<From> && kIsDecimal<To>)
        return {map<&decimal_to_decimal>};
    else if constexpr (kIsDecimal<From> && kIsFloat<To>)
        return {map<&decimal_to_float<To>>, false, true};
    else if constexpr (kIsDecimal<From>)
        return {map<&decimal_to_whole<To>>};
    else if constexpr (kIsDecimal<To> && kIsFloat<From>)
        return {map<&float_to_decimal<From>>};
    else if constexpr (kIsDecimal<To>)
        return {map<&whole_to_decimal<From>>};
    else if constexpr (kIsFloat<From> && kIsFloat<To> && sizeof(To) < sizeof(From))
        return {map<&narrow_float>};
    else if constexpr (kIsFloat<To>)
        return {widen<From, To>, true, true};
    else if constexpr (kIsFloat<From>)
        return {map<&round_to_whole<From, To>>};
    else if constexpr (kAlwaysFits<From, To>)
        return {widen<From, To>, true, true};
    else
        return {narrow<From, To>, true};
}

// f with a null pointer to the cell type of a number; false for another type.
template <class F>
bool with_number(TypeId id, F f) {
    switch (id) {
        case TypeId::kInt8: f(static_cast<int8_t*>(nullptr)); return true;
        case TypeId::kInt16: f(static_cast<int16_t*>(nullptr)); return true;
        case TypeId::kInt32: f(static_cast<int32_t*>(nullptr)); return true;
        case TypeId::kInt64: f(static_cast<int64_t*>(nullptr)); return true;
        case TypeId::kUint8: f(static_cast<uint8_t*>(nullptr)); return true;
        case TypeId::kUint16: f(static_cast<uint16_t*>(nullptr)); return true;
        case TypeId::kUint32: f(static_cast<uint32_t*>(nullptr)); return true;
        case TypeId::kUint64: f(static_cast<uint64_t*>(nullptr)); return true;
        case TypeId::kFloat32: f(static_cast<float*>(nullptr)); return true;
        case TypeId::kFloat64: f(static_cast<double*>(nullptr)); return true;
        case TypeId::kDecimal128: f(static_cast<Int128*>(nullptr)); return true;
        default: return false;
    }
}

template <class To>
void from_bool(const Call& call) {
    dense_unary<uint8_t, To>(call, [](uint8_t a) { return static_cast<To>(a != 0); });
}
template <class From>
void to_bool(const Call& call) {
    dense_unary<From, uint8_t>(call, [](From a) { return static_cast<uint8_t>(a != 0); });
}

}  // namespace

std::optional<Cast> number_cast(TypeId from, TypeId to) {
    std::optional<Cast> out;
    if (from == TypeId::kBool && is_integer(to)) {
        with_number(to, [&]<class To>(To*) { out = Cast{from_bool<To>, true, true}; });
    } else if (to == TypeId::kBool && is_integer(from)) {
        with_number(from, [&]<class From>(From*) { out = Cast{to_bool<From>, true, true}; });
    } else {
        with_number(from,
                    [&]<class From>(From*) { with_number(to, [&]<class To>(To*) { out = cast_of<From, To>(); }); });
    }
    return out;
}

}  // namespace weir::host::expression
