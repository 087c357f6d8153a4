// Text to values and back: what every codec of this plugin does with one value.
//
// Reading is strict: the whole text is the value, without blanks around it, and a value that does not fit its
// type exactly is a fault, never rounded or wrapped. What is accepted, by type:
//   integers     -?[0-9]+ (leading zeros count for nothing)
//   float32/64   decimal or exponent form; NaN, Infinity, -Infinity; out of range is a fault
//   decimal(p,s) decimal or exponent form; at most s decimals that are not zero, at most p digits
//   bool         true, false
//   string       valid UTF-8; binary: any bytes
//   date         YYYY-MM-DD, or as the column's TimeForm says
//   timestamp    as TimeForm says
// Plain functions, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <weir/builder.hpp>
#include <weir/column.hpp>
#include <weir/config.hpp>
#include <weir/memory.hpp>
#include <weir/spec.hpp>
#include <weir/time_text.hpp>

#include "time_pattern.hpp"

namespace weir::codecs {

// How dates and timestamps stand in payloads. Epochs are numbers, which may have decimals; what is finer than a
// microsecond is cut.
struct TimeForm {
    enum Kind : uint8_t { kIso, kEpochS, kEpochMs, kEpochUs, kEpochNs, kPattern };
    Kind kind = kIso;
    TimePattern pattern = {};
    bool dates = false;  // of one column: it holds for dates, too, which are YYYY-MM-DD otherwise

    bool is_number() const { return kind != kIso && kind != kPattern; }
};

// `iso`, `epoch_s`, `epoch_ms`, `epoch_us`, `epoch_ns`, or a pattern with a percent sign.
Result<TimeForm> parse_time_form(std::string_view text);

// The parameter `timestamps` of the codecs, and its value.
constexpr Param timestamps_param() {
    return param("timestamps", WEIR_PARAM_STRING,
                 "How timestamps are written: `iso` is 2024-05-23T12:34:56.789Z, where a missing zone means UTC; "
                 "`epoch_s`, `epoch_ms`, `epoch_us` and `epoch_ns` are numbers since 1970-01-01 UTC; anything else is a "
                 "pattern such as `%d/%b/%Y:%H:%M:%S %z`.")
        .default_json("\"iso\"");
}
Result<TimeForm> timestamp_form(const Config &config);

// The form of each column: its own `format`, or `standard`. WEIR_E_CONFIG where a format does not fit its column;
// with `json`, the format `json` of string columns is left to the caller.
Result<std::vector<TimeForm>> column_forms(const Schema &record, const TimeForm &standard, bool json = false);

// Under which name each column stands in payloads whose fields have plain names: its path, or its own.
// WEIR_E_CONFIG where two columns are one field.
Result<std::vector<std::string>> payload_names(const Schema &record);

inline constexpr std::string_view kNoPayload = "there is no payload (a tombstone), and the column is not nullable";
inline constexpr std::string_view kTombstone = "there is no payload (a tombstone)";

inline bool is_digit(char c) { return static_cast<unsigned char>(c - '0') <= 9; }

// Why a text gives no value.
struct Fault {
    int64_t position = -1;  // the byte at fault, counted from the start of the text; -1: none in particular
    std::string message;    // "`abc` is not an int64"
};

// Data as a message shows it: in backquotes, at most 64 bytes of it, control characters and bytes that are
// not UTF-8 escaped.
std::string shown(std::string_view text);

// A name out of a payload as a message shows it: as it is where it can be shown so, otherwise as above.
std::string shown_name(std::string_view name);

// 19 digits and more, for parse_int64.
Parse parse_int64_long(std::string_view text, int64_t *out);

inline Parse parse_int64(std::string_view text, int64_t *out) {
    const char *p = text.data(), *end = p + text.size();
    const bool negative = p != end && *p == '-';
    p += negative;
    if (end - p > 18) return parse_int64_long(text, out);
    if (p == end) return Parse::kSyntax;
    uint64_t value = 0;
    do {
        unsigned digit = static_cast<unsigned char>(*p) - unsigned{'0'};
        if (digit > 9) return Parse::kSyntax;
        value = value * 10 + digit;
    } while (++p != end);
    *out = static_cast<int64_t>(negative ? -value : value);
    return Parse::kOk;
}

Parse parse_uint64(std::string_view text, uint64_t *out);
// Exactly, from decimal or exponent form: 5.0 and 5e0 are 5.
Parse parse_whole(std::string_view text, Int128 *out);
// Unscaled, of `scale` decimals, below 10^precision in magnitude.
Parse parse_decimal(std::string_view text, int precision, int scale, Int128 *out);
Parse parse_timestamp(std::string_view text, const TimeForm &form, int64_t *micros);

// Whether `value` fits an integer type.
bool integer_fits(TypeId id, int64_t value);

// Appends the value that `text` stands for. False: nothing was appended, *fault says why.
// REQUIRES: the type is not nested.
bool append_scalar(ColumnBuilder &to, std::string_view text, const TimeForm &form, Fault *fault);

// Fills *fault for a text that is no value of the type (kSyntax) or does not fit it (kRange).
void explain(Parse why, std::string_view text, const Type &type, Fault *fault);

inline constexpr const char *kYearRange = "the year is outside of 0000 to 9999, so it cannot be written as a date";

// Whether a date or time, or any other value, has a text that is read as the same value: years have four digits.
// REQUIRES: the value is not null.
bool has_text(const Column &column, int64_t row, const TimeForm &form);

// Appends the text of a value. REQUIRES: the type is not nested, the value not null, and has_text.
void write_scalar(Buffer &out, const Column &column, int64_t row, const TimeForm &form);

template <class T>
void write_integer(Buffer &out, T value);

}  // namespace weir::codecs

#include "scalar_impl.hpp"
