// Definitions for weir/row_json.hpp.
#pragma once

#include <cstring>

#include <weir/detail/linkage.hpp>
#include <weir/row_json.hpp>

namespace weir {

WEIR_INLINE std::string base64(std::string_view bytes) {
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

WEIR_INLINE bool from_base64(std::string_view text, std::string *out) {
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

WEIR_INLINE void append_json_string(std::string &out, std::string_view text) {
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

WEIR_INLINE std::string format_date(int32_t days) {
    char text[16];
    return {text, detail::put_date(text, days)};
}

WEIR_INLINE std::string format_timestamp(int64_t micros) {
    char text[40];
    return {text, detail::put_timestamp(text, micros)};
}

WEIR_INLINE std::string format_decimal(Int128 value, int scale) {
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

WEIR_INLINE void append_members(std::string &out, const Column &column, int64_t row) {
    out += '{';
    for (size_t i = 0; i < column.type().children.size(); ++i) {
        if (i) out += ',';
        append_json_string(out, column.type().children[i].name);
        out += ':';
        append_json_value(out, column.child(i), row);
    }
    out += '}';
}

WEIR_INLINE void append_elements(std::string &out, const Column &column, int64_t row) {
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

WEIR_INLINE void append_json_value(std::string &out, const Column &column, int64_t row) {
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

WEIR_INLINE void append_json_row(std::string &out, const Schema &schema, const ArrowArray &rows, int64_t row,
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
