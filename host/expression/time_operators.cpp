// Arithmetic of dates, timestamps and intervals, and AT TIME ZONE.
#include <cmath>

#include "host/expression/calendar.hpp"
#include "host/expression/functions.hpp"
#include "host/expression/kernel.hpp"
#include "host/expression/time_text.hpp"
#include "host/expression/time_zone.hpp"
#include "host/expression/zone_memo.hpp"

namespace weir::host::expression {
namespace {

std::string interval_text(const Interval& interval) {
    char text[kMaxTimeText];
    return {text, write_interval(text, interval)};
}

std::optional<Interval> negated(const Interval& a) {
    Interval out;
    if (__builtin_sub_overflow(0, a.months, &out.months) || __builtin_sub_overflow(0, a.days, &out.days) ||
        __builtin_sub_overflow(int64_t{0}, a.micros, &out.micros))
        return std::nullopt;
    return out;
}

Interval out_of_range(Row& row) {
    return row.fail(ErrorCode::kOverflow, "the interval is outside of its range"), Interval();
}

int64_t plus(Row& row, int64_t micros, Interval interval) {
    const auto sum = add_interval(micros, interval);
    if (!sum) row.fail(ErrorCode::kOverflow, "adding {} leaves the range of timestamps", interval_text(interval));
    return sum.value_or(0);
}
int64_t plus_turned(Row& row, Interval interval, int64_t micros) { return plus(row, micros, interval); }
int64_t minus(Row& row, int64_t micros, Interval interval) {
    const auto turned = negated(interval);
    if (!turned) return out_of_range(row), 0;
    return plus(row, micros, *turned);
}

std::optional<int64_t> micros_of_date(Row& row, int32_t days) {
    if (days >= kFirstDay && days <= kLastDay) return days * kDay;
    row.fail(ErrorCode::kOverflow, "the date is outside of what timestamps have");
    return std::nullopt;
}
int64_t date_plus(Row& row, int32_t days, Interval interval) {
    const auto micros = micros_of_date(row, days);
    return micros ? plus(row, *micros, interval) : 0;
}
int64_t date_plus_turned(Row& row, Interval interval, int32_t days) { return date_plus(row, days, interval); }
int64_t date_minus(Row& row, int32_t days, Interval interval) {
    const auto micros = micros_of_date(row, days);
    return micros ? minus(row, *micros, interval) : 0;
}

int32_t shift_date(Row& row, int32_t days, int64_t by) {
    const int64_t sum = days + by;
    if (sum < kFirstDay || sum > kLastDay)
        return row.fail(ErrorCode::kOverflow, "adding {} days leaves the range of dates", by), 0;
    return static_cast<int32_t>(sum);
}
int32_t add_days_to(Row& row, int32_t days, int32_t by) { return shift_date(row, days, by); }
int32_t add_days_turned(Row& row, int32_t by, int32_t days) { return shift_date(row, days, by); }
int32_t subtract_days(Row& row, int32_t days, int32_t by) { return shift_date(row, days, -int64_t{by}); }
int32_t days_between(Row& row, int32_t a, int32_t b) {
    int32_t out = 0;
    if (__builtin_sub_overflow(a, b, &out)) row.fail(ErrorCode::kOverflow, "the days between are outside of int32");
    return out;
}

// Days of 24 hours and the rest.
Interval time_between(Row& row, int64_t a, int64_t b) {
    int64_t micros = 0;
    if (__builtin_sub_overflow(a, b, &micros)) return out_of_range(row);
    return {0, static_cast<int32_t>(micros / kDay), micros % kDay};
}

Interval add_intervals(Row& row, Interval a, Interval b) {
    Interval out;
    if (__builtin_add_overflow(a.months, b.months, &out.months) || __builtin_add_overflow(a.days, b.days, &out.days) ||
        __builtin_add_overflow(a.micros, b.micros, &out.micros))
        return out_of_range(row);
    return out;
}
Interval negate_interval(Row& row, Interval a) {
    const auto out = negated(a);
    return out ? *out : out_of_range(row);
}
Interval subtract_intervals(Row& row, Interval a, Interval b) {
    Interval out;
    if (__builtin_sub_overflow(a.months, b.months, &out.months) || __builtin_sub_overflow(a.days, b.days, &out.days) ||
        __builtin_sub_overflow(a.micros, b.micros, &out.micros))
        return out_of_range(row);
    return out;
}

Interval scaled(Row& row, Interval a, double by) {
    // What is left of months goes to days, of days to the time, each rounded to microseconds, as in PostgreSQL.
    const double months = a.months * by, days = a.days * by;
    if (!(std::fabs(months) < 2147483648.0 && std::fabs(days) < 2147483648.0)) return out_of_range(row);
    Interval out{static_cast<int32_t>(months), static_cast<int32_t>(days), 0};
    auto to_micros = [](double days_part) { return std::rint(days_part * 1e6) / 1e6; };
    double rest_of_months = to_micros((months - out.months) * 30);
    double seconds = to_micros((days - out.days + rest_of_months - std::trunc(rest_of_months)) * 86400);
    if (std::fabs(seconds) >= 86400) {
        out.days += static_cast<int32_t>(seconds / 86400);
        seconds -= static_cast<int32_t>(seconds / 86400) * 86400.0;
    }
    if (__builtin_add_overflow(out.days, static_cast<int32_t>(rest_of_months), &out.days)) return out_of_range(row);
    const double micros = std::rint(static_cast<double>(a.micros) * by + seconds * 1e6);
    if (!(std::fabs(micros) < 9223372036854775807.0)) return out_of_range(row);
    out.micros = static_cast<int64_t>(micros);
    return out;
}
Interval multiply_interval(Row& row, Interval a, double by) { return scaled(row, a, by); }
Interval multiply_turned(Row& row, double by, Interval a) { return scaled(row, a, by); }
Interval divide_interval(Row& row, Interval a, double by) {
    if (by == 0) return row.fail(ErrorCode::kDivisionByZero, "{} / 0", interval_text(a)), Interval();
    return scaled(row, a, 1 / by);
}

int64_t to_local(Row& row, int64_t utc, std::string_view name) {
    TimeZoneCache* zone = zone_of(row, name);
    if (!zone) return 0;
    const auto local = zone->to_local(utc);
    if (!local) row.fail(ErrorCode::kOverflow, "the time is outside of what time zones are known for");
    return local.value_or(0);
}
int64_t to_utc(Row& row, int64_t local, std::string_view name) {
    TimeZoneCache* zone = zone_of(row, name);
    if (!zone) return 0;
    const auto utc = zone->to_utc(local);
    if (!utc) row.fail(ErrorCode::kOverflow, "the time is outside of what time zones are known for");
    return utc.value_or(0);
}

constexpr Overload kPlus[] = {
    {"timestamp, interval -> timestamp", map<&plus>},
    {"interval, timestamp -> timestamp", map<&plus_turned>},
    {"local_timestamp, interval -> local_timestamp", map<&plus>},
    {"interval, local_timestamp -> local_timestamp", map<&plus_turned>},
    {"date, interval -> local_timestamp", map<&date_plus>},
    {"interval, date -> local_timestamp", map<&date_plus_turned>},
    {"date, int32 -> date", map<&add_days_to>},
    {"int32, date -> date", map<&add_days_turned>},
    {"interval, interval -> interval", map<&add_intervals>},
};
constexpr Overload kMinus[] = {
    {"timestamp, interval -> timestamp", map<&minus>},
    {"local_timestamp, interval -> local_timestamp", map<&minus>},
    {"date, interval -> local_timestamp", map<&date_minus>},
    {"timestamp, timestamp -> interval", map<&time_between>},
    {"local_timestamp, local_timestamp -> interval", map<&time_between>},
    {"date, date -> int32", map<&days_between>},
    {"date, int32 -> date", map<&subtract_days>},
    {"interval, interval -> interval", map<&subtract_intervals>},
    {"interval -> interval", map<&negate_interval>},
};
constexpr Overload kTimes[] = {{"interval, float64 -> interval", map<&multiply_interval>},
                               {"float64, interval -> interval", map<&multiply_turned>}};
constexpr Overload kDivided[] = {{"interval, float64 -> interval", map<&divide_interval>}};
constexpr Overload kAtTimeZone[] = {{"timestamp, string -> local_timestamp", map<&to_local>},
                                    {"local_timestamp, string -> timestamp", map<&to_utc>}};

constexpr Example kPlusExamples[] = {
    {"timestamp '2024-01-31 10:00:00Z' + interval '1 month'", "2024-02-29 10:00:00+00"},
    {"date '2024-05-23' + 7", "2024-05-30"},
    {"interval '1 day' + interval '2 hours'", "1 day 02:00:00"}};
constexpr Example kMinusExamples[] = {
    {"timestamp '2024-05-23 12:00Z' - timestamp '2024-05-22 10:30Z'", "1 day 01:30:00"},
    {"date '2024-05-23' - date '2024-05-01'", "22"}};
constexpr Example kTimesExamples[] = {{"interval '90 minutes' * 2", "03:00:00"}};
constexpr Example kDividedExamples[] = {{"interval '1 day' / 4", "06:00:00"}};
constexpr Example kAtTimeZoneExamples[] = {
    {"timestamp '2024-05-23 12:00Z' AT TIME ZONE 'Europe/Berlin'", "2024-05-23 14:00:00"},
    {"extract(hour FROM timestamp '2024-01-01 12:00Z' AT TIME ZONE 'America/New_York')", "7"},
    {"'2024-05-23 14:00'::local_timestamp AT TIME ZONE 'Europe/Berlin'", "2024-05-23 12:00:00+00"}};

constexpr Function kFunctions[] = {
    {"+", kPlus,
     "A time and an interval, a date and days, or two intervals. Months come first; a day that the month lacks is its "
     "last.",
     kPlusExamples},
    {"-", kMinus, "The same backwards; between two times the interval in days and hours, between two dates the days.",
     kMinusExamples},
    {"*", kTimes, "An interval so many times.", kTimesExamples},
    {"/", kDivided, "A part of an interval.", kDividedExamples},
    {"at time zone", kAtTimeZone,
     "Of a timestamp: what clocks show there, a local_timestamp. Of a local_timestamp: when clocks there show it.",
     kAtTimeZoneExamples, Nulls::kStrict, false, check_zone_second},
};

}  // namespace

constinit const FunctionGroup kTimeOperators = {"Operators of times",
                                                "A `timestamp` is a moment in UTC, with microseconds. A "
                                                "`local_timestamp` is the time that a clock shows, an `interval` "
                                                "months, days and microseconds; they exist inside of expressions only.",
                                                true, kFunctions};

}  // namespace weir::host::expression
