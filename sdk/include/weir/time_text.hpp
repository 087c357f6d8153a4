// Dates and times as ISO 8601 writes them, into values. Plain functions, any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace weir {

enum class Parse : uint8_t {
    kOk,
    kSyntax,  // is not a value of the type at all
    kRange,   // is one, yet does not fit: no such day, no such time of day, too large
};

// YYYY-MM-DD.
Parse parse_date(std::string_view text, int32_t *days);

// YYYY-MM-DDTHH:MM[:SS[.fraction]][Z|+HH|+HHMM|+HH:MM]; a blank may stand for the T, and a missing zone means UTC
// (*has_zone tells, where asked for). What is finer than a microsecond is cut.
Parse parse_timestamp(std::string_view text, int64_t *micros, bool *has_zone = nullptr);

// Days since 1970-01-01. kRange: there is no such day.
Parse make_date(int year, unsigned month, unsigned day, int32_t *days);

namespace detail {

// `n` digits at `p`; -1: they are not there. REQUIRES: n bytes there.
inline int read_digits(const char *p, size_t n) {
    int value = 0;
    for (size_t i = 0; i < n; ++i) {
        const unsigned digit = static_cast<unsigned char>(p[i]) - unsigned{'0'};
        if (digit > 9) return -1;
        value = value * 10 + static_cast<int>(digit);
    }
    return value;
}

// Z, ±HH, ±HHMM or ±HH:MM up to the end of the text, or nothing. False: something else.
inline bool read_zone(std::string_view zone, int64_t *offset_minutes) {
    *offset_minutes = 0;
    if (zone.empty() || zone == "Z" || zone == "z") return true;
    if ((zone[0] != '+' && zone[0] != '-') || zone.size() < 3) return false;
    int hours = read_digits(zone.data() + 1, 2), minutes = 0;
    if (zone.size() > 3) {
        const size_t at = zone[3] == ':' ? 4 : 3;
        if (zone.size() != at + 2) return false;
        minutes = read_digits(zone.data() + at, 2);
    }
    if (hours < 0 || hours > 18 || minutes < 0 || minutes > 59) return false;
    *offset_minutes = (zone[0] == '-' ? -1 : 1) * (hours * 60 + minutes);
    return true;
}

}  // namespace detail

inline Parse make_date(int year, unsigned month, unsigned day, int32_t *days) {
    const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
    if (!date.ok()) return Parse::kRange;
    *days = static_cast<int32_t>(std::chrono::sys_days(date).time_since_epoch().count());
    return Parse::kOk;
}

inline Parse parse_date(std::string_view text, int32_t *days) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return Parse::kSyntax;
    const int year = detail::read_digits(text.data(), 4), month = detail::read_digits(text.data() + 5, 2),
              day = detail::read_digits(text.data() + 8, 2);
    if (year < 0 || month < 0 || day < 0) return Parse::kSyntax;
    return make_date(year, static_cast<unsigned>(month), static_cast<unsigned>(day), days);
}

inline Parse parse_timestamp(std::string_view text, int64_t *micros, bool *has_zone) {
    if (text.size() < 16) return Parse::kSyntax;
    int32_t days = 0;
    if (Parse p = parse_date(text.substr(0, 10), &days); p != Parse::kOk) return p;
    if ((text[10] != 'T' && text[10] != ' ' && text[10] != 't') || text[13] != ':') return Parse::kSyntax;
    const int hour = detail::read_digits(text.data() + 11, 2), minute = detail::read_digits(text.data() + 14, 2);
    int second = 0;
    size_t at = 16;
    int64_t fraction = 0, zone = 0;
    if (at < text.size() && text[at] == ':') {
        if (text.size() < 19) return Parse::kSyntax;
        second = detail::read_digits(text.data() + 17, 2);
        at = 19;
        if (at < text.size() && text[at] == '.') {
            const size_t begin = ++at;
            for (int64_t unit = 100'000; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, unit /= 10)
                fraction += unit * (text[at] - '0');
            if (at == begin) return Parse::kSyntax;
        }
    }
    if (hour < 0 || minute < 0 || second < 0 || !detail::read_zone(text.substr(at), &zone)) return Parse::kSyntax;
    if (hour > 23 || minute > 59 || second > 59) return Parse::kRange;
    if (has_zone) *has_zone = at < text.size();
    const int64_t seconds = int64_t{days} * 86'400 + hour * 3'600 + (minute - zone) * 60 + second;
    *micros = seconds * 1'000'000 + fraction;
    return Parse::kOk;
}

}  // namespace weir
