// Functions of numbers.
#include <cmath>

#include "host/expression/decimal.hpp"
#include "host/expression/functions.hpp"
#include "host/expression/kernel.hpp"
#include "host/expression/type_rules.hpp"

namespace weir::host::expression {
namespace {

template <class T>
T abs_whole(Row& row, T a) {
    if (a >= 0) return a;
    T out = 0;
    if (__builtin_sub_overflow(T{0}, a, &out)) row.fail(ErrorCode::kOverflow, "abs({}) is outside of the type", a);
    return out;
}

template <class T>
void abs_float(const Call& call) {
    dense_unary<T, T>(call, [](T a) { return std::fabs(a); });
}

Int128 abs_decimal(Row&, Int128 a) { return a < 0 ? -a : a; }
Int128 sign_decimal(Row& row, Int128 a) {
    const auto one = static_cast<Int128>(power_of_ten(row.type(0).scale));
    return a < 0 ? -one : a > 0 ? one : 0;
}
double sign_float(Row&, double a) { return a > 0 ? 1 : a < 0 ? -1 : 0; }

Refusal sign_type(Arguments, std::vector<Type>& params, Type& result) {
    result = limited_decimal(params[0].scale + 1, params[0].scale);
    return std::nullopt;
}

double floor_float(Row&, double a) { return std::floor(a); }
double ceil_float(Row&, double a) { return std::ceil(a); }
double trunc_float(Row&, double a) { return std::trunc(a); }
double round_float(Row&, double a) { return std::nearbyint(a); }

Int128 floor_decimal(Row& row, Int128 a) {
    const auto unit = static_cast<Int128>(power_of_ten(row.type(0).scale));
    return a / unit - (a % unit < 0);
}
Int128 ceil_decimal(Row& row, Int128 a) {
    const auto unit = static_cast<Int128>(power_of_ten(row.type(0).scale));
    return a / unit + (a % unit > 0);
}

Int128 fail_unless(Row& row, std::optional<Int128> value) {
    if (!value) row.fail(ErrorCode::kOverflow, "the result is outside of {}", type_name(row.result_type()));
    return value.value_or(0);
}

// To `digits` behind the point, or before it where they are negative.
std::optional<Int128> to_digits(Int128 a, const Type& from, const Type& to, int digits, bool rounded) {
    const int before = std::max(from.scale - std::max(digits, -40), 0);
    if (before > 38) return Int128{0};
    const auto unit = static_cast<Int128>(power_of_ten(before));
    const Int128 kept = rounded ? rescale(a, before, 0, 38).value_or(0) : a / unit;
    Int128 back = 0;
    if (__builtin_mul_overflow(kept, unit, &back)) return std::nullopt;
    return rescale(back, from.scale, to.scale, to.precision);
}

Int128 round_decimal(Row& row, Int128 a) {
    return fail_unless(row, to_digits(a, row.type(0), row.result_type(), 0, true));
}
Int128 round_decimal_to(Row& row, Int128 a, int32_t digits) {
    return fail_unless(row, to_digits(a, row.type(0), row.result_type(), digits, true));
}
Int128 trunc_decimal(Row& row, Int128 a) {
    return fail_unless(row, to_digits(a, row.type(0), row.result_type(), 0, false));
}
Int128 trunc_decimal_to(Row& row, Int128 a, int32_t digits) {
    return fail_unless(row, to_digits(a, row.type(0), row.result_type(), digits, false));
}

double finite(Row& row, double value, bool arguments_finite, const char* name) {
    if (!std::isfinite(value) && arguments_finite) row.fail(ErrorCode::kOverflow, "{} is outside of float64", name);
    return value;
}

double power_of(Row& row, double a, double b) {
    if (a == 0 && b < 0) return row.fail(ErrorCode::kBadArgument, "power(0, {}): 0 has no negative power", b), 0;
    if (a < 0 && std::isfinite(a) && std::isfinite(b) && b != std::floor(b))
        return row.fail(ErrorCode::kBadArgument, "power({}, {}): a negative number has whole powers only", a, b), 0;
    const double out = std::pow(a, b);
    if (out == 0 && a != 0 && std::isfinite(a) && std::isfinite(b))
        return row.fail(ErrorCode::kOverflow, "power({}, {}) is outside of float64", a, b), 0;
    return finite(row, out, std::isfinite(a) && std::isfinite(b), "power");
}

double sqrt_of(Row& row, double a) {
    if (a < 0) row.fail(ErrorCode::kBadArgument, "sqrt({}): a negative number has no square root", a);
    return std::sqrt(a);
}

double cbrt_of(Row&, double a) { return std::cbrt(a); }

bool has_logarithm(Row& row, double a, const char* name) {
    if (!(a <= 0)) return true;
    row.fail(ErrorCode::kBadArgument, "{}({}): only numbers above 0 have a logarithm", name, a);
    return false;
}

double ln_of(Row& row, double a) { return has_logarithm(row, a, "ln") ? std::log(a) : 0; }
double log10_of(Row& row, double a) { return has_logarithm(row, a, "log") ? std::log10(a) : 0; }
double log_to_base(Row& row, double base, double a) {
    if (!has_logarithm(row, base, "log") || !has_logarithm(row, a, "log")) return 0;
    if (base == 1) return row.fail(ErrorCode::kDivisionByZero, "log(1, {}): 1 is no base", a), 0;
    return std::log(a) / std::log(base);
}

double exp_of(Row& row, double a) {
    const double out = std::exp(a);
    if (out == 0 && std::isfinite(a)) row.fail(ErrorCode::kOverflow, "exp({}) is outside of float64", a);
    return finite(row, out, std::isfinite(a), "exp");
}

double pi_of(Row&) { return M_PI; }

constexpr Overload kAbs[] = {
    {"int16 -> int16", map<&abs_whole<int16_t>>},
    {"int32 -> int32", map<&abs_whole<int32_t>>},
    {"int64 -> int64", map<&abs_whole<int64_t>>},
    {"decimal -> decimal", map<&abs_decimal>, false, true, same_as_first},
    {"float32 -> float32", abs_float<float>, true, true},
    {"float64 -> float64", abs_float<double>, true, true},
};
constexpr Overload kSign[] = {{"decimal -> decimal", map<&sign_decimal>, false, true, sign_type},
                              {"float64 -> float64", map<&sign_float>, true, true}};
constexpr Overload kFloor[] = {{"decimal -> decimal", map<&floor_decimal>, false, true, whole_decimal},
                               {"float64 -> float64", map<&floor_float>, true, true}};
constexpr Overload kCeil[] = {{"decimal -> decimal", map<&ceil_decimal>, false, true, whole_decimal},
                              {"float64 -> float64", map<&ceil_float>, true, true}};
constexpr Overload kRound[] = {{"decimal -> decimal", map<&round_decimal>, false, false, whole_decimal},
                               {"decimal, int32 -> decimal", map<&round_decimal_to>, false, false, rounded_decimal},
                               {"float64 -> float64", map<&round_float>, true, true}};
constexpr Overload kTrunc[] = {{"decimal -> decimal", map<&trunc_decimal>, false, false, whole_decimal},
                               {"decimal, int32 -> decimal", map<&trunc_decimal_to>, false, false, rounded_decimal},
                               {"float64 -> float64", map<&trunc_float>, true, true}};
constexpr Overload kPower[] = {{"float64, float64 -> float64", map<&power_of>}};
constexpr Overload kSqrt[] = {{"float64 -> float64", map<&sqrt_of>}};
constexpr Overload kCbrt[] = {{"float64 -> float64", map<&cbrt_of>, true, true}};
constexpr Overload kLn[] = {{"float64 -> float64", map<&ln_of>}};
constexpr Overload kLog[] = {{"float64 -> float64", map<&log10_of>},
                             {"float64, float64 -> float64", map<&log_to_base>}};
constexpr Overload kLog10[] = {{"float64 -> float64", map<&log10_of>}};
constexpr Overload kExp[] = {{"float64 -> float64", map<&exp_of>}};
constexpr Overload kPi[] = {{" -> float64", map<&pi_of>, true, true}};

constexpr Example kAbsExamples[] = {{"abs(-3)", "3"}, {"abs(-1.5)", "1.5"}};
constexpr Example kSignExamples[] = {{"sign(-2.5)", "-1.0"}, {"sign(3)", "1"}};
constexpr Example kFloorExamples[] = {{"floor(-1.5)", "-2"}, {"floor(2.7::float64)", "2"}};
constexpr Example kCeilExamples[] = {{"ceil(1.2)", "2"}, {"ceiling(-1.5)", "-1"}};
constexpr Example kRoundExamples[] = {
    {"round(2.5)", "3"}, {"round(12.345, 2)", "12.35"}, {"round(2.5::float64)", "2"}, {"round(1234.5, -2)", "1200"}};
constexpr Example kTruncExamples[] = {{"trunc(-1.9)", "-1"}, {"trunc(12.345, 1)", "12.3"}};
constexpr Example kPowerExamples[] = {
    {"power(2, 10)", "1024"}, {"2 ^ 3", "8"}, {"power(-1, 0.5)", "error: bad-argument"}};
constexpr Example kCaretExamples[] = {{"2 ^ 10", "1024"}};
constexpr Example kSqrtExamples[] = {{"sqrt(2)", "1.4142135623730951"}, {"sqrt(-1)", "error: bad-argument"}};
constexpr Example kCbrtExamples[] = {{"cbrt(8)", "2"}};
constexpr Example kLnExamples[] = {{"ln(1)", "0"}, {"ln(0)", "error: bad-argument"}};
constexpr Example kLogExamples[] = {{"log(1000)", "3"}, {"log(2, 64)", "6"}};
constexpr Example kLog10Examples[] = {{"log10(100)", "2"}};
constexpr Example kExpExamples[] = {{"exp(0)", "1"}};
constexpr Example kPiExamples[] = {{"pi()", "3.141592653589793"}};

constexpr Function kFunctions[] = {
    {"abs", kAbs, "The number without its sign.", kAbsExamples},
    {"sign", kSign, "-1, 0 or 1.", kSignExamples},
    {"floor", kFloor, "The nearest whole number that is not above.", kFloorExamples},
    {"ceil", kCeil, "The nearest whole number that is not below.", kCeilExamples},
    {"ceiling", kCeil, "As `ceil`.", {}},
    {"round", kRound,
     "The nearest whole number, or with so many digits behind the point. Halves go away from zero for decimals, to the "
     "even "
     "number for float64.",
     kRoundExamples},
    {"trunc", kTrunc, "Towards zero, to a whole number or so many digits behind the point.", kTruncExamples},
    {"power", kPower, "The first number to the power of the second, in float64.", kPowerExamples},
    {"sqrt", kSqrt, "The square root, in float64.", kSqrtExamples},
    {"cbrt", kCbrt, "The cube root, in float64.", kCbrtExamples},
    {"ln", kLn, "The natural logarithm, in float64.", kLnExamples},
    {"log", kLog, "The logarithm to base 10, or `log(base, x)`, in float64.", kLogExamples},
    {"log10", kLog10, "The logarithm to base 10, in float64.", kLog10Examples},
    {"exp", kExp, "e to that power, in float64.", kExpExamples},
    {"pi", kPi, "The number π.", kPiExamples},
};

constexpr Function kOperators[] = {
    {"^", kPower, "The power, in float64; `2 ^ 3 ^ 2` is `(2 ^ 3) ^ 2`.", kCaretExamples}};

}  // namespace

constinit const FunctionGroup kMathFunctions = {"Mathematics", "", false, kFunctions};
constinit const FunctionGroup kPowerOperator = {"Arithmetic", "", true, kOperators};

}  // namespace weir::host::expression
