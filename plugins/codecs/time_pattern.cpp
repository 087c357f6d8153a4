#include "time_pattern.hpp"

#include <array>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string>

namespace weir::codecs {
namespace {

constexpr std::string_view kDayOnly = "YymbBhdejaA";
constexpr std::string_view kTime = "HIpMSfzZs";
constexpr std::array<std::string_view, 12> kMonths = {"January", "February", "March",     "April",   "May",      "June",
                                                      "July",    "August",   "September", "October", "November", "December"};
constexpr std::array<std::string_view, 7> kWeekdays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                       "Thursday", "Friday", "Saturday"};
constexpr int64_t kPowersOfTen[] = {1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000};

// From `least` to `most` digits off the front of the text; false: they are not there.
bool take_digits(std::string_view *text, size_t least, size_t most, int64_t *out, size_t *count = nullptr) {
    size_t n = 0;
    int64_t value = 0;
    for (; n < most && n < text->size() && (*text)[n] >= '0' && (*text)[n] <= '9'; ++n)
        value = value * 10 + ((*text)[n] - '0');
    if (n < least) return false;
    text->remove_prefix(n);
    *out = value;
    if (count) *count = n;
    return true;
}

// A name or its first three letters off the front; the longer one is tried first.
template <size_t N>
bool take_name(std::string_view *text, const std::array<std::string_view, N> &names, int64_t *index) {
    for (bool whole : {true, false})
        for (size_t i = 0; i < N; ++i) {
            const std::string_view name = whole ? names[i] : names[i].substr(0, 3);
            if (!text->starts_with(name)) continue;
            text->remove_prefix(name.size());
            *index = static_cast<int64_t>(i);
            return true;
        }
    return false;
}

bool take_zone(std::string_view *text, int64_t *minutes) {
    const bool letter = text->starts_with('Z') || text->starts_with('z');
    size_t n = letter ? 1 : 0;
    if (!letter)
        while (n < text->size() && n < 6 && std::string_view("+-:0123456789").find((*text)[n]) != std::string_view::npos) ++n;
    if (n == 0 || !detail::read_zone(text->substr(0, n), minutes)) return false;
    text->remove_prefix(n);
    return true;
}

bool take_word(std::string_view *text, std::string_view word) {
    if (!text->starts_with(word)) return false;
    text->remove_prefix(word.size());
    return true;
}

}  // namespace

struct TimePattern::Fields {
    int64_t year = 1970, month = 1, day = 1, day_of_year = 0, hour = 0, minute = 0, second = 0, fraction = 0, zone = 0;
    int64_t epoch = INT64_MIN;
    int half = -1;  // 0: AM, 1: PM
    Parse finish(int64_t *micros) const;
};

Result<TimePattern> TimePattern::parse(std::string_view text) {
    TimePattern out;
    if (Status s = out.add(text); !s.ok()) return s;
    auto has = [&](std::string_view letters) {
        for (const Item &item : out.items_)
            if (item.what && letters.find(item.what) != std::string_view::npos) return true;
        return false;
    };
    if (!has("s") && !(has("Yy") && (has("j") || (has("mbB") && has("de")))))
        return Status::config("", "the pattern `" + std::string(text) + "` tells no day: it needs a year, a month and a "
                                      "day (%Y-%m-%d), or %s");
    if (has("I") != has("p"))
        return Status::config("", "the pattern `" + std::string(text) + "`: %I (hour of 12) and %p (AM, PM) go together");
    out.has_time_ = has(kTime);
    return out;
}

Status TimePattern::add(std::string_view text) {
    auto literal = [&](char c) {
        if (items_.empty() || items_.back().what) items_.push_back({0, 0, {}});
        items_.back().text += c;
    };
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            literal(text[i]);
            continue;
        }
        uint8_t digits = 0;
        if (++i < text.size() && text[i] == '-') digits = 1, ++i;
        if (i + 1 < text.size() && (text[i] == '3' || text[i] == '6' || text[i] == '9') && text[i + 1] == 'f')
            digits = static_cast<uint8_t>(text[i++] - '0');
        const char what = i < text.size() ? text[i] : '\0';
        const bool shortens = std::string_view("dmHIMS").find(what) != std::string_view::npos;
        if (what == '%') literal('%');
        else if (what == 'F' || what == 'T' || what == 'R' || what == 'D') {
            const char *whole = what == 'F' ? "%Y-%m-%d" : what == 'T' ? "%H:%M:%S" : what == 'R' ? "%H:%M" : "%m/%d/%y";
            if (Status s = add(whole); !s.ok()) return s;
        } else if (what && (kDayOnly.find(what) != std::string_view::npos || kTime.find(what) != std::string_view::npos) &&
                   (digits != 1 || shortens)) {
            items_.push_back({what == 'h' ? 'b' : what, digits, {}});
        } else {
            return Status::config("", "the pattern `" + std::string(text) + "` has `%" + std::string(digits == 1 ? "-" : "") +
                                          (what ? std::string(1, what) : std::string()) +
                                          "`, which is none of %Y %y %m %b %B %d %e %j %a %A %H %I %p %M %S %f %3f %6f "
                                          "%9f %z %Z %s %F %T %R %D %%");
        }
    }
    return {};
}

bool TimePattern::read_item(const Item &item, std::string_view *text, Fields *f) const {
    const size_t least = item.digits == 1 ? 1 : 2;
    int64_t number = 0;
    size_t count = 0;
    switch (item.what) {
        case 0: return take_word(text, item.text);
        case 'Y': return take_digits(text, 4, 4, &f->year);
        case 'y':
            if (!take_digits(text, 2, 2, &number)) return false;
            f->year = number + (number < 69 ? 2000 : 1900);
            return true;
        case 'm': return take_digits(text, least, 2, &f->month);
        case 'b':
        case 'B':
            if (!take_name(text, kMonths, &number)) return false;
            f->month = number + 1;
            return true;
        case 'd': return take_digits(text, least, 2, &f->day);
        case 'e': return take_word(text, " ") ? take_digits(text, 1, 1, &f->day) : take_digits(text, 1, 2, &f->day);
        case 'j': return take_digits(text, 3, 3, &f->day_of_year) && f->day_of_year > 0;
        case 'a':
        case 'A': return take_name(text, kWeekdays, &number);
        case 'H':
        case 'I': return take_digits(text, least, 2, &f->hour);
        case 'p':
            f->half = take_word(text, "AM") || take_word(text, "am")   ? 0
                      : take_word(text, "PM") || take_word(text, "pm") ? 1
                                                                       : -1;
            return f->half >= 0;
        case 'M': return take_digits(text, least, 2, &f->minute);
        case 'S': return take_digits(text, least, 2, &f->second);
        case 'f':
            if (!take_digits(text, item.digits ? item.digits : 1, item.digits ? item.digits : 9, &number, &count)) return false;
            f->fraction = count < 6 ? number * kPowersOfTen[6 - count] : number / kPowersOfTen[count - 6];
            return true;
        case 'z': return take_zone(text, &f->zone);
        case 'Z': return take_word(text, "UTC") || take_word(text, "GMT") || take_word(text, "Z");
        default: {  // 's'
            const bool negative = take_word(text, "-");
            if (!take_digits(text, 1, 18, &number)) return false;
            f->epoch = negative ? -number : number;
            return true;
        }
    }
}

Parse TimePattern::Fields::finish(int64_t *micros) const {
    constexpr int64_t kSecond = 1'000'000;
    int64_t seconds = epoch;
    if (epoch == INT64_MIN) {
        int64_t of_day = hour;
        if (half >= 0 && (hour < 1 || hour > 12)) return Parse::kRange;
        if (half >= 0) of_day = hour % 12 + 12 * half;
        if (of_day > 23 || minute > 59 || second > 59) return Parse::kRange;
        int32_t days = 0;
        const auto m = static_cast<unsigned>(day_of_year ? 1 : month), d = static_cast<unsigned>(day_of_year ? 1 : day);
        if (Parse p = make_date(static_cast<int>(year), m, d, &days); p != Parse::kOk) return p;
        if (day_of_year) {
            int32_t next = 0;
            if (Parse p = make_date(static_cast<int>(year) + 1, 1, 1, &next); p != Parse::kOk) return p;
            days += static_cast<int32_t>(day_of_year) - 1;
            if (days >= next) return Parse::kRange;
        }
        seconds = int64_t{days} * 86'400 + of_day * 3'600 + (minute - zone) * 60 + second;
    }
    if (__builtin_mul_overflow(seconds, kSecond, micros) || __builtin_add_overflow(*micros, fraction, micros))
        return Parse::kRange;
    return Parse::kOk;
}

Parse TimePattern::read(std::string_view text, int64_t *micros) const {
    Fields fields;
    for (const Item &item : items_)
        if (!read_item(item, &text, &fields)) return Parse::kSyntax;
    return text.empty() ? fields.finish(micros) : Parse::kSyntax;
}

void TimePattern::write(int64_t micros, Buffer &out) const {
    using namespace std::chrono;
    const sys_time<microseconds> time{microseconds(micros)};
    const auto day_point = floor<days>(time);
    const year_month_day date(day_point);
    const hh_mm_ss<microseconds> of_day(time - day_point);
    const auto hour = of_day.hours().count();
    const auto weekday_name = kWeekdays[weekday(day_point).c_encoding()];
    const auto month_name = kMonths[static_cast<unsigned>(date.month()) - 1];
    auto put = [&](std::string_view text) { out.append(text.data(), text.size()); };
    auto number = [&](int64_t value, int width, char pad = '0') {
        char text[32];
        const int n = pad == '0' ? std::snprintf(text, sizeof text, "%0*lld", width, static_cast<long long>(value))
                                 : std::snprintf(text, sizeof text, "%*lld", width, static_cast<long long>(value));
        put({text, static_cast<size_t>(n)});
    };
    for (const Item &item : items_) {
        const int two = item.digits == 1 ? 1 : 2;
        switch (item.what) {
            case 0: put(item.text); break;
            case 'Y': number(static_cast<int>(date.year()), 4); break;
            case 'y': number((static_cast<int>(date.year()) % 100 + 100) % 100, 2); break;
            case 'm': number(static_cast<unsigned>(date.month()), two); break;
            case 'b': put(month_name.substr(0, 3)); break;
            case 'B': put(month_name); break;
            case 'd': number(static_cast<unsigned>(date.day()), two); break;
            case 'e': number(static_cast<unsigned>(date.day()), 2, ' '); break;
            case 'j': number((day_point - sys_days(date.year() / January / 1)).count() + 1, 3); break;
            case 'a': put(weekday_name.substr(0, 3)); break;
            case 'A': put(weekday_name); break;
            case 'H': number(hour, two); break;
            case 'I': number((hour + 11) % 12 + 1, two); break;
            case 'p': put(hour < 12 ? "AM" : "PM"); break;
            case 'M': number(of_day.minutes().count(), two); break;
            case 'S': number(of_day.seconds().count(), two); break;
            case 'f': {
                const int width = item.digits ? item.digits : 6;
                const int64_t fraction = of_day.subseconds().count();
                number(width > 6 ? fraction * 1'000 : fraction / kPowersOfTen[6 - width], width);
                break;
            }
            case 'z': put("+0000"); break;
            case 'Z': put("UTC"); break;
            default: number(floor<seconds>(time).time_since_epoch().count(), 1);
        }
    }
}

}  // namespace weir::codecs
