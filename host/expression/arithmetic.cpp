// The operators of numbers: + - * / % ^.
#include <bit>
#include <cmath>
#include <limits>

#include "host/expression/decimal.hpp"
#include "host/expression/functions.hpp"
#include "host/expression/kernel.hpp"
#include "host/expression/number_text.hpp"
#include "host/expression/type_rules.hpp"

namespace weir::host::expression {
namespace {

template <class T>
const char* type_text() {
    if constexpr (std::is_same_v<T, int16_t>)
        return "int16";
    else if constexpr (std::is_same_v<T, int32_t>)
        return "int32";
    else if constexpr (std::is_same_v<T, int64_t>)
        return "int64";
    else if constexpr (std::is_same_v<T, float>)
        return "float32";
    else
        return "float64";
}

// Each op gives the result and says by a non-zero word that it is no good; checked again by row, as most often
// nothing is wrong.
template <class T>
struct Add {
    static constexpr const char* kSymbol = "+";
    static T apply(T a, T b, T& bad) {
        using U = std::make_unsigned_t<T>;
        const T r = static_cast<T>(static_cast<U>(static_cast<U>(a) + static_cast<U>(b)));
        bad = static_cast<T>(bad | ((a ^ r) & (b ^ r)));
        return r;
    }
    static bool is_bad(T bad) { return bad < 0; }
};

template <class T>
struct Subtract {
    static constexpr const char* kSymbol = "-";
    static T apply(T a, T b, T& bad) {
        using U = std::make_unsigned_t<T>;
        const T r = static_cast<T>(static_cast<U>(static_cast<U>(a) - static_cast<U>(b)));
        bad = static_cast<T>(bad | ((a ^ b) & (a ^ r)));
        return r;
    }
    static bool is_bad(T bad) { return bad < 0; }
};

template <class T>
struct Multiply {
    static constexpr const char* kSymbol = "*";
    static T apply(T a, T b, T& bad) {
        T r;
        bad = static_cast<T>(bad | static_cast<T>(__builtin_mul_overflow(a, b, &r)));
        return r;
    }
    static bool is_bad(T bad) { return bad != 0; }
};

template <class T, class Op>
void integers(const Call& call) {
    const T* __restrict a = call.args[0]->values<T>();
    const T* __restrict b = call.args[1]->values<T>();
    T* __restrict out = call.out.mutable_values<T>();
    const int n = dense_rows(call.rows);
    const int step_a = call.args[0]->is_constant() ? 0 : 1, step_b = call.args[1]->is_constant() ? 0 : 1;
    T bad = 0;
    if (step_a && step_b) {
        for (int i = 0; i < n; ++i) out[i] = Op::apply(a[i], b[i], bad);
    } else if (step_a) {
        const T right = b[0];
        for (int i = 0; i < n; ++i) out[i] = Op::apply(a[i], right, bad);
    } else {
        const T left = a[0];
        for (int i = 0; i < n; ++i) out[i] = Op::apply(left, b[i * step_b], bad);
    }
    if (!Op::is_bad(bad)) return;
    call.rows.for_each([&](int row) {
        T wrong = 0;
        const T x = a[row * step_a], y = b[row * step_b];
        Op::apply(x, y, wrong);
        if (Op::is_bad(wrong) && !call.out.is_null(row))
            call.scope.fail(call.out, row, ErrorCode::kOverflow,
                            fmt::format("{} {} {} is outside of {}", x, Op::kSymbol, y, type_text<T>()));
    });
}

// A float without its sign, as an integer: 64 bits are not compared by vector code of the baseline, but they are added.
// An answer is in the highest bit.
template <class T>
struct Magnitude {
    using Bits = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;
    static constexpr Bits kSign = Bits{1} << (sizeof(T) * 8 - 1);
    static constexpr Bits kInfinity = std::bit_cast<Bits>(std::numeric_limits<T>::infinity());

    explicit Magnitude(T value) : bits(std::bit_cast<Bits>(value) & ~kSign) {}
    Bits is_zero() const { return bits - 1; }
    Bits is_not_finite() const { return bits + (kSign - kInfinity); }

    Bits bits;
};

// Each op says whether a result underflows; and whether it may be no good, which is checked again by row.
template <class T>
struct FloatAdd {
    static constexpr const char* kSymbol = "+";
    static T apply(T a, T b) { return a + b; }
    static bool underflows(T, T, T) { return false; }
    static auto suspect(T, T, T r) { return Magnitude<T>(r).is_not_finite(); }
};
template <class T>
struct FloatSubtract {
    static constexpr const char* kSymbol = "-";
    static T apply(T a, T b) { return a - b; }
    static bool underflows(T, T, T) { return false; }
    static auto suspect(T, T, T r) { return Magnitude<T>(r).is_not_finite(); }
};
template <class T>
struct FloatMultiply {
    static constexpr const char* kSymbol = "*";
    static T apply(T a, T b) { return a * b; }
    static bool underflows(T a, T b, T r) { return r == 0 && a != 0 && b != 0; }
    static auto suspect(T a, T b, T r) {
        const Magnitude<T> result(r);
        return result.is_not_finite() | (result.is_zero() & ~(Magnitude<T>(a).is_zero() | Magnitude<T>(b).is_zero()));
    }
};
template <class T>
struct FloatDivide {
    static constexpr const char* kSymbol = "/";
    static T apply(T a, T b) { return a / b; }
    static bool underflows(T a, T b, T r) { return r == 0 && a != 0 && !std::isinf(b); }
    static auto suspect(T a, T, T r) {
        const Magnitude<T> result(r);
        return result.is_not_finite() | (result.is_zero() & ~Magnitude<T>(a).is_zero());
    }
};

template <class T, class Op>
void check_floats(const Call& call) {
    const T* out = call.out.values<T>();
    call.rows.for_each([&](int row) {
        const T a = call.args[0]->at<T>(row), b = call.args[1]->at<T>(row), r = out[row];
        if (call.out.is_null(row)) return;
        if (Op::kSymbol[0] == '/' && b == 0 && !std::isnan(a))
            return call.scope.fail(call.out, row, ErrorCode::kDivisionByZero, fmt::format("{} / 0", a));
        if ((std::isinf(r) && !std::isinf(a) && !std::isinf(b)) || Op::underflows(a, b, r))
            call.scope.fail(call.out, row, ErrorCode::kOverflow,
                            fmt::format("{} {} {} is outside of {}", a, Op::kSymbol, b, type_text<T>()));
    });
}

template <class T, class Op>
void floats(const Call& call) {
    typename Magnitude<T>::Bits suspect = 0;
    dense_binary<T, T, T>(call, [&suspect](T a, T b) {
        const T r = Op::apply(a, b);
        suspect |= Op::suspect(a, b, r);
        return r;
    });
    if (suspect & Magnitude<T>::kSign) check_floats<T, Op>(call);
}

template <class T>
T divide_whole(Row& row, T a, T b) {
    if (b == 0) return row.fail(ErrorCode::kDivisionByZero, "{} / 0", a), T{0};
    if (b == -1) {
        T out = 0;
        if (__builtin_sub_overflow(T{0}, a, &out))
            row.fail(ErrorCode::kOverflow, "{} / -1 is outside of {}", a, type_text<T>());
        return out;
    }
    return static_cast<T>(a / b);
}

template <class T>
T remainder_whole(Row& row, T a, T b) {
    if (b == 0) return row.fail(ErrorCode::kDivisionByZero, "{} % 0", a), T{0};
    return b == -1 ? T{0} : static_cast<T>(a % b);
}

template <class T>
T negate_whole(Row& row, T a) {
    T out = 0;
    if (__builtin_sub_overflow(T{0}, a, &out))
        row.fail(ErrorCode::kOverflow, "-({}) is outside of {}", a, type_text<T>());
    return out;
}

template <class T>
void negate_float(const Call& call) {
    dense_unary<T, T>(call, [](T a) { return -a; });
}

template <class T>
void keep(const Call& call) {
    dense_unary<T, T>(call, [](T a) { return a; });
}

std::string decimal_text(Int128 value, int scale) {
    char text[kMaxNumberText];
    return {text, write_decimal(text, value, scale)};
}

Int128 checked_decimal(Row& row, std::optional<Int128> value, Int128 a, const char* symbol, Int128 b) {
    if (!value)
        row.fail(ErrorCode::kOverflow, "{} {} {} is outside of {}", decimal_text(a, row.type(0).scale), symbol,
                 decimal_text(b, row.type(1).scale), type_name(row.result_type()));
    return value.value_or(0);
}

std::optional<Int128> within(const Row& row, Int128 value) {
    return fits(value, row.result_type().precision) ? std::optional(value) : std::nullopt;
}

Int128 add_decimals(Row& row, Int128 a, Int128 b) { return checked_decimal(row, within(row, a + b), a, "+", b); }
Int128 subtract_decimals(Row& row, Int128 a, Int128 b) { return checked_decimal(row, within(row, a - b), a, "-", b); }

Int128 multiply_decimals(Row& row, Int128 a, Int128 b) {
    const auto product =
        multiply(a, b, row.type(0).scale + row.type(1).scale, row.result_type().scale, row.result_type().precision);
    return checked_decimal(row, product, a, "*", b);
}

Int128 divide_decimals(Row& row, Int128 a, Int128 b) {
    if (b == 0) return row.fail(ErrorCode::kDivisionByZero, "{} / 0", decimal_text(a, row.type(0).scale)), 0;
    const auto quotient =
        divide(a, row.type(0).scale, b, row.type(1).scale, row.result_type().scale, row.result_type().precision);
    return checked_decimal(row, quotient, a, "/", b);
}

Int128 remainder_decimals(Row& row, Int128 a, Int128 b) {
    if (b == 0) return row.fail(ErrorCode::kDivisionByZero, "{} % 0", decimal_text(a, row.type(0).scale)), 0;
    return a % b;
}

Int128 negate_decimal(Row&, Int128 a) { return -a; }

constexpr Overload kAdd[] = {
    {"int16, int16 -> int16", integers<int16_t, Add<int16_t>>, true},
    {"int32, int32 -> int32", integers<int32_t, Add<int32_t>>, true},
    {"int64, int64 -> int64", integers<int64_t, Add<int64_t>>, true},
    {"decimal, decimal -> decimal", map<&add_decimals>, false, false, sum_of_decimals},
    {"float32, float32 -> float32", floats<float, FloatAdd<float>>, true},
    {"float64, float64 -> float64", floats<double, FloatAdd<double>>, true},
};
constexpr Overload kSubtract[] = {
    {"int16, int16 -> int16", integers<int16_t, Subtract<int16_t>>, true},
    {"int32, int32 -> int32", integers<int32_t, Subtract<int32_t>>, true},
    {"int64, int64 -> int64", integers<int64_t, Subtract<int64_t>>, true},
    {"decimal, decimal -> decimal", map<&subtract_decimals>, false, false, sum_of_decimals},
    {"float32, float32 -> float32", floats<float, FloatSubtract<float>>, true},
    {"float64, float64 -> float64", floats<double, FloatSubtract<double>>, true},
    {"int16 -> int16", map<&negate_whole<int16_t>>},
    {"int32 -> int32", map<&negate_whole<int32_t>>},
    {"int64 -> int64", map<&negate_whole<int64_t>>},
    {"decimal -> decimal", map<&negate_decimal>, false, true, same_as_first},
    {"float32 -> float32", negate_float<float>, true, true},
    {"float64 -> float64", negate_float<double>, true, true},
};
constexpr Overload kMultiply[] = {
    {"int16, int16 -> int16", integers<int16_t, Multiply<int16_t>>, true},
    {"int32, int32 -> int32", integers<int32_t, Multiply<int32_t>>, true},
    {"int64, int64 -> int64", integers<int64_t, Multiply<int64_t>>, true},
    {"decimal, decimal -> decimal", map<&multiply_decimals>, false, false, product_of_decimals},
    {"float32, float32 -> float32", floats<float, FloatMultiply<float>>, true},
    {"float64, float64 -> float64", floats<double, FloatMultiply<double>>, true},
};
constexpr Overload kDivide[] = {
    {"int16, int16 -> int16", map<&divide_whole<int16_t>>},
    {"int32, int32 -> int32", map<&divide_whole<int32_t>>},
    {"int64, int64 -> int64", map<&divide_whole<int64_t>>},
    {"decimal, decimal -> decimal", map<&divide_decimals>, false, false, quotient_of_decimals},
    {"float32, float32 -> float32", floats<float, FloatDivide<float>>, true},
    {"float64, float64 -> float64", floats<double, FloatDivide<double>>, true},
};
constexpr Overload kRemainder[] = {
    {"int16, int16 -> int16", map<&remainder_whole<int16_t>>},
    {"int32, int32 -> int32", map<&remainder_whole<int32_t>>},
    {"int64, int64 -> int64", map<&remainder_whole<int64_t>>},
    {"decimal, decimal -> decimal", map<&remainder_decimals>, false, false, remainder_of_decimals},
};
constexpr Overload kPlus[] = {
    {"int16 -> int16", keep<int16_t>, true, true},   {"int32 -> int32", keep<int32_t>, true, true},
    {"int64 -> int64", keep<int64_t>, true, true},   {"decimal -> decimal", keep<Int128>, true, true, same_as_first},
    {"float32 -> float32", keep<float>, true, true}, {"float64 -> float64", keep<double>, true, true},
};

constexpr Example kAddExamples[] = {
    {"40 + 2", "42"}, {"1.5 + 1", "2.5"}, {"9223372036854775807 + 1::int64", "error: overflow"}};
constexpr Example kSubtractExamples[] = {{"40 - 2", "38"}, {"-(2 - 5)", "3"}, {"0.3 - 0.1", "0.2"}};
constexpr Example kMultiplyExamples[] = {{"6 * 7", "42"}, {"1.5 * 1.5", "2.25"}, {"2 * 0.5::float64", "1"}};
constexpr Example kDivideExamples[] = {
    {"7 / 2", "3"}, {"7 / 2.0", "3.5000000000000000"}, {"-7 / 2", "-3"}, {"1 / 0", "error: division-by-zero"}};
constexpr Example kRemainderExamples[] = {{"7 % 3", "1"}, {"-7 % 3", "-1"}, {"5.5 % 2", "1.5"}};
constexpr Example kPlusExamples[] = {{"+7", "7"}};

constexpr Function kFunctions[] = {
    {"+", kAdd, "The sum.", kAddExamples},
    {"-", kSubtract, "The difference; before one value, its negative.", kSubtractExamples},
    {"*", kMultiply, "The product.", kMultiplyExamples},
    {"/", kDivide,
     "The quotient. Of integers it is cut towards zero; of decimals it has at least 16 digits behind the point.",
     kDivideExamples},
    {"%", kRemainder, "The remainder of the division, with the sign of the first number.", kRemainderExamples},
    {"+", kPlus, "Before one value: the value.", kPlusExamples},
};

constexpr Example kModExamples[] = {{"mod(7, 3)", "1"}};
constexpr Function kModuloFunctions[] = {{"mod", kRemainder, "As `%`.", kModExamples}};

}  // namespace

constinit const FunctionGroup kModulo = {"Mathematics", "", false, kModuloFunctions};
constinit const FunctionGroup kArithmeticOperators = {"Arithmetic", "What leaves the range of its type is a row error.",
                                                      true, kFunctions};

}  // namespace weir::host::expression
