// Functions of dates, times and intervals.
#include <cmath>

#include "host/expression/decimal.hpp"
#include "host/expression/functions.hpp"
#include "host/expression/kernel.hpp"
#include "host/expression/time_fields.hpp"
#include "host/expression/time_format.hpp"
#include "host/expression/zone_memo.hpp"

namespace weir::host::expression {
namespace {

using Text = std::string_view;

struct FieldMemo {
    std::string name;
    std::optional<TimeField> field;
};

std::optional<TimeField> field_of(Row& row, Text name) {
    auto& memo = row.memo<FieldMemo>();
    if (!memo.field || memo.name != name) {
        memo.name = name;
        memo.field = time_field(name);
    }
    if (!memo.field) row.fail(ErrorCode::kBadArgument, "`{}` is no part of a time", shown(name));
    return memo.field;
}

int64_t cut(Row& row, TimeField field, Text name, int64_t micros) {
    if (!is_timestamp(micros)) return row.fail(ErrorCode::kOverflow, "the time is outside of what timestamps have"), 0;
    const auto out = truncate(field, micros);
    if (!out) row.fail(ErrorCode::kBadArgument, "nothing is cut at `{}`", shown(name));
    return out.value_or(0);
}

int64_t trunc_moment(Row& row, Text name, int64_t micros) {
    const auto field = field_of(row, name);
    return field ? cut(row, *field, name, micros) : 0;
}

int64_t trunc_in_zone(Row& row, Text name, int64_t utc, Text zone_name) {
    const auto field = time_field(name);
    if (!field) return row.fail(ErrorCode::kBadArgument, "`{}` is no part of a time", shown(name)), 0;
    TimeZoneCache* zone = zone_of(row, zone_name);
    if (!zone) return 0;
    const auto local = zone->to_local(utc);
    if (!local) return row.fail(ErrorCode::kOverflow, "the time is outside of what time zones are known for"), 0;
    const int64_t begin = cut(row, *field, name, *local);
    // Below a day the offset stays, so that an hour that occurs twice is two.
    if (*field < TimeField::kDays) return begin - zone->offset_s(utc) * kSecond;
    return zone->to_utc(begin).value_or(0);
}

Interval trunc_interval(Row& row, Text name, Interval interval) {
    const auto field = field_of(row, name);
    if (!field) return {};
    const auto out = truncate(*field, interval);
    if (!out) row.fail(ErrorCode::kBadArgument, "an interval is not cut at `{}`", shown(name));
    return out.value_or(Interval());
}

// The kernels give six digits behind the point; the result's type has as many as the field.
Int128 at_result_scale(Row& row, Int128 value) {
    constexpr int kScale = 6;
    const Type& type = row.result_type();
    return rescale(value, kScale, type.scale, type.precision).value_or(0);
}
Int128 extract_moment(Row& row, Text name, int64_t micros) {
    const auto field = field_of(row, name);
    return field ? at_result_scale(row, extract(*field, micros)) : 0;
}
Int128 extract_date(Row& row, Text name, int32_t days) {
    if (days < kFirstDay || days > kLastDay)
        return row.fail(ErrorCode::kOverflow, "the date is outside of what timestamps have"), 0;
    return extract_moment(row, name, days * kDay);
}
Int128 extract_interval(Row& row, Text name, Interval interval) {
    const auto field = field_of(row, name);
    if (!field) return 0;
    const auto value = extract(*field, interval);
    if (!value) return row.fail(ErrorCode::kBadArgument, "an interval has no `{}`", shown(name)), 0;
    return at_result_scale(row, *value);
}

double part_moment(Row& row, Text name, int64_t micros) {
    const auto field = field_of(row, name);
    return field ? to_double(extract(*field, micros), 6) : 0;
}
double part_interval(Row& row, Text name, Interval interval) {
    const auto field = field_of(row, name);
    if (!field) return 0;
    const auto value = extract(*field, interval);
    if (!value) row.fail(ErrorCode::kBadArgument, "an interval has no `{}`", shown(name));
    return to_double(value.value_or(0), 6);
}

Refusal check_field(Arguments args) {
    const Constant* name = args[0].constant;
    if (!name || name->is_null() || time_field(name->text())) return std::nullopt;
    return Problem{
        args[0].span, fmt::format("`{}` is no part of a time", shown(name->text())),
        "year, quarter, month, week, day, hour, minute, second, milliseconds, microseconds, epoch, dow, doy, …", "",
        ""};
}
Refusal check_trunc(Arguments args) {
    if (auto refusal = check_field(args)) return refusal;
    const Constant* name = args[0].constant;
    if (name && !name->is_null() && !can_truncate(*time_field(name->text())))
        return Problem{args[0].span, fmt::format("nothing is cut at `{}`", shown(name->text())),
                       "year, quarter, month, week, day, hour, minute, second, milliseconds or microseconds", "", ""};
    return check_zone_at(args, 2);
}
Refusal extract_type(Arguments args, std::vector<Type>&, Type& result) {
    constexpr int kDigits = 20;
    const Constant* name = args[0].constant;
    const auto field = name && !name->is_null() ? time_field(name->text()) : std::nullopt;
    const Type& from = args[1].type;
    const bool there = !field || (from.id == TypeId::kDate ? has_date_field(*field)
                                                           : from.id != kInterval || extract(*field, Interval()));
    if (!there)
        return Problem{
            args[0].span,
            fmt::format("{} has no `{}`", from.id == TypeId::kDate ? "a date" : "an interval", shown(name->text())),
            from.id == TypeId::kDate ? "year, quarter, month, week, day, dow, doy, epoch, …"
                                     : "year, month, day, hour, minute, second, epoch, …",
            "", ""};
    const int scale = field ? fraction_digits(*field) : 6;
    result = decimal_type(kDigits + scale, scale);
    return std::nullopt;
}

int64_t now_of(Row& row) { return row.now_micros(); }

int64_t from_epoch(Row& row, double seconds) {
    const double micros = std::rint(seconds * 1e6);
    if (!(std::fabs(micros) < 9.3e18) ||
        !is_timestamp(static_cast<int64_t>(std::fabs(micros) < 9.2e18 ? micros : 9.2e18))) {
        row.fail(ErrorCode::kOverflow, "{} seconds since 1970 are outside of what timestamps have", seconds);
        return 0;
    }
    return static_cast<int64_t>(micros);
}

struct FormatMemo {
    bool compiled = false;
    std::string pattern;
    TimeFormat format;
};

const TimeFormat& format_of(Row& row, Text pattern) {
    auto& memo = row.memo<FormatMemo>();
    if (!memo.compiled || memo.pattern != pattern) memo = {true, std::string(pattern), TimeFormat(pattern)};
    return memo.format;
}

Text to_char(Row& row, int64_t micros, Text pattern) {
    std::string out;
    format_of(row, pattern).write(out, micros);
    return row.text(out);
}

int64_t read_with(Row& row, Text text, Text pattern) {
    const TimeFormat& format = format_of(row, pattern);
    if (const auto part = format.unreadable()) {
        row.fail(ErrorCode::kBadArgument, "`{}` in a pattern is written and not read", *part);
        return 0;
    }
    std::string error;
    const auto micros = format.read(text, error);
    if (!micros) row.fail(ErrorCode::kBadCast, "`{}` {}", shown(text), error);
    return micros.value_or(0);
}
int32_t read_date_with(Row& row, Text text, Text pattern) {
    return static_cast<int32_t>(floor_div(read_with(row, text, pattern), kDay));
}
Refusal check_readable(Arguments args) {
    const Constant* pattern = args.size() > 1 ? args[1].constant : nullptr;
    const auto part = pattern && !pattern->is_null() ? TimeFormat(pattern->text()).unreadable() : std::nullopt;
    if (!part) return std::nullopt;
    return Problem{args[1].span, fmt::format("`{}` in a pattern is written and not read", *part),
                   "YYYY, MM, Mon, Month, DD, DDD, HH24, HH12, MI, SS, MS, US, AM", "", ""};
}

int64_t bin(Row& row, Interval width, int64_t micros, int64_t origin) {
    if (width.months != 0) return row.fail(ErrorCode::kBadArgument, "date_bin: months have no fixed length"), 0;
    int64_t size = 0, distance = 0;
    if (__builtin_mul_overflow(int64_t{width.days}, kDay, &size) || __builtin_add_overflow(size, width.micros, &size) ||
        __builtin_sub_overflow(micros, origin, &distance))
        return row.fail(ErrorCode::kOverflow, "date_bin: the interval is outside of its range"), 0;
    if (size <= 0) return row.fail(ErrorCode::kBadArgument, "date_bin: the interval is not above 0"), 0;
    int64_t out = 0;
    if (__builtin_mul_overflow(floor_div(distance, size), size, &out) || __builtin_add_overflow(origin, out, &out) ||
        !is_timestamp(out))
        return row.fail(ErrorCode::kOverflow, "date_bin leaves the range of timestamps"), 0;
    return out;
}

int32_t make_date(Row& row, int32_t year, int32_t month, int32_t day) {
    if (year < 1 || year > 294246 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
        return row.fail(ErrorCode::kOverflow, "there is no date {}-{}-{}", year, month, day), 0;
    return static_cast<int32_t>(days_from_civil(year, month, day));
}

constexpr Overload kNow[] = {{" -> timestamp", map<&now_of>, false, true}};
constexpr Overload kDateTrunc[] = {{"string, timestamp -> timestamp", map<&trunc_moment>},
                                   {"string, timestamp, string -> timestamp", map<&trunc_in_zone>},
                                   {"string, local_timestamp -> local_timestamp", map<&trunc_moment>},
                                   {"string, interval -> interval", map<&trunc_interval>}};
constexpr Overload kExtract[] = {
    {"string, timestamp -> decimal", map<&extract_moment>, false, false, extract_type},
    {"string, local_timestamp -> decimal", map<&extract_moment>, false, false, extract_type},
    {"string, date -> decimal", map<&extract_date>, false, false, extract_type},
    {"string, interval -> decimal", map<&extract_interval>, false, false, extract_type}};
constexpr Overload kDatePart[] = {{"string, timestamp -> float64", map<&part_moment>},
                                  {"string, local_timestamp -> float64", map<&part_moment>},
                                  {"string, interval -> float64", map<&part_interval>}};
constexpr Overload kToTimestamp[] = {{"float64 -> timestamp", map<&from_epoch>},
                                     {"string, string -> timestamp", map<&read_with>}};
constexpr Overload kToDate[] = {{"string, string -> date", map<&read_date_with>}};
constexpr Overload kToChar[] = {{"timestamp, string -> string", map<&to_char>},
                                {"local_timestamp, string -> string", map<&to_char>}};
constexpr Overload kDateBin[] = {{"interval, timestamp, timestamp -> timestamp", map<&bin>},
                                 {"interval, local_timestamp, local_timestamp -> local_timestamp", map<&bin>}};
constexpr Overload kMakeDate[] = {{"int32, int32, int32 -> date", map<&make_date>}};

constexpr Example kNowExamples[] = {{"now() > timestamp '2024-01-01'", "true"}};
constexpr Example kDateTruncExamples[] = {
    {"date_trunc('hour', timestamp '2024-05-23 12:34:56Z')", "2024-05-23 12:00:00+00"},
    {"date_trunc('day', timestamp '2024-05-23 23:00:00Z', 'Europe/Berlin')", "2024-05-23 22:00:00+00"},
    {"date_trunc('week', date '2024-05-23')", "2024-05-20 00:00:00+00"}};
constexpr Example kExtractExamples[] = {{"extract(hour FROM timestamp '2024-05-23 12:34:56Z')", "12"},
                                        {"extract(second FROM timestamp '2024-05-23 12:34:56.5Z')", "56.500000"},
                                        {"extract(epoch FROM interval '1 hour')", "3600.000000"}};
constexpr Example kDatePartExamples[] = {{"date_part('year', timestamp '2024-05-23 12:34:56Z')", "2024"}};
constexpr Example kToTimestampExamples[] = {
    {"to_timestamp(1716467696.5)", "2024-05-23 12:34:56.5+00"},
    {"to_timestamp('23/05/2024 12:34', 'DD/MM/YYYY HH24:MI')", "2024-05-23 12:34:00+00"}};
constexpr Example kToDateExamples[] = {{"to_date('23 May 2024', 'DD Mon YYYY')", "2024-05-23"}};
constexpr Example kToCharExamples[] = {
    {"to_char(timestamp '2024-05-23 12:34:56Z', 'YYYY/MM/DD HH12:MI PM')", "2024/05/23 12:34 PM"}};
constexpr Example kDateBinExamples[] = {
    {"date_bin('15 minutes', timestamp '2024-05-23 12:34:56Z', timestamp '2024-01-01Z')", "2024-05-23 12:30:00+00"}};
constexpr Example kMakeDateExamples[] = {{"make_date(2024, 2, 29)", "2024-02-29"},
                                         {"make_date(2023, 2, 29)", "error: overflow"}};

constexpr Function kFunctions[] = {
    {"now", kNow, "The time of the batch, by the engine's clock.", kNowExamples, Nulls::kStrict, false, nullptr, true},
    {"date_trunc", kDateTrunc,
     "The time, cut to a unit; with a time zone as clocks there have it. Weeks begin on Monday.", kDateTruncExamples,
     Nulls::kStrict, false, check_trunc},
    {"extract", kExtract, "`extract(unit FROM x)`: a part of a time or interval.", kExtractExamples, Nulls::kStrict,
     false, check_field},
    {"date_part", kDatePart, "As `extract`, in float64.", kDatePartExamples, Nulls::kStrict, false, check_field},
    {"to_timestamp", kToTimestamp,
     "The moment so many seconds after 1970, or that a text in the pattern names (as of `to_char`).",
     kToTimestampExamples, Nulls::kStrict, false, check_readable},
    {"to_date", kToDate, "The date that a text in the pattern names.", kToDateExamples, Nulls::kStrict, false,
     check_readable},
    {"to_char", kToChar,
     "The time as text: YYYY, MM, Mon, Month, DD, Dy, Day, HH24, HH12, MI, SS, MS, US, AM, Q, IW, … as in PostgreSQL.",
     kToCharExamples},
    {"date_bin", kDateBin, "The beginning of the interval that holds the time, counted from an origin.",
     kDateBinExamples},
    {"make_date", kMakeDate, "The date of year, month and day.", kMakeDateExamples},
};

}  // namespace

constinit const FunctionGroup kTimeFunctions = {"Dates and times", "", false, kFunctions};

}  // namespace weir::host::expression
