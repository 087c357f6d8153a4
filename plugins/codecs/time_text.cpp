#include "time_text.hpp"

#include <chrono>

namespace weir::codecs {
namespace {

// `n` digits at text[at]; -1: they are not there.
int digits_at(std::string_view text, size_t at, size_t n) {
    if (at + n > text.size()) return -1;
    int value = 0;
    for (size_t i = at; i < at + n; ++i) {
        if (!is_digit(text[i])) return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

bool char_at(std::string_view text, size_t at, char c) { return at < text.size() && text[at] == c; }

// Z, ±HH, ±HHMM or ±HH:MM up to the end of the text, or nothing. False: something else.
bool read_zone(std::string_view zone, int64_t *offset_minutes) {
    *offset_minutes = 0;
    if (zone.empty() || zone == "Z" || zone == "z") return true;
    if (zone[0] != '+' && zone[0] != '-') return false;
    int hours = digits_at(zone, 1, 2), minutes = 0;
    if (zone.size() > 3) {
        size_t at = zone[3] == ':' ? 4 : 3;
        minutes = digits_at(zone, at, 2);
        if (zone.size() != at + 2) return false;
    }
    if (hours < 0 || hours > 18 || minutes < 0 || minutes > 59) return false;
    *offset_minutes = (zone[0] == '-' ? -1 : 1) * (hours * 60 + minutes);
    return true;
}

}  // namespace

Parse parse_date(std::string_view text, int32_t *days) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return Parse::kSyntax;
    int year = digits_at(text, 0, 4), month = digits_at(text, 5, 2), day = digits_at(text, 8, 2);
    if (year < 0 || month < 0 || day < 0) return Parse::kSyntax;
    std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                     std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok()) return Parse::kRange;
    *days = static_cast<int32_t>(std::chrono::sys_days(date).time_since_epoch().count());
    return Parse::kOk;
}

Parse parse_iso(std::string_view text, int64_t *micros) {
    if (text.size() < 16) return Parse::kSyntax;
    int32_t days = 0;
    if (Parse p = parse_date(text.substr(0, 10), &days); p != Parse::kOk) return p;
    if (text[10] != 'T' && text[10] != ' ' && text[10] != 't') return Parse::kSyntax;
    int hour = digits_at(text, 11, 2), minute = digits_at(text, 14, 2), second = 0;
    if (!char_at(text, 13, ':')) return Parse::kSyntax;
    size_t at = 16;
    int64_t fraction = 0;
    if (char_at(text, at, ':')) {
        second = digits_at(text, at + 1, 2);
        at += 3;
        if (char_at(text, at, '.')) {
            size_t begin = ++at;
            for (int64_t unit = 100'000; at < text.size() && is_digit(text[at]); ++at, unit /= 10)
                fraction += unit * (text[at] - '0');
            if (at == begin) return Parse::kSyntax;
        }
    }
    int64_t zone = 0;
    if (hour < 0 || minute < 0 || second < 0 || at > text.size() || !read_zone(text.substr(at), &zone))
        return Parse::kSyntax;
    if (hour > 23 || minute > 59 || second > 59) return Parse::kRange;
    int64_t seconds = int64_t{days} * 86'400 + hour * 3'600 + (minute - zone) * 60 + second;
    *micros = seconds * 1'000'000 + fraction;
    return Parse::kOk;
}

}  // namespace weir::codecs
