// Dates, times and intervals as text and back, as PostgreSQL writes them with DateStyle ISO; read are ISO 8601
// and what PostgreSQL writes. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "host/expression/calendar.hpp"
#include "host/expression/number_text.hpp"

namespace weir::host::expression {

inline constexpr size_t kMaxTimeText = 128;

// Each writes at most kMaxTimeText bytes and returns the end.
char* write_date(char* to, int64_t days);                  // 2024-05-23
char* write_local_timestamp(char* to, int64_t micros);     // 2024-05-23 12:34:56.5
char* write_timestamp(char* to, int64_t micros);           // 2024-05-23 12:34:56.5+00
char* write_interval(char* to, const Interval& interval);  // 1 year 2 mons 3 days 04:05:06.5
// `width` digits at least.
char* write_padded(char* to, int64_t value, int width);

ReadResult read_date(std::string_view text, int32_t& days);
// A zone or an offset behind the time is taken into account for a timestamp, and is dropped by local_timestamp.
ReadResult read_timestamp(std::string_view text, int64_t& micros);
ReadResult read_local_timestamp(std::string_view text, int64_t& micros);
ReadResult read_interval(std::string_view text, Interval& out);

// Adds the time of a fraction of months or days in smaller units, as PostgreSQL does.
bool add_months(Interval& to, double months);
bool add_days(Interval& to, double days);
bool add_micros(Interval& to, double micros);

}  // namespace weir::host::expression
