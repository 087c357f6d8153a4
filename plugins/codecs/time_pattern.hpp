// Dates and times in a form of the user's own, as strftime and strptime have it. Plain values, any thread.
//
//   %Y %y %m %b %B %d %e %j  year, month, day (%b, %B: English names; %e: a blank for the missing digit; %j: 001-366)
//   %a %A                    day of the week, in English; not looked at when it is read
//   %H %I %p %M %S           hour of 24, of 12 with AM or PM, minute, second
//   %f %3f %6f %9f           fraction of a second: any number of digits (6 when written), or so many
//   %z %Z                    Z, +hh, +hhmm, +hh:mm (written: +0000); UTC, GMT or Z (written: UTC). Without: UTC
//   %s                       seconds since 1970-01-01 UTC
//   %F %T %R %D              %Y-%m-%d, %H:%M:%S, %H:%M, %m/%d/%y
//   %%                       a percent sign
// %-d, %-m, %-H, %-I, %-M, %-S take and write one digit where one is enough. All else stands for itself.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <weir/memory.hpp>
#include <weir/result.hpp>
#include <weir/time_text.hpp>

namespace weir::codecs {

class TimePattern {
public:
    // WEIR_E_CONFIG for a pattern that has unknown parts, or from which no day can be told.
    static Result<TimePattern> parse(std::string_view text);

    // Whether it has anything that is finer than a day.
    bool has_time() const { return has_time_; }
    // The whole text, as the pattern says.
    Parse read(std::string_view text, int64_t *micros) const;
    void write(int64_t micros, Buffer &out) const;

private:
    struct Item {
        char what;         // as behind the percent sign; 0: literal
        uint8_t digits;    // of %f; 1: no padding
        std::string text;  // of a literal
    };
    struct Fields;
    Status add(std::string_view text);
    bool read_item(const Item &item, std::string_view *text, Fields *fields) const;

    std::vector<Item> items_;
    bool has_time_ = false;
};

}  // namespace weir::codecs
