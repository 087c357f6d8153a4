#include "host/expression/time_fields.hpp"

#include <array>
#include <string>
#include <utility>

namespace weir::host::expression {
namespace {

constexpr std::array<std::pair<std::string_view, TimeField>, 22> kFields = {{
    {"microsecond", TimeField::kMicroseconds},
    {"millisecond", TimeField::kMilliseconds},
    {"second", TimeField::kSeconds},
    {"minute", TimeField::kMinutes},
    {"hour", TimeField::kHours},
    {"day", TimeField::kDays},
    {"week", TimeField::kWeek},
    {"month", TimeField::kMonth},
    {"quarter", TimeField::kQuarter},
    {"year", TimeField::kYear},
    {"decade", TimeField::kDecade},
    {"century", TimeField::kCentury},
    {"centurie", TimeField::kCentury},
    {"millennium", TimeField::kMillennium},
    {"dow", TimeField::kDow},
    {"isodow", TimeField::kIsodow},
    {"doy", TimeField::kDoy},
    {"isoyear", TimeField::kIsoyear},
    {"epoch", TimeField::kEpoch},
    {"julian", TimeField::kJulian},
    {"us", TimeField::kMicroseconds},
    {"ms", TimeField::kMilliseconds},
}};

// There is no year 0: the century of the year 1 BC ends where that of 1 AD begins.
int64_t century_of(int64_t year, int64_t years) {
    return year > 0 ? (year + years - 1) / years : -((years - 1 - (year - 1)) / years);
}
int64_t first_year_of(int64_t year, int64_t years) {
    const int64_t century = century_of(year, years);
    return century > 0 ? (century - 1) * years + 1 : century * years + 1;
}

Int128 seconds_part(TimeField field, int64_t second, int64_t micros) {
    const int64_t all = second * kSecond + micros;
    return field == TimeField::kSeconds        ? Int128{all}
           : field == TimeField::kMilliseconds ? Int128{all} * 1000
                                               : Int128{all} * kSecond;
}

}  // namespace

std::optional<TimeField> time_field(std::string_view name) {
    std::string lower(name);
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    for (int plural = 0; plural < 2; ++plural) {
        for (auto [text, field] : kFields)
            if (text == lower) return field;
        if (!lower.ends_with('s')) break;
        lower.pop_back();
    }
    return std::nullopt;
}

bool can_truncate(TimeField field) { return field <= TimeField::kMillennium; }
bool has_date_field(TimeField field) { return field >= TimeField::kDays; }

std::optional<int64_t> truncate(TimeField field, int64_t micros) {
    auto to_unit = [&](int64_t unit) { return floor_div(micros, unit) * unit; };
    switch (field) {
        case TimeField::kMicroseconds: return micros;
        case TimeField::kMilliseconds: return to_unit(1000);
        case TimeField::kSeconds: return to_unit(kSecond);
        case TimeField::kMinutes: return to_unit(kMinute);
        case TimeField::kHours: return to_unit(kHour);
        case TimeField::kDays: return to_unit(kDay);
        default: break;
    }
    const int64_t days = floor_div(micros, kDay);
    if (field == TimeField::kWeek) return (days - iso_weekday(days) + 1) * kDay;
    const Civil date = civil_from_days(days);
    auto begin = [](int64_t year, int month) { return days_from_civil(year, month, 1) * kDay; };
    switch (field) {
        case TimeField::kMonth: return begin(date.year, date.month);
        case TimeField::kQuarter: return begin(date.year, (date.month - 1) / 3 * 3 + 1);
        case TimeField::kYear: return begin(date.year, 1);
        case TimeField::kDecade: return begin(floor_div(date.year, 10) * 10, 1);
        case TimeField::kCentury: return begin(first_year_of(date.year, 100), 1);
        case TimeField::kMillennium: return begin(first_year_of(date.year, 1000), 1);
        default: return std::nullopt;
    }
}

std::optional<Interval> truncate(TimeField field, const Interval& a) {
    auto time = [&](int64_t unit) { return Interval{a.months, a.days, a.micros / unit * unit}; };
    auto months = [&](int32_t unit) { return Interval{a.months / unit * unit, 0, 0}; };
    switch (field) {
        case TimeField::kMicroseconds: return a;
        case TimeField::kMilliseconds: return time(1000);
        case TimeField::kSeconds: return time(kSecond);
        case TimeField::kMinutes: return time(kMinute);
        case TimeField::kHours: return time(kHour);
        case TimeField::kDays: return Interval{a.months, a.days, 0};
        case TimeField::kMonth: return months(1);
        case TimeField::kQuarter: return months(3);
        case TimeField::kYear: return months(12);
        case TimeField::kDecade: return months(120);
        case TimeField::kCentury: return months(1200);
        case TimeField::kMillennium: return months(12000);
        default: return std::nullopt;
    }
}

Int128 extract(TimeField field, int64_t micros) {
    const Moment m = moment_of(micros);
    const auto whole = [](int64_t value) { return Int128{value} * kSecond; };
    switch (field) {
        case TimeField::kMicroseconds:
        case TimeField::kMilliseconds:
        case TimeField::kSeconds: return seconds_part(field, m.second, m.micros);
        case TimeField::kMinutes: return whole(m.minute);
        case TimeField::kHours: return whole(m.hour);
        case TimeField::kDays: return whole(m.date.day);
        case TimeField::kWeek: return whole(iso_week(m.days).week);
        case TimeField::kMonth: return whole(m.date.month);
        case TimeField::kQuarter: return whole((m.date.month - 1) / 3 + 1);
        case TimeField::kYear: return whole(m.date.year > 0 ? m.date.year : m.date.year - 1);
        case TimeField::kDecade: return whole(floor_div(m.date.year, 10));
        case TimeField::kCentury:
            return whole(m.date.year > 0 ? century_of(m.date.year, 100) : century_of(m.date.year, 100) - 1);
        case TimeField::kMillennium:
            return whole(m.date.year > 0 ? century_of(m.date.year, 1000) : century_of(m.date.year, 1000) - 1);
        case TimeField::kDow: return whole(iso_weekday(m.days) % 7);
        case TimeField::kIsodow: return whole(iso_weekday(m.days));
        case TimeField::kDoy: return whole(m.days - days_from_civil(m.date.year, 1, 1) + 1);
        case TimeField::kIsoyear: {
            const int64_t year = iso_week(m.days).year;
            return whole(year > 0 ? year : year - 1);
        }
        case TimeField::kEpoch: return micros;
        case TimeField::kJulian: {
            constexpr int64_t kJulianOfEpoch = 2440588;
            return whole(m.days + kJulianOfEpoch) + floor_mod(micros, kDay) * kSecond / kDay;
        }
    }
    return 0;
}

std::optional<Int128> extract(TimeField field, const Interval& a) {
    const auto whole = [](int64_t value) { return Int128{value} * kSecond; };
    switch (field) {
        case TimeField::kMicroseconds:
        case TimeField::kMilliseconds:
        case TimeField::kSeconds: return seconds_part(field, a.micros / kSecond % 60, a.micros % kSecond);
        case TimeField::kMinutes: return whole(a.micros / kMinute % 60);
        case TimeField::kHours: return whole(a.micros / kHour);
        case TimeField::kDays: return whole(a.days);
        case TimeField::kMonth: return whole(a.months % 12);
        case TimeField::kQuarter: return whole(a.months % 12 / 3 + 1);
        case TimeField::kYear: return whole(a.months / 12);
        case TimeField::kDecade: return whole(a.months / 120);
        case TimeField::kCentury: return whole(a.months / 1200);
        case TimeField::kMillennium: return whole(a.months / 12000);
        case TimeField::kEpoch: {
            // Years of 365.25 days, further months of 30.
            constexpr int64_t kYear = 31'557'600, kMonth = 30 * 86'400;
            return Int128{a.months / 12 * kYear + a.months % 12 * kMonth + a.days * int64_t{86'400}} * kSecond +
                   a.micros;
        }
        default: return std::nullopt;
    }
}

int fraction_digits(TimeField field) {
    switch (field) {
        case TimeField::kSeconds:
        case TimeField::kEpoch:
        case TimeField::kJulian: return 6;
        case TimeField::kMilliseconds: return 3;
        default: return 0;
    }
}

}  // namespace weir::host::expression
