// Patterns of to_char, to_timestamp and to_date, as in PostgreSQL: YYYY-MM-DD HH24:MI:SS.US.
//
// YYYY YY IYYY IW Q MM Mon MON mon Month MONTH month DD DDD D ID Dy DY dy Day DAY day HH24 HH12 HH MI SS MS US AM PM am
// pm J; FM in front of one leaves out zeros and blanks, text in double quotes stands for itself, as does all else.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/expression/calendar.hpp"

namespace weir::host::expression {

class TimeFormat {
public:
    TimeFormat() = default;
    explicit TimeFormat(std::string_view pattern);

    void write(std::string& out, int64_t micros) const;
    // Microseconds; nullopt and why in `error` where the text does not fit. Months by name are taken in any case.
    std::optional<int64_t> read(std::string_view text, std::string& error) const;
    // Whether read knows every part of the pattern.
    std::optional<std::string> unreadable() const;

private:
    enum class Field : uint8_t {
        kText,
        kYear4,
        kYear2,
        kIsoYear,
        kIsoWeek,
        kQuarter,
        kMonth2,
        kMonthName,
        kMonthShort,
        kDay2,
        kDayOfYear,
        kDayOfWeek,
        kIsoDay,
        kDayName,
        kDayShort,
        kHour24,
        kHour12,
        kMinute2,
        kSecond2,
        kMillis,
        kMicros,
        kMeridiem,
        kJulian,
    };
    enum class Case : uint8_t { kLower, kTitle, kUpper };
    struct Part {
        Field field = Field::kText;
        Case letters = Case::kTitle;
        bool fill = true;
        std::string text;  // of kText; of others as written in the pattern
    };
    struct Word {
        std::string_view name;
        Field field;
        Case letters;
    };
    static const std::vector<Word>& words();
    struct Parsed;
    static bool read_part(const Part& part, std::string_view& rest, Parsed& out);

    std::vector<Part> parts_;
};

}  // namespace weir::host::expression
