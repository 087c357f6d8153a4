// Definitions for weir/row_json.hpp.
#pragma once

#include <cstring>

#include <weir/row_json.hpp>

namespace weir {

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

inline std::string base64(std::string_view bytes) {
    static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (size_t i = 0; i < bytes.size(); i += 3) {
        size_t have = bytes.size() - i < 3 ? bytes.size() - i : 3;
        uint32_t group = 0;
        for (size_t k = 0; k < 3; ++k)
            group = group << 8 | (k < have ? static_cast<unsigned char>(bytes[i + k]) : 0u);
        for (size_t k = 0; k < 4; ++k) out += k <= have ? kDigits[group >> (18 - 6 * k) & 63] : '=';
    }
    return out;
}

inline bool from_base64(std::string_view text, std::string *out) {
    if (text.size() % 4 != 0) return false;
    const size_t old = out->size();
    auto digit = [](char c) -> int {
        if (c >= 'A' && c <= 'Z') return c - 'A';
        if (c >= 'a' && c <= 'z') return c - 'a' + 26;
        if (c >= '0' && c <= '9') return c - '0' + 52;
        return c == '+' ? 62 : c == '/' ? 63 : -1;
    };
    for (size_t i = 0; i < text.size(); i += 4) {
        const bool last = i + 4 == text.size();
        const int padding = !last || text[i + 3] != '=' ? 0 : text[i + 2] == '=' ? 2 : 1;
        uint32_t group = 0;
        for (size_t k = 0; k < 4; ++k) {
            const int value = k + static_cast<size_t>(padding) >= 4 ? 0 : digit(text[i + k]);
            if (value < 0) return false;
            group = group << 6 | static_cast<uint32_t>(value);
        }
        for (int k = 0; k < 3 - padding; ++k) *out += static_cast<char>(group >> (16 - 8 * k) & 0xFF);
    }
    return base64(std::string_view(*out).substr(old)) == text;
}

inline void append_json_string(std::string &out, std::string_view text) {
    out += '"';
    for (char c : text) {
        auto u = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '\t') {
            out += "\\t";
        } else if (c == '\r') {
            out += "\\r";
        } else if (u < 0x20 || u == 0x7F) {
            char hex[8];
            std::snprintf(hex, sizeof hex, "\\u%04x", u);
            out += hex;
        } else {
            out += c;
        }
    }
    out += '"';
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

inline std::string format_date(int32_t days) {
    char text[16];
    return {text, detail::put_date(text, days)};
}

inline std::string format_timestamp(int64_t micros) {
    char text[40];
    return {text, detail::put_timestamp(text, micros)};
}

inline std::string format_decimal(Int128 value, int scale) {
    auto rest = value < 0 ? -static_cast<Uint128>(value) : static_cast<Uint128>(value);
    std::string digits;  // from the last one to the first
    for (int n = 0; rest || n <= scale; ++n, rest /= 10) {
        if (scale && n == scale) digits += '.';
        digits += static_cast<char>('0' + static_cast<int>(rest % 10));
    }
    if (value < 0) digits += '-';
    return {digits.rbegin(), digits.rend()};
}

namespace detail {

template <class T>
void append_number(std::string &out, T value) {
    char text[32];
    auto end = std::to_chars(text, text + sizeof text, value).ptr;
    out.append(text, end);
}

template <class T>
void append_float(std::string &out, T value) {
    if (std::isfinite(value))
        append_number(out, value);
    else
        out += "null";
}

inline void append_members(std::string &out, const Column &column, int64_t row) {
    out += '{';
    for (size_t i = 0; i < column.type().children.size(); ++i) {
        if (i) out += ',';
        append_json_string(out, column.type().children[i].name);
        out += ':';
        append_json_value(out, column.child(i), row);
    }
    out += '}';
}

inline void append_elements(std::string &out, const Column &column, int64_t row) {
    bool map = column.type().id == TypeId::kMap;
    out += map ? '{' : '[';
    for (int32_t at = column.begin_of(row); at < column.end_of(row); ++at) {
        if (at != column.begin_of(row)) out += ',';
        if (map) {
            std::string key;  // an object's keys are strings, whatever the map's are
            append_json_value(key, column.child(0), at);
            if (key.starts_with('"'))
                out += key;
            else
                append_json_string(out, key);
            out += ':';
        }
        append_json_value(out, column.child(map ? 1 : 0), at);
    }
    out += map ? '}' : ']';
}

}  // namespace detail

inline void append_json_value(std::string &out, const Column &column, int64_t row) {
    if (column.is_null(row)) {
        out += "null";
        return;
    }
    switch (column.type().id) {
        case TypeId::kBool: out += column.bool_value(row) ? "true" : "false"; break;
        case TypeId::kUint64: detail::append_number(out, column.value<uint64_t>(row)); break;
        case TypeId::kFloat32: detail::append_float(out, column.value<float>(row)); break;
        case TypeId::kFloat64: detail::append_float(out, column.value<double>(row)); break;
        case TypeId::kDecimal128: out += format_decimal(column.decimal(row), column.type().scale); break;
        case TypeId::kDate: append_json_string(out, format_date(column.value<int32_t>(row))); break;
        case TypeId::kTimestamp: append_json_string(out, format_timestamp(column.value<int64_t>(row))); break;
        case TypeId::kString:
        case TypeId::kBinary: {
            auto bytes = column.text(row);
            if (is_utf8(bytes) && !(column.type().id == TypeId::kBinary && bytes.starts_with("base64:")))
                append_json_string(out, bytes);
            else
                append_json_string(out, "base64:" + base64(bytes));
            break;
        }
        case TypeId::kStruct: detail::append_members(out, column, row); break;
        case TypeId::kList:
        case TypeId::kMap: detail::append_elements(out, column, row); break;
        default: detail::append_number(out, column.integer(row));
    }
}

inline void append_json_row(std::string &out, const Schema &schema, const ArrowArray &rows, int64_t row,
                            bool metadata) {
    out += '{';
    bool first = true;
    for (size_t i = 0; i < schema.size(); ++i) {
        if (!metadata && is_metadata_column(schema.fields[i].name)) continue;
        if (!first) out += ',';
        first = false;
        append_json_string(out, schema.fields[i].name);
        out += ':';
        append_json_value(out, Column(rows.children[i], &schema.fields[i].type), row);
    }
    out += '}';
}

}  // namespace weir
