// Reading intervals: `1 year 2 mons 3 days 04:05:06`, `90 minutes ago`, `1.5 hours`, `P1DT2H`.
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "host/expression/time_text.hpp"

namespace weir::host::expression {
namespace {

enum class Part : uint8_t { kMonths, kDays, kMicros };

struct Unit {
    std::string_view name;
    Part part;
    double size;
};

constexpr double kMicrosOf(int64_t micros) { return static_cast<double>(micros); }

// Longer forms in -s are taken, too.
constexpr std::array<Unit, 27> kUnits = {{
    {"us", Part::kMicros, 1},
    {"usec", Part::kMicros, 1},
    {"microsecond", Part::kMicros, 1},
    {"ms", Part::kMicros, 1000},
    {"msec", Part::kMicros, 1000},
    {"millisecond", Part::kMicros, 1000},
    {"s", Part::kMicros, kMicrosOf(kSecond)},
    {"sec", Part::kMicros, kMicrosOf(kSecond)},
    {"second", Part::kMicros, kMicrosOf(kSecond)},
    {"m", Part::kMicros, kMicrosOf(kMinute)},
    {"min", Part::kMicros, kMicrosOf(kMinute)},
    {"minute", Part::kMicros, kMicrosOf(kMinute)},
    {"h", Part::kMicros, kMicrosOf(kHour)},
    {"hr", Part::kMicros, kMicrosOf(kHour)},
    {"hour", Part::kMicros, kMicrosOf(kHour)},
    {"d", Part::kDays, 1},
    {"day", Part::kDays, 1},
    {"w", Part::kDays, 7},
    {"week", Part::kDays, 7},
    {"mon", Part::kMonths, 1},
    {"month", Part::kMonths, 1},
    {"y", Part::kMonths, 12},
    {"yr", Part::kMonths, 12},
    {"year", Part::kMonths, 12},
    {"decade", Part::kMonths, 120},
    {"century", Part::kMonths, 1200},
    {"millennium", Part::kMonths, 12000},
}};

const Unit* find_unit(std::string_view name) {
    for (int singular = 0; singular < 2; ++singular) {
        for (const Unit& unit : kUnits)
            if (unit.name == name) return &unit;
        if (!name.ends_with('s')) break;
        name.remove_suffix(1);
    }
    return nullptr;
}

bool add(Interval& to, const Unit& unit, double count) {
    switch (unit.part) {
        case Part::kMonths: return add_months(to, count * unit.size);
        case Part::kDays: return add_days(to, count * unit.size);
        case Part::kMicros: return add_micros(to, count * unit.size);
    }
    return false;
}

class IntervalReader {
public:
    explicit IntervalReader(std::string_view text) {
        for (char c : strip(text)) text_ += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        rest_ = text_;
    }

    ReadResult read(Interval& out) {
        if (rest_.size() > 1 && rest_[0] == 'p') return iso(out);
        bool any = false, ago = false;
        for (skip(); !rest_.empty(); skip()) {
            if (ago) return ReadResult::kNoNumber;
            if (any && word("ago")) {
                ago = true;
                continue;
            }
            const ReadResult result = one(out);
            if (result != ReadResult::kOk) return result;
            any = true;
        }
        if (!any) return ReadResult::kNoNumber;
        if (ago) {
            if (out.micros == std::numeric_limits<int64_t>::min()) return ReadResult::kOutOfRange;
            out = {-out.months, -out.days, -out.micros};
        }
        return ReadResult::kOk;
    }

private:
    void skip() {
        while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == ',')) rest_.remove_prefix(1);
    }
    bool word(std::string_view wanted) {
        if (!rest_.starts_with(wanted)) return false;
        rest_.remove_prefix(wanted.size());
        return true;
    }
    std::string_view letters() {
        size_t n = 0;
        while (n < rest_.size() && rest_[n] >= 'a' && rest_[n] <= 'z') ++n;
        const std::string_view out = rest_.substr(0, n);
        rest_.remove_prefix(n);
        return out;
    }
    ReadResult number(double& out) {
        if (rest_.starts_with('+')) rest_.remove_prefix(1);
        const auto [end, error] =
            std::from_chars(rest_.data(), rest_.data() + rest_.size(), out, std::chars_format::fixed);
        if (error == std::errc::invalid_argument || !std::isfinite(out)) return ReadResult::kNoNumber;
        rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
        return error == std::errc() ? ReadResult::kOk : ReadResult::kOutOfRange;
    }

    // `3 days`, `04:05:06.5`, or a number of seconds.
    ReadResult one(Interval& out) {
        const bool minus = rest_.starts_with('-');
        double count = 0;
        if (ReadResult result = number(count); result != ReadResult::kOk) return result;
        if (rest_.starts_with(':')) return clock(out, count, minus);
        skip();
        const std::string_view name = letters();
        if (name.empty() && !rest_.empty()) return ReadResult::kNoNumber;
        const Unit* unit = name.empty() ? find_unit("second") : find_unit(name);
        if (!unit) return ReadResult::kNoNumber;
        return add(out, *unit, count) ? ReadResult::kOk : ReadResult::kOutOfRange;
    }

    ReadResult clock(Interval& out, double hours, bool minus) {
        if (hours != std::trunc(hours)) return ReadResult::kNoNumber;
        rest_.remove_prefix(1);
        double minutes = 0, seconds = 0;
        if (ReadResult result = number(minutes); result != ReadResult::kOk) return result;
        if (rest_.starts_with(':')) {
            rest_.remove_prefix(1);
            if (ReadResult result = number(seconds); result != ReadResult::kOk) return result;
        }
        if (minutes < 0 || minutes > 59 || minutes != std::trunc(minutes) || seconds < 0 || seconds >= 61)
            return ReadResult::kOutOfRange;
        const double time = std::fabs(hours) * kMicrosOf(kHour) + minutes * kMicrosOf(kMinute) +
                            std::rint(seconds * kMicrosOf(kSecond));
        return add_micros(out, minus ? -time : time) ? ReadResult::kOk : ReadResult::kOutOfRange;
    }

    // P1Y2M3W4DT5H6M7.5S
    ReadResult iso(Interval& out) {
        rest_.remove_prefix(1);
        bool time = false, any = false;
        while (!rest_.empty()) {
            if (!time && word("t")) {
                time = true;
                continue;
            }
            double count = 0;
            if (ReadResult result = number(count); result != ReadResult::kOk) return result;
            const char letter = rest_.empty() ? '\0' : rest_[0];
            const Unit* unit = nullptr;
            if (time)
                unit = find_unit(letter == 'h' ? "h" : letter == 'm' ? "min" : letter == 's' ? "s" : "");
            else
                unit = find_unit(letter == 'y'   ? "y"
                                 : letter == 'm' ? "mon"
                                 : letter == 'w' ? "w"
                                 : letter == 'd' ? "d"
                                                 : "");
            if (!unit) return ReadResult::kNoNumber;
            rest_.remove_prefix(1);
            if (!add(out, *unit, count)) return ReadResult::kOutOfRange;
            any = true;
        }
        return any ? ReadResult::kOk : ReadResult::kNoNumber;
    }

    std::string text_;
    std::string_view rest_;
};

bool add_whole(int32_t& to, double count) {
    return std::fabs(count) < 2147483648.0 && !__builtin_add_overflow(to, static_cast<int32_t>(count), &to);
}

}  // namespace

bool add_micros(Interval& to, double micros) {
    micros = std::rint(micros);
    return std::fabs(micros) < 9223372036854775807.0 &&
           !__builtin_add_overflow(to.micros, static_cast<int64_t>(micros), &to.micros);
}

bool add_days(Interval& to, double days) {
    const double whole = std::trunc(days);
    return add_whole(to.days, whole) && add_micros(to, (days - whole) * kMicrosOf(kDay));
}

bool add_months(Interval& to, double months) {
    const double whole = std::trunc(months);
    // A fraction of a month is one of 30 days; of the rest of less than a millionth nothing is kept.
    const double days = std::rint((months - whole) * 30 * 1e6) / 1e6;
    return add_whole(to.months, whole) && add_days(to, days);
}

ReadResult read_interval(std::string_view text, Interval& out) {
    out = {};
    return IntervalReader(text).read(out);
}

}  // namespace weir::host::expression
