// Parts of times: what date_trunc cuts at and what extract takes.
#pragma once

#include <optional>
#include <string_view>

#include "host/expression/calendar.hpp"

namespace weir::host::expression {

enum class TimeField : uint8_t {
    kMicroseconds,
    kMilliseconds,
    kSeconds,
    kMinutes,
    kHours,
    kDays,
    kWeek,
    kMonth,
    kQuarter,
    kYear,
    kDecade,
    kCentury,
    kMillennium,
    kDow,
    kIsodow,
    kDoy,
    kIsoyear,
    kEpoch,
    kJulian,
};

// `hour`, in any case, also in the plural.
std::optional<TimeField> time_field(std::string_view name);

// The moment, cut to the field; nullopt for a field at which nothing is cut.
std::optional<int64_t> truncate(TimeField field, int64_t micros);
std::optional<Interval> truncate(TimeField field, const Interval& interval);

// The value with six digits behind the point; nullopt where an interval has no such field.
Int128 extract(TimeField field, int64_t micros);
std::optional<Int128> extract(TimeField field, const Interval& interval);
// Digits behind the point that the field has: 6, 3 or 0.
int fraction_digits(TimeField field);
bool can_truncate(TimeField field);
bool has_date_field(TimeField field);  // whether a date has it

}  // namespace weir::host::expression
