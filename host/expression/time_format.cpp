#include "host/expression/time_format.hpp"

#include <array>

#include <fmt/format.h>

#include "host/expression/number_text.hpp"
#include "host/expression/time_text.hpp"

namespace weir::host::expression {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"January",   "February", "March",    "April",
                                                      "May",       "June",     "July",     "August",
                                                      "September", "October",  "November", "December"};
constexpr std::array<std::string_view, 7> kDays = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                   "Friday", "Saturday", "Sunday"};
constexpr size_t kLongestName = 9;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

bool begins_with_any_case(std::string_view text, std::string_view name) {
    if (text.size() < name.size()) return false;
    for (size_t i = 0; i < name.size(); ++i)
        if (lower(text[i]) != lower(name[i])) return false;
    return true;
}

}  // namespace

struct TimeFormat::Parsed {
    int64_t year = 1, month = 1, day = 1, hour = 0, minute = 0, second = 0, micros = 0;
    int64_t day_of_year = 0;
    bool twelve_hours = false, afternoon = false;
};

// Longer ones before their beginnings.
const std::vector<TimeFormat::Word>& TimeFormat::words() {
    static const std::vector<Word> all = {
        {"IYYY", Field::kIsoYear, Case::kTitle},    {"YYYY", Field::kYear4, Case::kTitle},
        {"YY", Field::kYear2, Case::kTitle},        {"IW", Field::kIsoWeek, Case::kTitle},
        {"ID", Field::kIsoDay, Case::kTitle},       {"Q", Field::kQuarter, Case::kTitle},
        {"MONTH", Field::kMonthName, Case::kUpper}, {"Month", Field::kMonthName, Case::kTitle},
        {"month", Field::kMonthName, Case::kLower}, {"MON", Field::kMonthShort, Case::kUpper},
        {"Mon", Field::kMonthShort, Case::kTitle},  {"mon", Field::kMonthShort, Case::kLower},
        {"MM", Field::kMonth2, Case::kTitle},       {"MI", Field::kMinute2, Case::kTitle},
        {"MS", Field::kMillis, Case::kTitle},       {"DDD", Field::kDayOfYear, Case::kTitle},
        {"DD", Field::kDay2, Case::kTitle},         {"DAY", Field::kDayName, Case::kUpper},
        {"Day", Field::kDayName, Case::kTitle},     {"day", Field::kDayName, Case::kLower},
        {"DY", Field::kDayShort, Case::kUpper},     {"Dy", Field::kDayShort, Case::kTitle},
        {"dy", Field::kDayShort, Case::kLower},     {"D", Field::kDayOfWeek, Case::kTitle},
        {"HH24", Field::kHour24, Case::kTitle},     {"HH12", Field::kHour12, Case::kTitle},
        {"HH", Field::kHour12, Case::kTitle},       {"SS", Field::kSecond2, Case::kTitle},
        {"US", Field::kMicros, Case::kTitle},       {"AM", Field::kMeridiem, Case::kUpper},
        {"PM", Field::kMeridiem, Case::kUpper},     {"am", Field::kMeridiem, Case::kLower},
        {"pm", Field::kMeridiem, Case::kLower},     {"J", Field::kJulian, Case::kTitle},
    };
    return all;
}

TimeFormat::TimeFormat(std::string_view pattern) {
    auto text = [this](std::string_view piece) {
        if (parts_.empty() || parts_.back().field != Field::kText) parts_.push_back({});
        parts_.back().text += piece;
    };
    while (!pattern.empty()) {
        if (pattern[0] == '"') {
            const size_t end = pattern.find('"', 1);
            text(pattern.substr(1, end == std::string_view::npos ? end : end - 1));
            pattern.remove_prefix(end == std::string_view::npos ? pattern.size() : end + 1);
            continue;
        }
        const bool bare = pattern.starts_with("FM");
        const std::string_view rest = bare ? pattern.substr(2) : pattern;
        const Word* found = nullptr;
        for (const Word& word : words())
            if (!found && rest.starts_with(word.name)) found = &word;
        if (found) {
            parts_.push_back({found->field, found->letters, !bare, std::string(found->name)});
            pattern = rest.substr(found->name.size());
        } else if (bare) {
            pattern = rest;
        } else {
            text(pattern.substr(0, 1));
            pattern.remove_prefix(1);
        }
    }
}

void TimeFormat::write(std::string& out, int64_t micros) const {
    const Moment m = moment_of(micros);
    for (const Part& part : parts_) {
        auto number = [&](int64_t value, int width) {
            char digits[32];
            out.append(digits, write_padded(digits, value, part.fill ? width : 1));
        };
        auto name = [&](std::string_view text, bool whole) {
            const size_t begin = out.size();
            out += whole ? text : text.substr(0, 3);
            for (size_t i = begin; i < out.size(); ++i) {
                if (part.letters == Case::kUpper) out[i] = upper(out[i]);
                if (part.letters == Case::kLower) out[i] = lower(out[i]);
            }
            if (whole && part.fill) out.append(kLongestName - text.size(), ' ');
        };
        const int64_t year = m.date.year > 0 ? m.date.year : 1 - m.date.year;
        const auto weekday = static_cast<size_t>(iso_weekday(m.days));
        switch (part.field) {
            case Field::kText: out += part.text; break;
            case Field::kYear4: number(year, 4); break;
            case Field::kYear2: number(year % 100, 2); break;
            case Field::kIsoYear: number(iso_week(m.days).year, 4); break;
            case Field::kIsoWeek: number(iso_week(m.days).week, 2); break;
            case Field::kQuarter: number((m.date.month - 1) / 3 + 1, 1); break;
            case Field::kMonth2: number(m.date.month, 2); break;
            case Field::kMonthName:
            case Field::kMonthShort:
                name(kMonths[static_cast<size_t>(m.date.month) - 1], part.field == Field::kMonthName);
                break;
            case Field::kDay2: number(m.date.day, 2); break;
            case Field::kDayOfYear: number(m.days - days_from_civil(m.date.year, 1, 1) + 1, 3); break;
            case Field::kDayOfWeek: number(static_cast<int64_t>(weekday % 7) + 1, 1); break;
            case Field::kIsoDay: number(static_cast<int64_t>(weekday), 1); break;
            case Field::kDayName:
            case Field::kDayShort: name(kDays[weekday - 1], part.field == Field::kDayName); break;
            case Field::kHour24: number(m.hour, 2); break;
            case Field::kHour12: number(m.hour % 12 == 0 ? 12 : m.hour % 12, 2); break;
            case Field::kMinute2: number(m.minute, 2); break;
            case Field::kSecond2: number(m.second, 2); break;
            case Field::kMillis: number(m.micros / 1000, 3); break;
            case Field::kMicros: number(m.micros, 6); break;
            case Field::kMeridiem:
                out += part.letters == Case::kUpper ? (m.hour < 12 ? "AM" : "PM") : (m.hour < 12 ? "am" : "pm");
                break;
            case Field::kJulian: number(m.days + 2440588, 1); break;
        }
    }
}

std::optional<std::string> TimeFormat::unreadable() const {
    for (const Part& part : parts_) {
        switch (part.field) {
            case Field::kYear2:
            case Field::kIsoYear:
            case Field::kIsoWeek:
            case Field::kQuarter:
            case Field::kDayOfWeek:
            case Field::kIsoDay:
            case Field::kDayName:
            case Field::kDayShort:
            case Field::kJulian: return part.text;
            default: break;
        }
    }
    return std::nullopt;
}

bool TimeFormat::read_part(const Part& part, std::string_view& rest, Parsed& out) {
    auto number = [&](size_t most, int64_t& value) {
        while (rest.starts_with(' ')) rest.remove_prefix(1);
        size_t n = 0;
        value = 0;
        for (; n < most && n < rest.size() && rest[n] >= '0' && rest[n] <= '9'; ++n)
            value = value * 10 + (rest[n] - '0');
        rest.remove_prefix(n);
        return n > 0;
    };
    auto fraction = [&](int digits) {
        const size_t before = rest.size();
        int64_t value = 0;
        if (!number(static_cast<size_t>(digits), value)) return false;
        for (auto n = static_cast<int>(before - rest.size()); n < 6; ++n) value *= 10;
        out.micros = value;
        return true;
    };
    switch (part.field) {
        case Field::kText:
            // Any character stands for a separator, as in PostgreSQL; blanks in the text may be more.
            for (char c : part.text) {
                if (c == ' ') {
                    while (rest.starts_with(' ')) rest.remove_prefix(1);
                } else if (!rest.empty()) {
                    rest.remove_prefix(1);
                }
            }
            return true;
        case Field::kYear4: return number(4, out.year);
        case Field::kMonth2: return number(2, out.month);
        case Field::kDay2: return number(2, out.day);
        case Field::kDayOfYear: return number(3, out.day_of_year);
        case Field::kHour24: return number(2, out.hour);
        case Field::kHour12: return out.twelve_hours = true, number(2, out.hour);
        case Field::kMinute2: return number(2, out.minute);
        case Field::kSecond2: return number(2, out.second);
        case Field::kMillis: return fraction(3);
        case Field::kMicros: return fraction(6);
        case Field::kMeridiem:
            out.twelve_hours = true;
            out.afternoon = begins_with_any_case(rest, "pm");
            if (!out.afternoon && !begins_with_any_case(rest, "am")) return false;
            rest.remove_prefix(2);
            return true;
        case Field::kMonthName:
        case Field::kMonthShort:
            for (size_t i = 0; i < kMonths.size(); ++i) {
                const auto name = part.field == Field::kMonthName ? kMonths[i] : kMonths[i].substr(0, 3);
                if (!begins_with_any_case(rest, name)) continue;
                rest.remove_prefix(name.size());
                out.month = static_cast<int64_t>(i) + 1;
                return true;
            }
            return false;
        default: return false;
    }
}

std::optional<int64_t> TimeFormat::read(std::string_view text, std::string& error) const {
    Parsed at;
    std::string_view rest = text;
    for (const Part& part : parts_) {
        if (read_part(part, rest, at)) continue;
        error = fmt::format("has no {} where the pattern wants it", part.text);
        return std::nullopt;
    }
    if (at.twelve_hours) {
        if (at.hour < 1 || at.hour > 12) return error = "has an hour that is not from 1 to 12", std::nullopt;
        at.hour = at.hour % 12 + (at.afternoon ? 12 : 0);
    }
    if (at.year < 1 || at.month < 1 || at.month > 12 || at.day < 1 ||
        at.day > days_in_month(at.year, static_cast<int>(at.month)))
        return error = "is no date", std::nullopt;
    if (at.hour > 23 || at.minute > 59 || at.second > 59) return error = "is no time of the day", std::nullopt;
    int64_t days = days_from_civil(at.year, static_cast<int>(at.month), static_cast<int>(at.day));
    if (at.day_of_year > 0) days = days_from_civil(at.year, 1, 1) + at.day_of_year - 1;
    return days * kDay + at.hour * kHour + at.minute * kMinute + at.second * kSecond + at.micros;
}

}  // namespace weir::host::expression
