// A row, or one value, as JSON text: what consoles, dead letters and the json codec write.
//
// int64, uint64 and decimals are JSON numbers with all their digits; NaN and infinities are null (JSON has
// none); timestamps are ISO 8601 in UTC with microseconds only where there are any; dates are YYYY-MM-DD;
// binary is text where it is valid UTF-8, else base64 behind "base64:" (also where the text begins so); maps are
// objects.
#pragma once

#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <string>

#include <weir/column.hpp>
#include <weir/types.hpp>

namespace weir {

void append_json_string(std::string &out, std::string_view text);
void append_json_value(std::string &out, const Column &column, int64_t row);
// An object of the columns; metadata columns (`_name`) only with `metadata`.
void append_json_row(std::string &out, const Schema &schema, const ArrowArray &rows, int64_t row,
                     bool metadata = false);
std::string format_timestamp(int64_t micros);  // 2024-05-23T12:34:56Z, 2024-05-23T12:34:56.000001Z
std::string format_date(int32_t days);
std::string format_decimal(Int128 value, int scale);
std::string base64(std::string_view bytes);
// Appends the bytes. False: the text is not base64 with padding, exactly as base64() writes it.
bool from_base64(std::string_view text, std::string *out);

// Well-formed UTF-8 as in RFC 3629: no overlong forms, no surrogates, at most U+10FFFF.
inline bool is_utf8(std::string_view s) {
    size_t i = 0, n = s.size();
    auto byte = [&](size_t at) { return static_cast<unsigned char>(s[at]); };
    while (i < n) {
        if (uint64_t eight = 0; n - i >= sizeof eight) {  // most text is ASCII
            std::memcpy(&eight, s.data() + i, sizeof eight);
            if (!(eight & 0x8080808080808080)) {
                i += sizeof eight;
                continue;
            }
        }
        unsigned char c = byte(i);
        if (c < 0x80) {
            ++i;
            continue;
        }
        size_t more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : 1;
        if (c < 0xC2 || c > 0xF4 || i + more >= n) return false;
        unsigned char second = byte(i + 1);
        unsigned char low = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
        unsigned char high = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
        if (second < low || second > high) return false;
        for (size_t k = 2; k <= more; ++k)
            if ((byte(i + k) & 0xC0) != 0x80) return false;
        i += more + 1;
    }
    return true;
}

namespace detail {

// At least `width` digits.
inline char *put_digits(char *to, unsigned value, int width) {
    char digits[10];
    int n = 0;
    for (; value || n < width; value /= 10) digits[n++] = static_cast<char>('0' + value % 10);
    while (n > 0) *to++ = digits[--n];
    return to;
}

// YYYY-MM-DD; 16 bytes are enough.
inline char *put_date(char *to, int32_t days) {
    const std::chrono::year_month_day d{std::chrono::sys_days{std::chrono::days{days}}};
    const int year = static_cast<int>(d.year());
    if (year < 0) *to++ = '-';
    to = put_digits(to, static_cast<unsigned>(year < 0 ? -year : year), year < 0 ? 3 : 4);
    *to++ = '-';
    to = put_digits(to, static_cast<unsigned>(d.month()), 2);
    *to++ = '-';
    return put_digits(to, static_cast<unsigned>(d.day()), 2);
}

// YYYY-MM-DDTHH:MM:SS[.ffffff]Z; 40 bytes are enough.
inline char *put_timestamp(char *to, int64_t micros) {
    constexpr int64_t kDay = 86'400'000'000;
    int64_t days = micros / kDay, rest = micros % kDay;
    if (rest < 0) {
        rest += kDay;
        --days;
    }
    const auto seconds = static_cast<unsigned>(rest / 1'000'000), fraction = static_cast<unsigned>(rest % 1'000'000);
    to = put_date(to, static_cast<int32_t>(days));
    *to++ = 'T';
    to = put_digits(to, seconds / 3'600, 2);
    *to++ = ':';
    to = put_digits(to, seconds / 60 % 60, 2);
    *to++ = ':';
    to = put_digits(to, seconds % 60, 2);
    if (fraction) {
        *to++ = '.';
        to = put_digits(to, fraction, 6);
    }
    *to++ = 'Z';
    return to;
}

}  // namespace detail

}  // namespace weir

#ifndef WEIR_SDK_COMPILED
#include <weir/detail/row_json_impl.hpp>
#endif
