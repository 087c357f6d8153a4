#include "host/expression/calendar.hpp"

#include <algorithm>

namespace weir::host::expression {

std::optional<int64_t> add_interval(int64_t micros, const Interval& interval) {
    if (!is_timestamp(micros)) return std::nullopt;
    int64_t days = floor_div(micros, kDay);
    int64_t time = micros - days * kDay;
    if (interval.months != 0) {
        const Civil date = civil_from_days(days);
        const int64_t months = date.year * 12 + (date.month - 1) + interval.months;
        const int64_t year = floor_div(months, 12);
        const int month = static_cast<int>(months - year * 12) + 1;
        days = days_from_civil(year, month, std::min(date.day, days_in_month(year, month)));
    }
    days += interval.days;
    if (days < kFirstDay || days > kLastDay) return std::nullopt;
    int64_t out = 0;
    if (__builtin_add_overflow(days * kDay + time, interval.micros, &out) || !is_timestamp(out)) return std::nullopt;
    return out;
}

Int128 interval_span(const Interval& interval) {
    constexpr int64_t kDaysOfMonth = 30;
    return (static_cast<Int128>(interval.months) * kDaysOfMonth + interval.days) * kDay + interval.micros;
}

}  // namespace weir::host::expression
