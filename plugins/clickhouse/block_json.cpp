// Rows of an encoded block as JSON: what a dead letter shows of them.
#include <arpa/inet.h>

#include <charconv>
#include <cmath>
#include <cstring>

#include <weir/row_json.hpp>

#include "block_view.hpp"

namespace weir::clickhouse {
namespace {

constexpr int64_t kMicros = 1'000'000;

void append_text(std::string &out, std::string_view text) {
    append_json_string(out, is_utf8(text) ? std::string(text) : "base64:" + base64(text));
}

void append_quoted(std::string &out, const std::string &text) { out.append("\"").append(text).append("\""); }

template <class T>
T read(const uint8_t *at) {
    T v;
    std::memcpy(&v, at, sizeof v);
    return v;
}

// Integers of any width; of 256 bits those that fit into 128, and others are not written.
Int128 integer(const uint8_t *at, size_t width, bool is_signed) {
    switch (width) {
        case 1: return is_signed ? static_cast<Int128>(read<int8_t>(at)) : static_cast<Int128>(read<uint8_t>(at));
        case 2: return is_signed ? static_cast<Int128>(read<int16_t>(at)) : static_cast<Int128>(read<uint16_t>(at));
        case 4: return is_signed ? static_cast<Int128>(read<int32_t>(at)) : static_cast<Int128>(read<uint32_t>(at));
        case 8: return is_signed ? static_cast<Int128>(read<int64_t>(at)) : static_cast<Int128>(read<uint64_t>(at));
        default: return read<Int128>(at);
    }
}

void append_float(std::string &out, double value, bool is_short) {
    if (!std::isfinite(value)) {
        out += "null";
        return;
    }
    char digits[32];
    const auto end = is_short ? std::to_chars(digits, digits + sizeof digits, static_cast<float>(value)).ptr
                              : std::to_chars(digits, digits + sizeof digits, value).ptr;
    out.append(digits, end);
}

std::string uuid(const uint8_t *at) {
    std::string out;
    constexpr char kHex[] = "0123456789abcdef";
    for (size_t i = 0; i < 16; ++i) {
        const uint8_t byte = at[i < 8 ? 7 - i : 23 - i];
        out.push_back(kHex[byte >> 4]);
        out.push_back(kHex[byte & 15]);
        if (i == 3 || i == 5 || i == 7 || i == 9) out.push_back('-');
    }
    return out;
}

std::string address(const uint8_t *at, bool is_v6) {
    char text[INET6_ADDRSTRLEN] = "";
    const uint32_t v4 = htonl(read<uint32_t>(at));
    inet_ntop(is_v6 ? AF_INET6 : AF_INET, is_v6 ? static_cast<const void *>(at) : &v4, text, sizeof text);
    return text;
}

std::string timestamp(int64_t ticks, int scale) {
    for (; scale < 6; ++scale) ticks *= 10;
    for (; scale > 6; --scale) ticks = ticks / 10 - (ticks % 10 < 0);
    return format_timestamp(ticks);
}

std::string element(const DataType &type, int value) {
    for (const auto &[name, number] : type.elements)
        if (number == value) return name;
    return std::to_string(value);
}

void append_fixed(std::string &out, const DataType &type, const uint8_t *at) {
    switch (type.kind) {
        case Kind::kBool: out += *at ? "true" : "false"; return;
        case Kind::kInt: out += format_decimal(integer(at, type.width, true), 0); return;
        case Kind::kUint: out += format_decimal(integer(at, type.width, false), 0); return;
        case Kind::kDecimal: out += format_decimal(integer(at, type.width, true), type.scale); return;
        case Kind::kFloat: return append_float(out, type.width == 4 ? read<float>(at) : read<double>(at), type.width == 4);
        case Kind::kDate: return append_quoted(out, format_date(read<uint16_t>(at)));
        case Kind::kDate32: return append_quoted(out, format_date(read<int32_t>(at)));
        case Kind::kDateTime: return append_quoted(out, format_timestamp(read<uint32_t>(at) * kMicros));
        case Kind::kDateTime64: return append_quoted(out, timestamp(read<int64_t>(at), type.scale));
        case Kind::kUuid: return append_quoted(out, uuid(at));
        case Kind::kIpv4:
        case Kind::kIpv6: return append_quoted(out, address(at, type.is(Kind::kIpv6)));
        case Kind::kEnum: return append_text(out, element(type, static_cast<int>(integer(at, type.width, true))));
        default: {  // FixedString
            std::string_view text(reinterpret_cast<const char *>(at), type.width);
            while (!text.empty() && text.back() == '\0') text.remove_suffix(1);
            return append_text(out, text);
        }
    }
}

}  // namespace

std::string BlockView::json(int64_t row) const {
    std::string out = "{";
    for (size_t i = 0; i < columns_.size(); ++i) {
        if (i > 0) out += ',';
        append_json_string(out, names_[i]);
        out += ':';
        append_json(out, columns_[i], static_cast<size_t>(row));
    }
    return out + "}";
}

void BlockView::append_json(std::string &out, const Part &part, size_t row) const {
    switch (part.type.kind) {
        case Kind::kString:
        case Kind::kJson: {
            std::string_view text = std::string_view(*bytes_).substr(part.starts[row], part.starts[row + 1] - part.starts[row]);
            size_t length = 0;
            while (static_cast<uint8_t>(text[length]) >= 0x80) ++length;
            return append_text(out, text.substr(length + 1));
        }
        case Kind::kNullable:
            if (!part.data[row]) return append_json(out, part.children[0], row);
            out += "null";
            return;
        case Kind::kLowCardinality: {
            const size_t key = part.number(row);
            if (key == 0 && part.type.children[0].is(Kind::kNullable)) {
                out += "null";
                return;
            }
            return append_text(out, key < part.keys.size() ? part.keys[key] : std::string_view());
        }
        case Kind::kArray:
        case Kind::kMap:
        case Kind::kTuple: return append_elements(out, part, row);
        default: return append_fixed(out, part.type, part.data + row * part.type.width);
    }
}

void BlockView::append_elements(std::string &out, const Part &part, size_t row) const {
    if (part.type.is(Kind::kTuple)) {
        const bool named = !part.type.names.empty();
        out += named ? '{' : '[';
        for (size_t i = 0; i < part.children.size(); ++i) {
            if (i > 0) out += ',';
            if (named) append_json_string(out, part.type.names[i]);
            if (named) out += ':';
            append_json(out, part.children[i], row);
        }
        out += named ? '}' : ']';
        return;
    }
    const bool is_map = part.type.is(Kind::kMap);
    out += is_map ? '{' : '[';
    for (uint64_t i = part.begin_of(row); i < part.end_of(row); ++i) {
        if (i > part.begin_of(row)) out += ',';
        if (is_map) {
            std::string key;
            append_json(key, part.children[0], i);
            if (key.front() != '"') key = '"' + key + '"';
            out += key + ':';
        }
        append_json(out, part.children[is_map ? 1 : 0], i);
    }
    out += is_map ? '}' : ']';
}

}  // namespace weir::clickhouse
