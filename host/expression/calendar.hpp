// Days and the proleptic Gregorian calendar, for all dates that fit; time in microseconds.
#pragma once

#include <cstdint>
#include <optional>

#include "host/expression/types.hpp"

namespace weir::host::expression {

inline constexpr int64_t kSecond = 1'000'000, kMinute = 60 * kSecond, kHour = 60 * kMinute, kDay = 24 * kHour;

struct Civil {
    int64_t year = 1970;
    int month = 1, day = 1;
};

// A moment by its parts.
struct Moment {
    Civil date;
    int hour = 0, minute = 0, second = 0, micros = 0;
    int64_t days = 0;  // since 1970-01-01
};

// H. Hinnant, "chrono-Compatible Low-Level Date Algorithms": eras of 400 years that begin in March.
constexpr int64_t days_from_civil(int64_t year, int month, int day) {
    year -= month <= 2;
    const int64_t era = (year >= 0 ? year : year - 399) / 400;
    const int64_t of_era = year - era * 400;
    const int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

constexpr Civil civil_from_days(int64_t days) {
    days += 719468;
    const int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    const int64_t of_era = days - era * 146097;
    const int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    const int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    const int64_t month = (5 * of_year + 2) / 153;
    const int day = static_cast<int>(of_year - (153 * month + 2) / 5 + 1);
    const int m = static_cast<int>(month < 10 ? month + 3 : month - 9);
    return {year + era * 400 + (m <= 2), m, day};
}

constexpr bool is_leap(int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }
constexpr int days_in_month(int64_t year, int month) {
    return month == 2 ? (is_leap(year) ? 29 : 28) : month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

// REQUIRES: b is above 0.
constexpr int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0); }
constexpr int64_t floor_mod(int64_t a, int64_t b) { return a % b < 0 ? a % b + b : a % b; }

constexpr Moment moment_of(int64_t micros) {
    Moment out;
    out.days = floor_div(micros, kDay);
    const int64_t rest = floor_mod(micros, kDay);
    out.date = civil_from_days(out.days);
    out.hour = static_cast<int>(rest / kHour);
    out.minute = static_cast<int>(rest / kMinute % 60);
    out.second = static_cast<int>(rest / kSecond % 60);
    out.micros = static_cast<int>(rest % kSecond);
    return out;
}

// What a timestamp may be: from 4714-11-24 BC, as in PostgreSQL, to the end of the last year that fits.
inline constexpr int64_t kFirstDay = days_from_civil(-4713, 11, 24), kLastDay = days_from_civil(294246, 12, 31);
constexpr bool is_timestamp(int64_t micros) { return micros >= kFirstDay * kDay && micros < (kLastDay + 1) * kDay; }

// Monday is 1, Sunday 7.
constexpr int iso_weekday(int64_t days) { return static_cast<int>((days % 7 + 10) % 7 + 1); }
struct IsoWeek {
    int64_t year;
    int week;
};
constexpr IsoWeek iso_week(int64_t days) {
    const int64_t thursday = days - iso_weekday(days) + 4;
    const int64_t year = civil_from_days(thursday).year;
    return {year, static_cast<int>((thursday - days_from_civil(year, 1, 1)) / 7 + 1)};
}

// Months first, the day cut to the month's length, then days, then time; nullopt outside of the calendar.
std::optional<int64_t> add_interval(int64_t micros, const Interval& interval);
// For comparisons: months of 30 days, days of 24 hours.
Int128 interval_span(const Interval& interval);

}  // namespace weir::host::expression
