#include "scalar.hpp"

#include <cmath>
#include <cstdio>
#include <limits>

#include <weir/row_json.hpp>

#include "time_text.hpp"

namespace weir::codecs {
namespace {

__extension__ typedef unsigned __int128 Uint128;

constexpr size_t kShownBytes = 64;
constexpr int kMaxDecimalDigits = 38;

// The digits of an integer below 2^64. `text` has no sign.
Parse parse_magnitude(std::string_view text, uint64_t *out) {
    if (text.empty()) return Parse::kSyntax;
    uint64_t value = 0;
    bool overflow = false;
    for (char c : text) {
        if (!is_digit(c)) return Parse::kSyntax;
        overflow |= __builtin_mul_overflow(value, uint64_t{10}, &value);
        overflow |= __builtin_add_overflow(value, static_cast<uint64_t>(c - '0'), &value);
    }
    *out = value;
    return overflow ? Parse::kRange : Parse::kOk;
}

// A number in parts: sign, all digits as one integer, and the power of ten that it is multiplied by.
struct Number {
    bool negative = false, too_long = false;
    Uint128 digits = 0;
    int64_t exponent = 0;
};

// Takes -?digits[.digits][e[+-]digits] apart; false: it is not of that form.
bool read_number(std::string_view text, Number *out) {
    size_t i = 0, n = text.size(), seen = 0;
    if (i < n && text[i] == '-') out->negative = ++i;
    bool point = false;
    int64_t significant = 0, zeros = 0;  // zeros: read behind a digit that counts, not multiplied in yet
    for (; i < n; ++i) {
        char c = text[i];
        if (c == '.' && !point && seen) {
            point = true;
            continue;
        }
        if (!is_digit(c)) break;
        ++seen;
        if (point) --out->exponent;
        if (c == '0') {
            zeros += out->digits != 0;  // trailing ones, however many, cost no digits
            continue;
        }
        significant += zeros + 1;
        out->too_long |= significant > kMaxDecimalDigits;
        if (!out->too_long)
            for (; zeros >= 0; --zeros) out->digits *= 10;
        out->digits += static_cast<Uint128>(c - '0');
        zeros = 0;
    }
    if (!seen || text[i - 1] == '.') return false;
    out->exponent += zeros;
    if (i == n) return true;
    if (text[i] != 'e' && text[i] != 'E') return false;
    bool minus = ++i < n && text[i] == '-';
    if (i < n && (text[i] == '-' || text[i] == '+')) ++i;
    if (i == n) return false;
    int64_t exponent = 0;
    for (; i < n; ++i) {
        if (!is_digit(text[i])) return false;
        if (exponent < 1'000'000'000'000) exponent = exponent * 10 + (text[i] - '0');
    }
    out->exponent += minus ? -exponent : exponent;
    return true;
}

Uint128 power_of_ten(int n) {
    Uint128 value = 1;
    for (; n > 0; --n) value *= 10;
    return value;
}

// The number times 10^scale as an integer. `cut`: what is finer goes; otherwise it is kRange.
Parse scale_number(const Number &number, int scale, bool cut, Int128 *out) {
    if (number.too_long) return Parse::kRange;
    Uint128 value = number.digits;
    int64_t shift = number.exponent + scale;
    if (value == 0) {
        *out = 0;
        return Parse::kOk;
    }
    if (shift > kMaxDecimalDigits) return Parse::kRange;
    Uint128 rest = 0;
    if (shift > 0) {
        if (value > power_of_ten(kMaxDecimalDigits) / power_of_ten(static_cast<int>(shift))) return Parse::kRange;
        value *= power_of_ten(static_cast<int>(shift));
    } else if (shift < 0) {
        Uint128 divisor = shift < -kMaxDecimalDigits ? 0 : power_of_ten(static_cast<int>(-shift));
        rest = divisor ? value % divisor : value;
        value = divisor ? value / divisor : 0;
        if (rest && !cut) return Parse::kRange;
    }
    *out = number.negative ? -static_cast<Int128>(value) - (rest ? 1 : 0) : static_cast<Int128>(value);
    return Parse::kOk;
}

template <class T>
Parse parse_float(std::string_view text, T *out) {
    constexpr T kInfinity = std::numeric_limits<T>::infinity();
    if (text == "NaN") return *out = std::numeric_limits<T>::quiet_NaN(), Parse::kOk;
    if (text == "Infinity") return *out = kInfinity, Parse::kOk;
    if (text == "-Infinity") return *out = -kInfinity, Parse::kOk;
    size_t first = text.starts_with('-') ? 1 : 0;
    if (first == text.size() || !is_digit(text[first])) return Parse::kSyntax;
    auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), *out);
    if (end != text.data() + text.size()) return Parse::kSyntax;
    return code == std::errc() ? Parse::kOk : Parse::kRange;
}

Parse append_float(ColumnBuilder &to, std::string_view text) {
    double wide = 0;
    float narrow = 0;
    bool is_wide = to.type().id == TypeId::kFloat64;
    Parse p = is_wide ? parse_float(text, &wide) : parse_float(text, &narrow);
    if (p == Parse::kOk) is_wide ? to.append(wide) : to.append(narrow);
    return p;
}

Parse append_integer(ColumnBuilder &to, std::string_view text) {
    int64_t value = 0;
    Parse p = parse_int64(text, &value);
    if (p == Parse::kOk && !integer_fits(to.type().id, value)) p = Parse::kRange;
    if (p == Parse::kOk) to.append_integer(value);
    return p;
}

Parse append_bool(ColumnBuilder &to, std::string_view text) {
    if (text != "true" && text != "false") return Parse::kSyntax;
    to.append_bool(text == "true");
    return Parse::kOk;
}

template <class T, class F>
Parse append_parsed(ColumnBuilder &to, F &&parse) {
    T value{};
    Parse p = parse(&value);
    if (p == Parse::kOk) to.append(value);
    return p;
}

template <class T>
void write_float(Buffer &out, T value) {
    char text[32];
    if (std::isnan(value)) return out.append("NaN", 3);
    if (std::isinf(value)) return value < 0 ? out.append("-Infinity", 9) : out.append("Infinity", 8);
    out.append(text, static_cast<size_t>(std::to_chars(text, text + sizeof text, value).ptr - text));
}

int64_t floor_divide(int64_t value, int64_t by) { return value / by - (value % by < 0); }

void write_timestamp(Buffer &out, int64_t micros, TimestampForm form) {
    std::string text;
    switch (form) {
        case TimestampForm::kIso: text = format_timestamp(micros); break;
        case TimestampForm::kEpochUs: return write_integer(out, micros);
        case TimestampForm::kEpochNs:  // beyond int64 as well, hence by text
            text = format_decimal(static_cast<Int128>(micros) * 1'000, 0);
            break;
        default: {
            int64_t unit = form == TimestampForm::kEpochS ? 1'000'000 : 1'000;
            if (micros % unit == 0) return write_integer(out, floor_divide(micros, unit));
            text = format_decimal(micros, form == TimestampForm::kEpochS ? 6 : 3);
        }
    }
    out.append(text.data(), text.size());
}

}  // namespace

TimestampForm timestamp_form(const Config &config) {
    std::string name = config.string("timestamps");
    if (name == "epoch_s") return TimestampForm::kEpochS;
    if (name == "epoch_ms") return TimestampForm::kEpochMs;
    if (name == "epoch_us") return TimestampForm::kEpochUs;
    if (name == "epoch_ns") return TimestampForm::kEpochNs;
    return TimestampForm::kIso;
}

std::string shown(std::string_view text) {
    std::string out = "`";
    std::string_view head = text.substr(0, kShownBytes);
    for (size_t i = 0; i < head.size();) {
        auto c = static_cast<unsigned char>(head[i]);
        size_t length = c < 0x80 ? 1 : c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
        std::string_view one = text.substr(i, length);  // may reach over the cut: a character stays whole
        // C1 controls (U+0080 to U+009F) and the marks that turn the writing direction are escaped as well.
        bool c1 = c == 0xC2 && one.size() == 2 && static_cast<unsigned char>(one[1]) < 0xA0;
        bool plain = c >= 0x20 && c != 0x7F && !c1 && is_utf8(one);
        if (plain) {
            out += one;
            i += length;
            continue;
        }
        char hex[8];
        std::snprintf(hex, sizeof hex, "\\x%02x", c);
        out += c == '\n' ? "\\n" : c == '\r' ? "\\r" : c == '\t' ? "\\t" : hex;
        ++i;
    }
    return out + (text.size() > kShownBytes ? "...`" : "`");
}

Parse parse_int64_long(std::string_view text, int64_t *out) {
    const bool negative = text.starts_with('-');
    uint64_t magnitude = 0;
    if (Parse p = parse_magnitude(text.substr(negative), &magnitude); p != Parse::kOk) return p;
    if (magnitude > uint64_t{INT64_MAX} + negative) return Parse::kRange;
    *out = static_cast<int64_t>(negative ? -magnitude : magnitude);
    return Parse::kOk;
}

Parse parse_uint64(std::string_view text, uint64_t *out) {
    if (!text.starts_with('-')) return parse_magnitude(text, out);
    Parse p = parse_magnitude(text.substr(1), out);
    return p == Parse::kOk && *out ? Parse::kRange : p;
}

Parse parse_decimal(std::string_view text, int precision, int scale, Int128 *out) {
    Number number;
    if (!read_number(text, &number)) return Parse::kSyntax;
    if (Parse p = scale_number(number, scale, false, out); p != Parse::kOk) return p;
    auto limit = static_cast<Int128>(power_of_ten(precision));
    return *out < limit && *out > -limit ? Parse::kOk : Parse::kRange;
}

Parse parse_timestamp(std::string_view text, TimestampForm form, int64_t *micros) {
    if (form == TimestampForm::kIso) return parse_iso(text, micros);
    Number number;
    if (!read_number(text, &number)) return Parse::kSyntax;
    int scale = 6 - 3 * (static_cast<int>(form) - static_cast<int>(TimestampForm::kEpochS));
    Int128 value = 0;
    if (Parse p = scale_number(number, scale, true, &value); p != Parse::kOk) return p;
    if (value > INT64_MAX || value < INT64_MIN) return Parse::kRange;
    *micros = static_cast<int64_t>(value);
    return Parse::kOk;
}

bool integer_fits(TypeId id, int64_t value) {
    switch (id) {
        case TypeId::kInt8: return value == static_cast<int8_t>(value);
        case TypeId::kInt16: return value == static_cast<int16_t>(value);
        case TypeId::kInt32: return value == static_cast<int32_t>(value);
        case TypeId::kUint8: return value == static_cast<uint8_t>(value);
        case TypeId::kUint16: return value == static_cast<uint16_t>(value);
        case TypeId::kUint32: return value == static_cast<uint32_t>(value);
        case TypeId::kUint64: return value >= 0;
        default: return true;
    }
}

void explain(Parse why, std::string_view text, const Type &type, Fault *fault) {
    std::string name = to_string(type);
    const char *article = name[0] == 'i' ? "an " : "a ";
    fault->position = 0;
    if (type.id == TypeId::kString)
        fault->message = shown(text) + " is not valid UTF-8";
    else if (why == Parse::kRange)
        fault->message = shown(text) + " does not fit " + name;
    else
        fault->message = (text.empty() ? "an empty text" : shown(text)) + " is not " + article + name;
}

bool append_scalar(ColumnBuilder &to, std::string_view text, TimestampForm form, Fault *fault) {
    const Type &type = to.type();
    Parse p = Parse::kOk;
    switch (type.id) {
        case TypeId::kString:
            p = is_utf8(text) ? Parse::kOk : Parse::kSyntax;
            if (p == Parse::kOk) to.append_text(text);
            break;
        case TypeId::kBinary: to.append_text(text); break;
        case TypeId::kBool: p = append_bool(to, text); break;
        case TypeId::kFloat32:
        case TypeId::kFloat64: p = append_float(to, text); break;
        case TypeId::kUint64:
            p = append_parsed<uint64_t>(to, [&](auto *v) { return parse_uint64(text, v); });
            break;
        case TypeId::kDecimal128:
            p = append_parsed<Int128>(
                to, [&](auto *v) { return parse_decimal(text, type.precision, type.scale, v); });
            break;
        case TypeId::kDate: p = append_parsed<int32_t>(to, [&](auto *v) { return parse_date(text, v); }); break;
        case TypeId::kTimestamp:
            p = append_parsed<int64_t>(to, [&](auto *v) { return parse_timestamp(text, form, v); });
            break;
        default: p = append_integer(to, text);
    }
    if (p == Parse::kOk) return true;
    explain(p, text, type, fault);
    return false;
}

void write_scalar(Buffer &out, const Column &column, int64_t row, TimestampForm form) {
    std::string text;
    switch (column.type().id) {
        case TypeId::kString:
        case TypeId::kBinary: text = column.text(row); break;
        case TypeId::kBool: text = column.bool_value(row) ? "true" : "false"; break;
        case TypeId::kFloat32: return write_float(out, column.value<float>(row));
        case TypeId::kFloat64: return write_float(out, column.value<double>(row));
        case TypeId::kUint64: return write_integer(out, column.value<uint64_t>(row));
        case TypeId::kDecimal128: text = format_decimal(column.decimal(row), column.type().scale); break;
        case TypeId::kDate: text = format_date(column.value<int32_t>(row)); break;
        case TypeId::kTimestamp: return write_timestamp(out, column.value<int64_t>(row), form);
        default: return write_integer(out, column.integer(row));
    }
    out.append(text.data(), text.size());
}

Status row_error(int64_t row, std::string_view field, std::string_view message) {
    weir_error error{};
    error.size = sizeof error;
    detail::copy_text(error.path, sizeof error.path, std::string(field));
    detail::copy_text(error.message, sizeof error.message,
                      "row " + std::to_string(row) + ": " + std::string(message));
    return Status::from_abi(WEIR_E_ROW, error);
}

}  // namespace weir::codecs
