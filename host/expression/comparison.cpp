// The operators that compare: = <> < <= > >= and IS [NOT] DISTINCT FROM.
#include <array>

#include "host/expression/calendar.hpp"
#include "host/expression/decimal.hpp"
#include "host/expression/functions.hpp"
#include "host/expression/kernel.hpp"
#include "host/expression/ordering.hpp"
#include "host/expression/text_scan.hpp"

namespace weir::host::expression {
namespace {

// 0 or 1 of a number; of integers without a comparison that compilers warn of. A mask of a vector.
template <class T>
auto is_nan(T value) {
    if constexpr (std::is_floating_point_v<T>)
        return static_cast<int>(value != value);
    else if constexpr (requires { value[0]; })
        return value != value;
    else
        return 0;
}

// NaN equals NaN and is above all other numbers, as in PostgreSQL. T is a number or a vector of floats, whose
// comparison is a vector of masks.
struct Equal {
    template <class T>
    static auto of(T a, T b) {
        return (a == b) | (is_nan(a) & is_nan(b));
    }
    static bool order(int o) { return o == 0; }
};
struct NotEqual {
    template <class T>
    static auto of(T a, T b) {
        return (a != b) ^ (is_nan(a) & is_nan(b));
    }
    static bool order(int o) { return o != 0; }
};
struct Less {
    template <class T>
    static auto of(T a, T b) {
        return (a < b) | (is_nan(b) & (is_nan(a) ^ is_nan(b)));
    }
    static bool order(int o) { return o < 0; }
};
struct LessEqual {
    template <class T>
    static auto of(T a, T b) {
        return (a <= b) | is_nan(b);
    }
    static bool order(int o) { return o <= 0; }
};
struct Greater {
    template <class T>
    static auto of(T a, T b) {
        return Less::of(b, a);
    }
    static bool order(int o) { return o > 0; }
};
struct GreaterEqual {
    template <class T>
    static auto of(T a, T b) {
        return LessEqual::of(b, a);
    }
    static bool order(int o) { return o >= 0; }
};

template <class T, class Op>
void numbers(const Call& call) {
    dense_binary<T, T, uint8_t>(call, [](T a, T b) { return static_cast<uint8_t>(Op::of(a, b)); });
}

// Of floats compilers make no vector code of their own here: 64 rows at a time, as vectors that are spelt out.
template <class T, class Op>
void floats(const Call& call) {
    using Lanes [[gnu::vector_size(16)]] = T;
    using Mask = std::conditional_t<sizeof(T) == 8, int64_t, int32_t>;
    constexpr int kBlock = 64, kLanes = sizeof(Lanes) / sizeof(T);
    const T *a = call.args[0]->values<T>(), *b = call.args[1]->values<T>();
    const int step_a = call.args[0]->is_constant() ? 0 : 1, step_b = call.args[1]->is_constant() ? 0 : 1;
    const auto lanes = [](const T* from, int step) {
        Lanes out = Lanes{} + from[0];
        if (step) std::memcpy(&out, from, sizeof out);
        return out;
    };
    auto* out = call.out.mutable_values<uint8_t>();
    const int n = dense_rows(call.rows);
    int row = 0;
    for (; row + kBlock <= n; row += kBlock) {
        Mask masks[kBlock];
        for (int i = 0; i < kBlock; i += kLanes) {
            const auto mask = Op::of(lanes(a + (row + i) * step_a, step_a), lanes(b + (row + i) * step_b, step_b));
            std::memcpy(masks + i, &mask, sizeof mask);
        }
        for (int i = 0; i < kBlock; ++i) out[row + i] = static_cast<uint8_t>(masks[i] & 1);
    }
    for (; row < n; ++row) out[row] = static_cast<uint8_t>(Op::of(a[row * step_a], b[row * step_b]));
}

template <class Op>
bool ordered_texts(Row&, std::string_view a, std::string_view b) {
    return Op::order(a.compare(b));
}

template <bool Wanted>
void same_texts(const Call& call) {
    const bool constant_first = call.args[0]->is_constant();
    const Vector &texts = *call.args[constant_first], &other = *call.args[!constant_first];
    auto* out = call.out.mutable_values<uint8_t>();
    if (other.is_constant() && can_scan(texts, call.rows)) {
        const int n = dense_rows(call.rows);
        mark_equal(texts, other.at<std::string_view>(0), n, out);
        if (!Wanted)
            for (int row = 0; row < n; ++row) out[row] ^= 1;
        return;
    }
    const Texts a(texts), b(other);
    call.rows.for_each([&](int row) { out[row] = (a[row] == b[row]) == Wanted; });
}

template <class Op>
constexpr Overload text_comparison(std::string_view signature) {
    if constexpr (std::is_same_v<Op, Equal> || std::is_same_v<Op, NotEqual>)
        return {signature, same_texts<std::is_same_v<Op, Equal>>, false, true, nullptr, true};
    else
        return {signature, map<&ordered_texts<Op>>, false, true};
}

template <class Op>
void decimals(const Call& call) {
    const int a_scale = call.args[0]->type().scale, b_scale = call.args[1]->type().scale;
    auto* out = call.out.mutable_values<uint8_t>();
    call.rows.for_each([&](int row) {
        const Int128 a = call.args[0]->at<Int128>(row), b = call.args[1]->at<Int128>(row);
        const int order = a_scale == b_scale ? (a < b ? -1 : a > b) : compare(a, a_scale, b, b_scale);
        out[row] = Op::order(order);
    });
}

template <class Op>
bool intervals(Row&, Interval a, Interval b) {
    return Op::of(interval_span(a), interval_span(b));
}

template <class Op>
constexpr auto comparison_of() {
    return std::array<Overload, 13>{{
        {"int16, int16 -> bool", numbers<int16_t, Op>, true, true},
        {"int32, int32 -> bool", numbers<int32_t, Op>, true, true},
        {"int64, int64 -> bool", numbers<int64_t, Op>, true, true},
        {"decimal, decimal -> bool", decimals<Op>, false, true},
        {"float32, float32 -> bool", floats<float, Op>, true, true},
        {"float64, float64 -> bool", floats<double, Op>, true, true},
        text_comparison<Op>("string, string -> bool"),
        text_comparison<Op>("binary, binary -> bool"),
        {"bool, bool -> bool", numbers<uint8_t, Op>, true, true},
        {"date, date -> bool", numbers<int32_t, Op>, true, true},
        {"local_timestamp, local_timestamp -> bool", numbers<int64_t, Op>, true, true},
        {"timestamp, timestamp -> bool", numbers<int64_t, Op>, true, true},
        {"interval, interval -> bool", map<&intervals<Op>>, false, true},
    }};
}

constexpr auto kEqual = comparison_of<Equal>();
constexpr auto kNotEqual = comparison_of<NotEqual>();
constexpr auto kLess = comparison_of<Less>();
constexpr auto kLessEqual = comparison_of<LessEqual>();
constexpr auto kGreater = comparison_of<Greater>();
constexpr auto kGreaterEqual = comparison_of<GreaterEqual>();

void not_distinct(const Call& call) {
    const Vector &a = *call.args[0], &b = *call.args[1];
    auto* out = call.out.mutable_values<uint8_t>();
    call.rows.for_each([&](int row) {
        const bool no_a = a.is_null(row), no_b = b.is_null(row);
        out[row] = no_a || no_b ? no_a == no_b : compare_cells(a, row, b, row) == 0;
    });
}

Refusal one_comparable_type(Arguments args, std::vector<Type>& params, Type& result) {
    if (auto refusal = same_for_all(args, params, result)) return refusal;
    return refuse_nested(args, params);
}

constexpr Overload kNotDistinct[] = {{"any, any -> bool", not_distinct, false, true, one_comparable_type}};

constexpr Example kEqualExamples[] = {{"1 = 1.0", "true"}, {"'a' = 'b'", "false"}, {"NULL = 1", "null"}};
constexpr Example kNotEqualExamples[] = {{"1 <> 2", "true"}, {"1 != 1", "false"}};
constexpr Example kLessExamples[] = {{"1 < 2", "true"}, {"'B' < 'a'", "true"}};
constexpr Example kLessEqualExamples[] = {{"2 <= 2", "true"}};
constexpr Example kGreaterExamples[] = {{"date '2024-05-23' > '2024-05-22'", "true"}};
constexpr Example kGreaterEqualExamples[] = {{"1 >= 2", "false"}};
constexpr Example kDistinctExamples[] = {{"NULL IS NOT DISTINCT FROM NULL", "true"},
                                         {"1 IS DISTINCT FROM NULL", "true"}};
constexpr Example kBetweenExamples[] = {
    {"5 BETWEEN 1 AND 10", "true"}, {"0 NOT BETWEEN 1 AND 10", "true"}, {"5 BETWEEN SYMMETRIC 10 AND 1", "true"}};
constexpr Example kInExamples[] = {
    {"2 IN (1, 2, 3)", "true"}, {"'x' NOT IN ('a', 'b')", "true"}, {"1 IN (2, NULL)", "null"}};

constexpr Function kFunctions[] = {
    {"=", kEqual, "Whether both are equal. Texts are compared byte by byte.", kEqualExamples},
    {"<>", kNotEqual, "Whether they differ; also written `!=`.", kNotEqualExamples},
    {"<", kLess, "Whether the first is below the second. Texts are ordered by their bytes.", kLessExamples},
    {"<=", kLessEqual, "Whether the first is not above the second.", kLessEqualExamples},
    {">", kGreater, "Whether the first is above the second.", kGreaterExamples},
    {">=", kGreaterEqual, "Whether the first is not below the second.", kGreaterEqualExamples},
    {"is not distinct from", kNotDistinct,
     "As `=`, but null equals null; `IS DISTINCT FROM` is the opposite. Never null.", kDistinctExamples, Nulls::kNever},
    {"between",
     {},
     "`x BETWEEN a AND b` is `x >= a AND x <= b`; with SYMMETRIC the bounds stand in either order.",
     kBetweenExamples},
    {"in", {}, "Whether the value is one of the list.", kInExamples},
};

}  // namespace

constinit const FunctionGroup kComparisons = {"Comparison", "Null where either side is null, unless it says otherwise.",
                                              true, kFunctions};

}  // namespace weir::host::expression
