#include "host/expression/decimal.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

#include "host/expression/number_text.hpp"

namespace weir::host::expression {
namespace {

constexpr auto kPowers = [] {
    std::array<Uint128, 39> out{};
    out[0] = 1;
    for (size_t i = 1; i < out.size(); ++i) out[i] = out[i - 1] * 10;
    return out;
}();

constexpr std::array<double, 23> kDoublePowers = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                  1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                  1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

// 256 bits, for products that are divided again.
struct Wide {
    Uint128 high = 0, low = 0;
};

Wide wide_product(Uint128 a, Uint128 b) {
    const auto a0 = static_cast<uint64_t>(a), a1 = static_cast<uint64_t>(a >> 64);
    const auto b0 = static_cast<uint64_t>(b), b1 = static_cast<uint64_t>(b >> 64);
    const Uint128 p00 = static_cast<Uint128>(a0) * b0, p01 = static_cast<Uint128>(a0) * b1;
    const Uint128 p10 = static_cast<Uint128>(a1) * b0, p11 = static_cast<Uint128>(a1) * b1;
    const Uint128 middle = (p00 >> 64) + static_cast<uint64_t>(p01) + static_cast<uint64_t>(p10);
    return {p11 + (p01 >> 64) + (p10 >> 64) + (middle >> 64), (middle << 64) | static_cast<uint64_t>(p00)};
}

// The quotient, rounded half up, or nullopt above 128 bits. Bit by bit where the dividend is wide.
std::optional<Uint128> divide_rounded(Wide dividend, Uint128 divisor) {
    if (dividend.high >= divisor) return std::nullopt;
    Uint128 quotient = 0, rest = dividend.high;
    if (rest == 0) {
        quotient = dividend.low / divisor;
        rest = dividend.low % divisor;
    } else {
        for (int bit = 127; bit >= 0; --bit) {
            const bool carry = rest >> 127;
            rest = rest << 1 | (dividend.low >> bit & 1);
            quotient <<= 1;
            if (!carry && rest < divisor) continue;
            rest -= divisor;
            quotient |= 1;
        }
    }
    return rest >= divisor - rest ? quotient + 1 : quotient;
}

std::optional<Int128> with_sign(std::optional<Uint128> value, bool negative, int precision) {
    if (!value || *value >= kPowers[static_cast<size_t>(precision)]) return std::nullopt;
    return negative ? -static_cast<Int128>(*value) : static_cast<Int128>(*value);
}

}  // namespace

Uint128 power_of_ten(int n) { return kPowers[static_cast<size_t>(n)]; }

bool fits(Int128 value, int precision) { return magnitude(value) < power_of_ten(precision); }

std::optional<Int128> rescale(Int128 value, int from_scale, int to_scale, int precision) {
    const Uint128 digits = magnitude(value);
    if (from_scale >= to_scale) {
        if (from_scale == to_scale) return with_sign(digits, value < 0, precision);
        return with_sign(divide_rounded({0, digits}, power_of_ten(from_scale - to_scale)), value < 0, precision);
    }
    const Wide product = wide_product(digits, power_of_ten(to_scale - from_scale));
    if (product.high) return std::nullopt;
    return with_sign(product.low, value < 0, precision);
}

std::optional<Int128> multiply(Int128 a, Int128 b, int product_scale, int scale, int precision) {
    const bool negative = (a < 0) != (b < 0);
    const Wide product = wide_product(magnitude(a), magnitude(b));
    if (product_scale == scale) {
        if (product.high) return std::nullopt;
        return with_sign(product.low, negative, precision);
    }
    return with_sign(divide_rounded(product, power_of_ten(product_scale - scale)), negative, precision);
}

std::optional<Int128> divide(Int128 a, int a_scale, Int128 b, int b_scale, int scale, int precision) {
    const bool negative = (a < 0) != (b < 0);
    const int shift = scale + b_scale - a_scale;  // a x 10^shift / b
    if (shift >= 0) {
        if (shift > 38) {  // a 256-bit dividend holds 10^38 times any value
            if (a == 0) return Int128{0};
            return std::nullopt;
        }
        return with_sign(divide_rounded(wide_product(magnitude(a), power_of_ten(shift)), magnitude(b)), negative,
                         precision);
    }
    const Wide divisor = wide_product(magnitude(b), power_of_ten(-shift));
    if (divisor.high) return Int128{0};
    return with_sign(divide_rounded({0, magnitude(a)}, divisor.low), negative, precision);
}

int compare(Int128 a, int a_scale, Int128 b, int b_scale) {
    if ((a < 0) != (b < 0)) return a < 0 ? -1 : 1;
    const Wide x = wide_product(magnitude(a), power_of_ten(b_scale > a_scale ? b_scale - a_scale : 0));
    const Wide y = wide_product(magnitude(b), power_of_ten(a_scale > b_scale ? a_scale - b_scale : 0));
    const int order = x.high != y.high ? (x.high < y.high ? -1 : 1) : x.low != y.low ? (x.low < y.low ? -1 : 1) : 0;
    return a < 0 ? -order : order;
}

double to_double(Int128 value, int scale) {
    constexpr Uint128 kExact = Uint128{1} << 53;
    // Both exact in a double, so that one division rounds once.
    if (magnitude(value) <= kExact && scale <= 22)
        return static_cast<double>(static_cast<int64_t>(value)) / kDoublePowers[static_cast<size_t>(scale)];
    std::array<char, kMaxNumberText> text;
    const char* end = write_decimal(text.data(), value, scale);
    double out = 0;
    std::from_chars(text.data(), end, out);
    return out;
}

std::optional<Int128> from_double(double value, int scale, int precision, int digits) {
    if (!std::isfinite(value) || std::fabs(value) >= 1e38) return std::nullopt;
    std::array<char, kMaxNumberText> text;
    const char* end =
        std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific, digits - 1).ptr;
    Int128 out = 0;
    const std::string_view rounded(text.data(), static_cast<size_t>(end - text.data()));
    if (read_decimal(rounded, precision, scale, out) != ReadResult::kOk) return std::nullopt;
    return out;
}

}  // namespace weir::host::expression
