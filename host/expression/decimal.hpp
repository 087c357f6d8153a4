// Arithmetic of decimals: 128-bit values with a scale, checked, rounded half away from zero. Pure functions.
#pragma once

#include <optional>

#include <weir/types.hpp>

namespace weir::host::expression {

inline Uint128 magnitude(Int128 value) {
    return value < 0 ? -static_cast<Uint128>(value) : static_cast<Uint128>(value);
}

// 10^n, n from 0 to 38.
Uint128 power_of_ten(int n);

// Whether the value has at most so many digits.
bool fits(Int128 value, int precision);
// The value at another scale; nullopt where it has more than `precision` digits then.
std::optional<Int128> rescale(Int128 value, int from_scale, int to_scale, int precision);
// a x b, whose scale is the sum of both, brought to `scale`.
std::optional<Int128> multiply(Int128 a, Int128 b, int product_scale, int scale, int precision);
// a / b at `scale`. REQUIRES: b is not 0.
std::optional<Int128> divide(Int128 a, int a_scale, Int128 b, int b_scale, int scale, int precision);
// Below, equal or above 0, as a is to b; exact whatever the scales.
int compare(Int128 a, int a_scale, Int128 b, int b_scale);
double to_double(Int128 value, int scale);
// The value rounded to so many significant digits first, so that 0.1 does not become 0.1000000000000000055; nullopt for
// what is no number or too large.
std::optional<Int128> from_double(double value, int scale, int precision, int digits);

}  // namespace weir::host::expression
