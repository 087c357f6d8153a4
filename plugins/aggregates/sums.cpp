// count, sum, avg.
#include <algorithm>
#include <cmath>
#include <optional>

#include "specs.hpp"
#include "values.hpp"

namespace weir::aggregates {
namespace {

class Count {
public:
    struct State {
        int64_t rows;
    };
    using Arguments = weir::Arguments<>;
    static constexpr bool kNullable = false;

    Type result_type() const { return type_of(TypeId::kInt64); }
    void update(State &s) const { ++s.rows; }
    void retract(State &s) const { --s.rows; }
    void merge(State &into, const State &from) const { into.rows += from.rows; }
    void result(const State &s, ColumnBuilder &out) const { out.append(s.rows); }
};

// Integers of at most 32 bits: an int64, as PostgreSQL has it.
template <class T>
class NarrowSum {
public:
    struct State {
        int64_t sum, rows;
        int64_t overflowed;  // by a merge
    };
    using Arguments = weir::Arguments<T>;

    Type result_type() const { return type_of(TypeId::kInt64); }
    bool update(State &s, T value) const {
        int64_t sum = 0;
        if (__builtin_add_overflow(s.sum, int64_t{value}, &sum)) return false;
        s.sum = sum;
        ++s.rows;
        return true;
    }
    void retract(State &s, T value) const {
        s.sum = static_cast<int64_t>(static_cast<uint64_t>(s.sum) - static_cast<uint64_t>(int64_t{value}));
        --s.rows;
    }
    void merge(State &into, const State &from) const {
        int64_t sum = 0;
        into.overflowed |= from.overflowed | __builtin_add_overflow(into.sum, from.sum, &sum);
        if (!into.overflowed) into.sum = sum;
        into.rows += from.rows;
    }
    bool result(const State &s, ColumnBuilder &out) const {
        if (s.rows > 0 && !s.overflowed)
            out.append(s.sum);
        else
            out.append_null();
        return !s.overflowed;
    }
    Refusal refusal() const { return {"overflow", "the sum does not fit int64"}; }
};

// The sum and the number of integers and decimals, in 128 bits: what sum and avg share.
struct ExactState {
    Wide sum;
    int64_t rows;
    int64_t overflowed;  // by a merge
};

template <class T>
class ExactBase {
public:
    using State = ExactState;
    using Arguments = weir::Arguments<T>;
    // 64 bits a value cannot fill 38 digits.
    static constexpr bool kMayOverflow = sizeof(T) == 16;

    // What is left may have too many digits, and then no result until more is taken back.
    void retract(State &s, T value) const {
        s.sum = Wide::of(static_cast<Int128>(static_cast<Uint128>(s.sum.value()) - static_cast<Uint128>(static_cast<Int128>(value))));
        --s.rows;
    }
    void merge(State &into, const State &from) const {
        Int128 sum = 0;
        const bool wraps = __builtin_add_overflow(into.sum.value(), from.sum.value(), &sum);
        into.overflowed |= from.overflowed || wraps || !fits_digits(sum, 38);
        if (!into.overflowed) into.sum = Wide::of(sum);
        into.rows += from.rows;
    }

protected:
    static bool fits(const State &s) { return !s.overflowed && fits_digits(s.sum.value(), 38); }
    static bool add(State &s, T value) {
        Int128 sum = 0;
        const bool wraps = __builtin_add_overflow(s.sum.value(), value, &sum);
        if (kMayOverflow && (wraps || !fits_digits(sum, 38))) return false;
        s.sum = Wide::of(sum);
        ++s.rows;
        return true;
    }
};

template <class T>
class ExactSum : public ExactBase<T> {
public:
    explicit ExactSum(int scale) : scale_(scale), message_("the sum does not fit decimal(38," + std::to_string(scale) + ")") {}

    Type result_type() const { return decimal_type(38, scale_); }
    bool update(ExactState &s, T value) const
        requires ExactBase<T>::kMayOverflow
    {
        return this->add(s, value);
    }
    void update(ExactState &s, T value) const
        requires(!ExactBase<T>::kMayOverflow)
    {
        this->add(s, value);
    }
    bool result(const ExactState &s, ColumnBuilder &out) const {
        const bool fits = ExactBase<T>::fits(s);
        if (s.rows > 0 && fits)
            out.append(s.sum.value());
        else
            out.append_null();
        return fits;
    }
    Refusal refusal() const { return {"overflow", message_}; }

private:
    int scale_;
    std::string message_;
};

// sum / rows with `more` digits behind those of the sum, rounded half away from zero; nullopt where it has too many.
std::optional<Int128> quotient(Int128 sum, int64_t rows, int more) {
    const bool negative = sum < 0;
    Uint128 rest = negative ? -static_cast<Uint128>(sum) : static_cast<Uint128>(sum);
    const auto divisor = static_cast<Uint128>(rows);
    auto value = static_cast<Int128>(rest / divisor);
    rest %= divisor;
    for (int i = 0; i < more; ++i) {
        rest *= 10;
        if (!fits_digits(value, 37)) return std::nullopt;
        value = value * 10 + static_cast<Int128>(rest / divisor);
        rest %= divisor;
    }
    if (rest * 2 >= divisor) ++value;
    if (!fits_digits(value, 38)) return std::nullopt;
    return negative ? -value : value;
}

template <class T>
class ExactAverage : public ExactBase<T> {
public:
    // Of values with so many digits in front of the point, and behind it.
    ExactAverage(int whole, int scale) : scale_(scale), result_scale_(std::max({std::min(38 - whole, std::max(scale, 16)), scale, 0})) {
        message_ = "the mean, or the sum for it, does not fit " + to_string(result_type());
    }
    Type result_type() const { return decimal_type(38, result_scale_); }
    bool update(ExactState &s, T value) const
        requires ExactBase<T>::kMayOverflow
    {
        return this->add(s, value);
    }
    void update(ExactState &s, T value) const
        requires(!ExactBase<T>::kMayOverflow)
    {
        this->add(s, value);
    }
    bool result(const ExactState &s, ColumnBuilder &out) const {
        const bool fits = ExactBase<T>::fits(s);
        const auto mean = s.rows > 0 && fits ? quotient(s.sum.value(), s.rows, result_scale_ - scale_) : std::nullopt;
        if (mean)
            out.append(*mean);
        else
            out.append_null();
        return mean || (s.rows == 0 && fits);
    }
    Refusal refusal() const { return {"overflow", message_}; }

private:
    int scale_, result_scale_;
    std::string message_;
};

// Sums of floats, in float64. What is infinite without an infinite value has overflowed.
template <class T, bool kMean>
class FloatSum {
public:
    struct State {
        double sum;
        int64_t rows, odd;  // of them infinite or NaN
    };
    using Arguments = weir::Arguments<T>;

    Type result_type() const { return type_of(kMean || sizeof(T) == 8 ? TypeId::kFloat64 : TypeId::kFloat32); }
    void update(State &s, T value) const {
        s.sum += static_cast<double>(value);
        ++s.rows;
        s.odd += !std::isfinite(value);
    }
    void merge(State &into, const State &from) const {
        into.sum += from.sum;
        into.rows += from.rows;
        into.odd += from.odd;
    }
    bool result(const State &s, ColumnBuilder &out) const {
        if (s.rows == 0) return out.append_null(), true;
        const double value = kMean ? s.sum / static_cast<double>(s.rows) : s.sum;
        const bool fits = s.odd || std::isfinite(out.type().id == TypeId::kFloat32 ? static_cast<double>(static_cast<float>(value)) : value);
        if (!fits)
            out.append_null();
        else if (out.type().id == TypeId::kFloat32)
            out.append(static_cast<float>(value));
        else
            out.append(value);
        return fits;
    }
    Refusal refusal() const { return {"overflow", sizeof(T) == 8 ? "the sum does not fit float64" : "the sum does not fit float32"}; }
};

}  // namespace

Result<AggregatePtr> CountFactory::create(const Config &, const Schema &) { return make_aggregate(Count()); }

Result<AggregatePtr> SumFactory::create(const Config &, const Schema &arguments) {
    if (Status status = check_one(arguments, "takes a number", is_number); !status.ok()) return status;
    const Type &type = arguments.fields[0].type;
    switch (type.id) {
        case TypeId::kInt8: return make_aggregate(NarrowSum<int8_t>());
        case TypeId::kInt16: return make_aggregate(NarrowSum<int16_t>());
        case TypeId::kInt32: return make_aggregate(NarrowSum<int32_t>());
        case TypeId::kUint8: return make_aggregate(NarrowSum<uint8_t>());
        case TypeId::kUint16: return make_aggregate(NarrowSum<uint16_t>());
        case TypeId::kUint32: return make_aggregate(ExactSum<uint32_t>(0));
        case TypeId::kInt64: return make_aggregate(ExactSum<int64_t>(0));
        case TypeId::kUint64: return make_aggregate(ExactSum<uint64_t>(0));
        case TypeId::kFloat32: return make_aggregate(FloatSum<float, false>());
        case TypeId::kFloat64: return make_aggregate(FloatSum<double, false>());
        default: return make_aggregate(ExactSum<Int128>(type.scale));
    }
}

Result<AggregatePtr> AvgFactory::create(const Config &, const Schema &arguments) {
    if (Status status = check_one(arguments, "takes a number", is_number); !status.ok()) return status;
    const Type &type = arguments.fields[0].type;
    constexpr int kIntegerDigits = 20;
    switch (type.id) {
        case TypeId::kInt8: return make_aggregate(ExactAverage<int8_t>(kIntegerDigits, 0));
        case TypeId::kInt16: return make_aggregate(ExactAverage<int16_t>(kIntegerDigits, 0));
        case TypeId::kInt32: return make_aggregate(ExactAverage<int32_t>(kIntegerDigits, 0));
        case TypeId::kUint8: return make_aggregate(ExactAverage<uint8_t>(kIntegerDigits, 0));
        case TypeId::kUint16: return make_aggregate(ExactAverage<uint16_t>(kIntegerDigits, 0));
        case TypeId::kUint32: return make_aggregate(ExactAverage<uint32_t>(kIntegerDigits, 0));
        case TypeId::kInt64: return make_aggregate(ExactAverage<int64_t>(kIntegerDigits, 0));
        case TypeId::kUint64: return make_aggregate(ExactAverage<uint64_t>(kIntegerDigits, 0));
        case TypeId::kFloat32: return make_aggregate(FloatSum<float, true>());
        case TypeId::kFloat64: return make_aggregate(FloatSum<double, true>());
        default: return make_aggregate(ExactAverage<Int128>(type.precision - type.scale, type.scale));
    }
}

}  // namespace weir::aggregates
