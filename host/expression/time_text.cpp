#include "host/expression/time_text.hpp"

#include <charconv>
#include <cmath>
#include <limits>

#include "host/expression/time_zone.hpp"

namespace weir::host::expression {
namespace {

char* put(char* to, std::string_view text) { return to + text.copy(to, text.size()); }

bool is_decimal_digit(char c) { return c >= '0' && c <= '9'; }

// .5, without zeros at the end; nothing for 0.
char* write_fraction(char* to, int micros) {
    if (micros == 0) return to;
    *to++ = '.';
    char* end = write_padded(to, micros, 6);
    while (end[-1] == '0') --end;
    return end;
}

char* write_clock(char* to, int64_t hours, int minute, int second, int micros) {
    to = write_padded(to, hours, 2);
    *to++ = ':';
    to = write_padded(to, minute, 2);
    *to++ = ':';
    to = write_padded(to, second, 2);
    return write_fraction(to, micros);
}

// Reads from the front of a text.
class TimeReader {
public:
    explicit TimeReader(std::string_view text) : rest_(strip(text)) {}

    bool done() const { return rest_.empty(); }
    std::string_view rest() const { return rest_; }
    bool take(char c) {
        if (!rest_.starts_with(c)) return false;
        rest_.remove_prefix(1);
        return true;
    }
    void skip_blanks() {
        while (take(' ')) {
        }
    }
    // From `least` to `most` digits.
    bool number(int least, int most, int64_t& out) {
        int n = 0;
        out = 0;
        for (; n < most && n < static_cast<int>(rest_.size()) && is_decimal_digit(rest_[static_cast<size_t>(n)]); ++n)
            out = out * 10 + (rest_[static_cast<size_t>(n)] - '0');
        rest_.remove_prefix(static_cast<size_t>(n));
        return n >= least;
    }
    bool fraction(int64_t& micros) {
        size_t n = 0;
        int64_t value = 0, scale = kSecond;
        for (; n < rest_.size() && is_decimal_digit(rest_[n]); ++n) {
            if (n < 6)
                value = value * 10 + (rest_[n] - '0'), scale /= 10;
            else if (n == 6 && rest_[n] >= '5')
                ++value;
        }
        rest_.remove_prefix(n);
        micros = value * scale;
        return n > 0;
    }

private:
    std::string_view rest_;
};

ReadResult read_civil(TimeReader& in, int64_t& days) {
    int64_t year = 0, month = 0, day = 0;
    if (!in.number(4, 6, year) || !in.take('-') || !in.number(1, 2, month) || !in.take('-') || !in.number(1, 2, day))
        return ReadResult::kNoNumber;
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, static_cast<int>(month)))
        return ReadResult::kOutOfRange;
    days = days_from_civil(year, static_cast<int>(month), static_cast<int>(day));
    return days <= kLastDay ? ReadResult::kOk : ReadResult::kOutOfRange;
}

ReadResult read_clock(TimeReader& in, int64_t& micros) {
    int64_t hour = 0, minute = 0, second = 0, fraction = 0;
    if (!in.number(1, 2, hour) || !in.take(':') || !in.number(2, 2, minute)) return ReadResult::kNoNumber;
    if (in.take(':')) {
        if (!in.number(2, 2, second)) return ReadResult::kNoNumber;
        if (in.take('.') && !in.fraction(fraction)) return ReadResult::kNoNumber;
    }
    const bool midnight = hour == 24 && minute == 0 && second == 0 && fraction == 0;
    if ((hour > 23 && !midnight) || minute > 59 || second > 60) return ReadResult::kOutOfRange;
    micros = hour * kHour + minute * kMinute + second * kSecond + fraction;
    return ReadResult::kOk;
}

// Z, UTC, +02, +0200, +02:00, +02:00:30 or a zone's name; turns the wall clock's time into UTC.
ReadResult read_zone(TimeReader& in, int64_t& micros) {
    in.skip_blanks();
    if (in.done()) return ReadResult::kOk;
    const bool minus = in.rest().starts_with('-');
    if (!minus && !in.rest().starts_with('+')) {
        const TimeZone* zone = find_time_zone(in.rest());
        if (!zone) return ReadResult::kNoNumber;
        TimeZoneCache cache(zone);
        const auto utc = cache.to_utc(micros);
        if (!utc) return ReadResult::kOutOfRange;
        micros = *utc;
        return ReadResult::kOk;
    }
    in.take('-') || in.take('+');
    int64_t hours = 0, minutes = 0, seconds = 0;
    if (!in.number(1, 2, hours)) return ReadResult::kNoNumber;
    if (in.take(':') ? !in.number(2, 2, minutes) : !in.done() && !in.number(2, 2, minutes))
        return ReadResult::kNoNumber;
    if (in.take(':') && !in.number(2, 2, seconds)) return ReadResult::kNoNumber;
    if (!in.done()) return ReadResult::kNoNumber;
    if (hours > 15 || minutes > 59 || seconds > 59) return ReadResult::kOutOfRange;
    const int64_t offset = hours * kHour + minutes * kMinute + seconds * kSecond;
    micros += minus ? offset : -offset;
    return ReadResult::kOk;
}

ReadResult read_moment(std::string_view text, bool zoned, int64_t& micros) {
    TimeReader in(text);
    int64_t days = 0, time = 0;
    if (ReadResult result = read_civil(in, days); result != ReadResult::kOk) return result;
    const bool letter = in.take('T') || in.take('t');
    const bool blank = !letter && in.rest().starts_with(' ');
    if (blank) in.skip_blanks();
    if (letter || (blank && is_decimal_digit(in.rest()[0])))
        if (ReadResult result = read_clock(in, time); result != ReadResult::kOk) return result;
    micros = days * kDay + time;
    int64_t shifted = micros;
    if (ReadResult result = read_zone(in, shifted); result != ReadResult::kOk) return result;
    if (zoned) micros = shifted;
    return is_timestamp(micros) ? ReadResult::kOk : ReadResult::kOutOfRange;
}

char* write_count(char* to, char* begin, int64_t count, std::string_view unit, bool sign) {
    if (count == 0) return to;
    if (to != begin) *to++ = ' ';
    if (sign && count > 0) *to++ = '+';
    to = write_int64(to, count);
    *to++ = ' ';
    to = put(to, unit);
    return count == 1 ? to : put(to, "s");
}

}  // namespace

char* write_padded(char* to, int64_t value, int width) {
    char digits[24];
    const char* end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    for (auto n = end - digits; n < width; ++n) *to++ = '0';
    return put(to, {digits, static_cast<size_t>(end - digits)});
}

char* write_date(char* to, int64_t days) {
    const Civil date = civil_from_days(days);
    to = write_padded(to, date.year > 0 ? date.year : 1 - date.year, 4);
    *to++ = '-';
    to = write_padded(to, date.month, 2);
    *to++ = '-';
    to = write_padded(to, date.day, 2);
    return date.year > 0 ? to : put(to, " BC");
}

namespace {

char* write_moment(char* to, int64_t micros, std::string_view zone) {
    const Moment m = moment_of(micros);
    to = write_date(to, m.days);
    const bool before_christ = m.date.year <= 0;
    if (before_christ) to -= 3;
    *to++ = ' ';
    to = write_clock(to, m.hour, m.minute, m.second, m.micros);
    to = put(to, zone);
    return before_christ ? put(to, " BC") : to;
}

}  // namespace

char* write_local_timestamp(char* to, int64_t micros) { return write_moment(to, micros, ""); }
char* write_timestamp(char* to, int64_t micros) { return write_moment(to, micros, "+00"); }

char* write_interval(char* to, const Interval& interval) {
    char* begin = to;
    const int64_t years = interval.months / 12, months = interval.months % 12;
    to = write_count(to, begin, years, "year", false);
    // A positive part behind a negative one shows its sign.
    to = write_count(to, begin, months, "mon", years < 0);
    to = write_count(to, begin, interval.days, "day", interval.months < 0);
    if (interval.micros == 0 && to != begin) return to;
    if (to != begin) *to++ = ' ';
    const bool minus = interval.micros < 0;
    if (minus)
        *to++ = '-';
    else if (interval.days < 0 || (interval.days == 0 && interval.months < 0))
        *to++ = '+';
    const uint64_t time = minus ? 0 - static_cast<uint64_t>(interval.micros) : static_cast<uint64_t>(interval.micros);
    return write_clock(to, static_cast<int64_t>(time / kHour), static_cast<int>(time / kMinute % 60),
                       static_cast<int>(time / kSecond % 60), static_cast<int>(time % kSecond));
}

ReadResult read_date(std::string_view text, int32_t& days) {
    // What follows the date is a time, which a date does not keep.
    int64_t micros = 0;
    const ReadResult result = read_moment(text, false, micros);
    if (result == ReadResult::kOk) days = static_cast<int32_t>(floor_div(micros, kDay));
    return result;
}

ReadResult read_timestamp(std::string_view text, int64_t& micros) { return read_moment(text, true, micros); }
ReadResult read_local_timestamp(std::string_view text, int64_t& micros) { return read_moment(text, false, micros); }

}  // namespace weir::host::expression
