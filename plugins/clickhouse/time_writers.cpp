// Date, Date32, DateTime and DateTime64.
#include <limits>

#include <weir/row_json.hpp>

#include "fixed_writers.hpp"

namespace weir::clickhouse {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int32_t kFirstDay = -25'567, kLastDay = 120'529;             // 1900-01-01, 2299-12-31: Date32 and DateTime64
constexpr int64_t kFirstMicro = int64_t{kFirstDay} * 86'400 * kSecond, kLastMicro = (kLastDay + int64_t{1}) * 86'400 * kSecond - 1;

struct Day16 {
    static constexpr bool kTakesAll = false;
    bool takes(int32_t days) const { return days >= 0 && days <= std::numeric_limits<uint16_t>::max(); }
    uint16_t convert(int32_t days) const { return static_cast<uint16_t>(days); }
    std::string fault(int32_t days) const { return format_date(days) + " is not within 1970-01-01 to 2149-06-06, which a Date holds"; }
};

struct Day32 {
    static constexpr bool kTakesAll = false;
    bool takes(int32_t days) const { return days >= kFirstDay && days <= kLastDay; }
    int32_t convert(int32_t days) const { return days; }
    std::string fault(int32_t days) const { return format_date(days) + " is not within 1900-01-01 to 2299-12-31, which a Date32 holds"; }
};

struct Seconds {
    static constexpr bool kTakesAll = false;
    bool takes(int64_t micros) const { return micros >= 0 && micros / kSecond <= std::numeric_limits<uint32_t>::max(); }
    uint32_t convert(int64_t micros) const { return static_cast<uint32_t>(micros / kSecond); }
    std::string fault(int64_t micros) const {
        return format_timestamp(micros) + " is not within 1970-01-01 to 2106-02-07T06:28:15Z, which a DateTime holds";
    }
};

// Ticks of 10^-scale seconds. What is finer is rounded down: to divide by a constant is several times quicker.
template <int64_t kDivide>
struct Ticks {
    static constexpr bool kTakesAll = false;
    int64_t multiply, first, last;
    std::string type;

    static Ticks of(const DataType &to) {
        Ticks t{1, kFirstMicro, kLastMicro, to.text};
        for (int i = 6; i < to.scale; ++i) t.multiply *= 10;
        t.first = std::max(t.first, std::numeric_limits<int64_t>::min() / t.multiply);
        t.last = std::min(t.last, std::numeric_limits<int64_t>::max() / t.multiply);
        return t;
    }
    bool takes(int64_t micros) const { return micros >= first && micros <= last; }
    int64_t convert(int64_t micros) const {
        const int64_t down = micros / kDivide - (micros % kDivide < 0);
        return down * multiply;
    }
    std::string fault(int64_t micros) const {
        return format_timestamp(micros) + " is not within " + format_timestamp(first) + " to " + format_timestamp(last) + ", which a " + type +
               " holds";
    }
};

template <int64_t kDivide>
std::unique_ptr<ColumnWriter> make_ticks(const DataType &to) {
    return make_convert<int64_t, int64_t>(to, Ticks<kDivide>::of(to));
}

std::unique_ptr<ColumnWriter> make_ticks_of(const DataType &to) {
    switch (to.scale) {
        case 0: return make_ticks<1'000'000>(to);
        case 1: return make_ticks<100'000>(to);
        case 2: return make_ticks<10'000>(to);
        case 3: return make_ticks<1'000>(to);
        case 4: return make_ticks<100>(to);
        case 5: return make_ticks<10>(to);
        default: return make_ticks<1>(to);
    }
}

}  // namespace

Fit fit_time(const Type &from, const DataType &to) {
    const Misfit misfit{"", weir_type(to)};
    switch (to.kind) {
        case Kind::kDate:
            if (from.id != TypeId::kDate) return {nullptr, misfit};
            return {make_convert<int32_t, uint16_t>(to, Day16{}), {}};
        case Kind::kDate32:
            if (from.id != TypeId::kDate) return {nullptr, misfit};
            return {make_convert<int32_t, int32_t>(to, Day32{}), {}};
        case Kind::kDateTime:
            if (from.id != TypeId::kTimestamp) return {nullptr, misfit};
            return {make_convert<int64_t, uint32_t>(to, Seconds{}), {}};
        default:
            if (from.id != TypeId::kTimestamp) return {nullptr, misfit};
            return {make_ticks_of(to), {}};
    }
}

}  // namespace weir::clickhouse
