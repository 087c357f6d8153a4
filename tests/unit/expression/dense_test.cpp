// Kernels that compute whole chunks at once: each row has what it would have alone, and only rows fail that are meant.
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "expression_fixture.hpp"

namespace weir::host::expression {
namespace {

using Names = std::vector<std::string>;

template <class T>
constexpr TypeId kTypeOf = TypeId::kBool;
template <>
constexpr TypeId kTypeOf<double> = TypeId::kFloat64;
template <>
constexpr TypeId kTypeOf<float> = TypeId::kFloat32;
template <>
constexpr TypeId kTypeOf<int64_t> = TypeId::kInt64;
template <>
constexpr TypeId kTypeOf<uint64_t> = TypeId::kUint64;
template <>
constexpr TypeId kTypeOf<int16_t> = TypeId::kInt16;

template <class T>
using Pair = std::pair<std::optional<T>, std::optional<T>>;

template <class T>
Schema pair_schema() {
    return {{{"a", type_of(kTypeOf<T>), true}, {"b", type_of(kTypeOf<T>), true}}};
}

template <class T>
void append_cell(ColumnBuilder& to, const std::optional<T>& value) {
    if (!value)
        to.append_null();
    else if constexpr (std::is_same_v<T, bool>)
        to.append_bool(*value);
    else
        to.append(*value);
}

template <class T>
ArrowArray batch_of_pairs(const std::vector<Pair<T>>& rows) {
    testing::TestHost::get();
    BatchBuilder builder(pair_schema<T>());
    for (const auto& [a, b] : rows) append_cell(builder.column(0), a), append_cell(builder.column(1), b);
    ArrowArray out;
    builder.finish(&out);
    return out;
}

// All pairs of the values, over and over, up to so many rows; each seventh with a null on one of its sides.
template <class T>
std::vector<Pair<T>> pairs_of(const std::vector<T>& values, int n, bool nulls) {
    std::vector<Pair<T>> out;
    for (size_t i = 0; i < static_cast<size_t>(n); ++i) {
        out.emplace_back(values[i % values.size()], values[i / values.size() % values.size()]);
        if (nulls && i % 7 == 2) out.back().first.reset();
        if (nulls && i % 7 == 5) out.back().second.reset();
    }
    return out;
}

// The expression over chunks of all sizes, at the beginning of a batch and behind it, against `meaning` of both cells.
template <class T, class Result, class F>
void expect_cells(const std::string& expression, const std::vector<T>& values, F meaning) {
    for (const bool nulls : {false, true}) {
        for (const int n : kChunkSizes) {
            for (const int from : {0, 5}) {
                const std::vector<Pair<T>> rows = pairs_of(values, from + n, nulls);
                ArrowArray batch = batch_of_pairs(rows);
                Names expected;
                for (size_t i = static_cast<size_t>(from); i < rows.size(); ++i)
                    expected.push_back(meaning(rows[i].first, rows[i].second));
                ASSERT_EQ((evaluate_chunk<Result>(expression, pair_schema<T>(), batch, from, n)), expected)
                    << expression << " of " << n << " from " << from;
                batch.release(&batch);
            }
        }
    }
}

// The same where a null makes a null.
template <class T, class Result, class F>
void expect_pairs(const std::string& expression, const std::vector<T>& values, F meaning) {
    expect_cells<T, Result>(expression, values, [&](std::optional<T> a, std::optional<T> b) {
        return a && b ? std::string(meaning(*a, *b)) : "null";
    });
}

template <class T>
std::vector<T> edges() {
    using Limits = std::numeric_limits<T>;
    return {T{0},           -T{0},          T{1},
            T{-1.5},        Limits::max(),  Limits::lowest(),
            Limits::min(),  -Limits::min(), Limits::denorm_min(),
            std::sqrt(Limits::max()) * 2,   std::sqrt(Limits::min()) / 2,
            Limits::infinity(),             -Limits::infinity(),
            Limits::quiet_NaN()};
}

// What PostgreSQL says of a result: float8_pl and its like.
template <class T>
std::string checked(T result, bool from_infinity, bool may_be_zero) {
    if (std::isinf(result) && !from_infinity) return "overflow";
    if (result == 0 && !may_be_zero) return "overflow";
    return cell_text(result);
}

template <class T>
void expect_float_arithmetic() {
    const auto any_infinite = [](T a, T b) { return std::isinf(a) || std::isinf(b); };
    const std::vector<T> values = edges<T>();
    expect_pairs<T, T>("a + b", values, [&](T a, T b) { return checked<T>(a + b, any_infinite(a, b), true); });
    expect_pairs<T, T>("a - b", values, [&](T a, T b) { return checked<T>(a - b, any_infinite(a, b), true); });
    expect_pairs<T, T>("a * b", values, [&](T a, T b) {
        return checked<T>(a * b, any_infinite(a, b), a == 0 || b == 0);
    });
    expect_pairs<T, T>("a / b", values, [&](T a, T b) {
        if (b == 0 && !std::isnan(a)) return std::string("division-by-zero");
        return checked<T>(a / b, any_infinite(a, b), a == 0 || std::isinf(b));
    });
}

TEST(DenseKernels, ComputeFloatsAsRowByRow) {
    expect_float_arithmetic<double>();
    expect_float_arithmetic<float>();
}

TEST(DenseKernels, TakeConstantsOnEitherSide) {
    const std::vector<double> values = edges<double>();
    using Cell = std::optional<double>;
    expect_cells<double, double>("a * 2::float64", values, [](Cell a, Cell) {
        return a ? checked(*a * 2, std::isinf(*a), *a == 0) : "null";
    });
    expect_cells<double, double>("1e-300::float64 * b", values, [](Cell, Cell b) {
        return b ? checked(1e-300 * *b, std::isinf(*b), *b == 0) : "null";
    });
    expect_cells<double, double>("a - 'inf'::float64", values, [](Cell a, Cell) {
        return a ? cell_text(*a - std::numeric_limits<double>::infinity()) : "null";
    });
}

template <class T>
void expect_float_order(const std::string& type) {
    const auto rank = [](T x) { return std::isnan(x) ? 1 : 0; };
    const auto less = [&](T a, T b) { return rank(a) < rank(b) || (rank(a) + rank(b) == 0 && a < b); };
    const auto same = [&](T a, T b) { return !less(a, b) && !less(b, a); };
    const auto truth = [](bool value) { return value ? "1" : "0"; };
    const std::vector<T> values = edges<T>();
    expect_pairs<T, uint8_t>("a < b", values, [&](T a, T b) { return truth(less(a, b)); });
    expect_pairs<T, uint8_t>("a > b", values, [&](T a, T b) { return truth(less(b, a)); });
    expect_pairs<T, uint8_t>("a <= b", values, [&](T a, T b) { return truth(!less(b, a)); });
    expect_pairs<T, uint8_t>("a >= b", values, [&](T a, T b) { return truth(!less(a, b)); });
    expect_pairs<T, uint8_t>("a = b", values, [&](T a, T b) { return truth(same(a, b)); });
    expect_pairs<T, uint8_t>("a <> b", values, [&](T a, T b) { return truth(!same(a, b)); });
    using Cell = std::optional<T>;
    expect_cells<T, uint8_t>("a > 1::" + type, values, [&](Cell a, Cell) { return a ? truth(less(1, *a)) : "null"; });
    expect_cells<T, uint8_t>("a <> 'nan'::" + type, values, [&](Cell a, Cell) {
        return a ? truth(!std::isnan(*a)) : "null";
    });
    expect_cells<T, uint8_t>("'nan'::" + type + " <= b", values, [&](Cell, Cell b) {
        return b ? truth(std::isnan(*b)) : "null";
    });
}

TEST(DenseKernels, OrderNaNAboveAllOthers) {
    expect_float_order<double>("float64");
    expect_float_order<float>("float32");
}

template <class From, class To>
void expect_narrowing(const std::string& type, const std::vector<From>& values) {
    const auto meaning = [](From a, From) { return std::in_range<To>(a) ? cell_text(static_cast<To>(a)) : "overflow"; };
    expect_pairs<From, To>("CASE WHEN b = b THEN a::" + type + " END", values, meaning);
    expect_pairs<From, To>("CASE WHEN b = b THEN TRY_CAST(a AS " + type + ") END", values, [&](From a, From b) {
        const std::string value = meaning(a, b);
        return value == "overflow" ? "null" : value;
    });
}

TEST(DenseKernels, NarrowIntegersThatFit) {
    const std::vector<int64_t> values = {0, 1, -1, 127, 128, -128, -129, 255, 256, 65535, 65536, INT32_MAX,
                                         int64_t{INT32_MAX} + 1, INT32_MIN, int64_t{INT32_MIN} - 1, UINT32_MAX,
                                         int64_t{UINT32_MAX} + 1, INT64_MAX, INT64_MIN};
    expect_narrowing<int64_t, int32_t>("int32", values);
    expect_narrowing<int64_t, int16_t>("int16", values);
    expect_narrowing<int64_t, int8_t>("int8", values);
    expect_narrowing<int64_t, uint8_t>("uint8", values);
    expect_narrowing<int64_t, uint32_t>("uint32", values);
    expect_narrowing<int64_t, uint64_t>("uint64", values);
    expect_narrowing<int16_t, int8_t>("int8", {0, -1, 127, 128, -128, -129, INT16_MAX, INT16_MIN});
    expect_narrowing<uint64_t, int64_t>("int64", {0, 1, INT64_MAX, uint64_t{INT64_MAX} + 1, UINT64_MAX});
    expect_narrowing<uint64_t, uint16_t>("uint16", {0, 1, 65535, 65536, UINT64_MAX});
}

// All nine pairs of true, false and null.
TEST(DenseKernels, CombineNullsAsSqlDoes) {
    const Schema schema = pair_schema<bool>();
    const std::vector<std::optional<bool>> values = {true, false, std::nullopt};
    for (const int n : kChunkSizes) {
        for (const int from : {0, 3}) {
            std::vector<Pair<bool>> rows;
            Names conjunction, disjunction;
            for (size_t i = 0; i < static_cast<size_t>(from + n); ++i) {
                const auto a = values[i % 3], b = values[i / 3 % 3];
                rows.emplace_back(a, b);
                if (i < static_cast<size_t>(from)) continue;
                const bool any_false = (a && !*a) || (b && !*b), any_true = (a && *a) || (b && *b);
                conjunction.push_back(any_false ? "0" : a && b ? "1" : "null");
                disjunction.push_back(any_true ? "1" : a && b ? "0" : "null");
            }
            ArrowArray batch = batch_of_pairs(rows);
            for (const char* text : {"a AND b", "a AND b AND a", "NOT (NOT a OR NOT b)", "b IS NOT FALSE AND a AND b"})
                EXPECT_EQ(evaluate_chunk<uint8_t>(text, schema, batch, from, n), conjunction) << text << " of " << n;
            for (const char* text : {"a OR b", "b OR a OR b", "NOT (NOT a AND NOT b)"})
                EXPECT_EQ(evaluate_chunk<uint8_t>(text, schema, batch, from, n), disjunction) << text << " of " << n;
            batch.release(&batch);
        }
    }
}

// Rows that a condition leaves out, and nulls, are computed along with the others and must not fail.
TEST(DenseKernels, FailForRowsThatAreMeant) {
    const Schema schema = pair_schema<double>();
    const char* rows = "[[1e200,1],[1e200,null],[2,1],[1e300,2],[null,1]]";
    EXPECT_EQ(evaluate("a < 1e100::float64 AND a * 1e200::float64 > b", schema, rows),
              (Names{"false", "false", "true", "false", "null"}));
    EXPECT_EQ(evaluate("CASE WHEN b = 2 THEN 0 ELSE a * 1e200::float64 END", schema, rows),
              (Names{"error: overflow: 1e+200 * 1e+200 is outside of float64",
                     "error: overflow: 1e+200 * 1e+200 is outside of float64", "2e+200", "0", "null"}));
    EXPECT_EQ(evaluate("CASE WHEN b = 1 THEN a::int64::int16 END", pair_schema<double>(),
                       "[[70000,1],[70000,2],[7,1],[null,1]]"),
              (Names{"error: overflow: 70000 is outside of int16", "null", "7", "null"}));
}

}  // namespace
}  // namespace weir::host::expression
