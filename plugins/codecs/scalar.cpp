#include "scalar.hpp"

#include <cmath>
#include <cstdio>
#include <limits>

#include <weir/row_json.hpp>


namespace weir::codecs {
namespace {

__extension__ typedef unsigned __int128 Uint128;

constexpr size_t kShownBytes = 64;
constexpr int kMaxDecimalDigits = 38;

constexpr int64_t kPowers[] = {1,
                               10,
                               100,
                               1'000,
                               10'000,
                               100'000,
                               1'000'000,
                               10'000'000,
                               100'000'000,
                               1'000'000'000,
                               10'000'000'000,
                               100'000'000'000,
                               1'000'000'000'000,
                               10'000'000'000'000,
                               100'000'000'000'000,
                               1'000'000'000'000'000,
                               10'000'000'000'000'000,
                               100'000'000'000'000'000,
                               1'000'000'000'000'000'000};

int64_t floor_divide(int64_t value, int64_t by) { return value / by - (value % by < 0); }

bool holds(const Type &type, TypeId id) {
    if (type.id == id) return true;
    for (const Field &child : type.children)
        if (holds(child.type, id)) return true;
    return false;
}

// -?digits[.digits] of at most 18 digits, `scale` decimals or fewer: what nearly all decimals are. False: another.
bool parse_short_decimal(std::string_view text, int precision, int scale, Int128 *out) {
    const char *p = text.data(), *const end = p + text.size();
    const bool negative = p != end && *p == '-';
    p += negative;
    if (p == end || end - p > 19 || !is_digit(*p)) return false;
    uint64_t digits = 0;
    int decimals = -1, count = 0;
    for (; p != end; ++p) {
        if (is_digit(*p)) {
            digits = digits * 10 + static_cast<uint64_t>(*p - '0');
            ++count;
            decimals += decimals >= 0;
        } else if (*p == '.' && decimals < 0) {
            decimals = 0;
        } else {
            return false;
        }
    }
    if (decimals == 0 || count > 18) return false;
    const int shift = scale - (decimals < 0 ? 0 : decimals);
    if (shift < 0 || shift > 18) return false;
    const Int128 value = static_cast<Int128>(digits) * kPowers[shift];
    if (precision <= 18 ? value >= kPowers[precision] : count + shift > precision) return false;
    *out = negative ? -value : value;
    return true;
}

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

Parse read_date(std::string_view text, const TimeForm &form, int32_t *days) {
    if (!form.dates || form.kind != TimeForm::kPattern) return parse_date(text, days);
    int64_t micros = 0;
    const Parse p = form.pattern.read(text, &micros);
    if (p == Parse::kOk) *days = static_cast<int32_t>(floor_divide(micros, 86'400'000'000));
    return p;
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

void write_timestamp(Buffer &out, int64_t micros, const TimeForm &form) {
    std::string text;
    switch (form.kind) {
        case TimeForm::kIso: text = format_timestamp(micros); break;
        case TimeForm::kPattern: return form.pattern.write(micros, out);
        case TimeForm::kEpochUs: return write_integer(out, micros);
        case TimeForm::kEpochNs:  // beyond int64 as well, hence by text
            text = format_decimal(static_cast<Int128>(micros) * 1'000, 0);
            break;
        default: {
            int64_t unit = form.kind == TimeForm::kEpochS ? 1'000'000 : 1'000;
            if (micros % unit == 0) return write_integer(out, floor_divide(micros, unit));
            text = format_decimal(micros, form.kind == TimeForm::kEpochS ? 6 : 3);
        }
    }
    out.append(text.data(), text.size());
}

}  // namespace

Result<TimeForm> parse_time_form(std::string_view text) {
    constexpr std::string_view kNames[] = {"iso", "epoch_s", "epoch_ms", "epoch_us", "epoch_ns"};
    for (uint8_t kind = 0; kind < std::size(kNames); ++kind)
        if (text == kNames[kind]) return TimeForm{static_cast<TimeForm::Kind>(kind)};
    if (text.find('%') == std::string_view::npos)
        return Status::config("", shown(text) + " is none of `iso`, `epoch_s`, `epoch_ms`, `epoch_us`, `epoch_ns` and no "
                                                "pattern such as `%d/%b/%Y:%H:%M:%S %z`");
    auto pattern = TimePattern::parse(text);
    if (!pattern) return pattern.status();
    return TimeForm{TimeForm::kPattern, std::move(*pattern)};
}

Result<TimeForm> timestamp_form(const Config &config) {
    auto form = parse_time_form(config.string("timestamps"));
    if (!form) return Status::config("timestamps", "timestamps: " + form.status().message());
    return form;
}

Result<std::vector<TimeForm>> column_forms(const Schema &record, const TimeForm &standard, bool json) {
    std::vector<TimeForm> forms;
    for (const Field &field : record.fields) {
        forms.push_back(standard);
        if (field.format.empty() || (json && field.format == "json" && field.type.id == TypeId::kString)) continue;
        const std::string where = "column " + field.name + ": ";
        const bool date = holds(field.type, TypeId::kDate), time = holds(field.type, TypeId::kTimestamp);
        if (!date && !time)
            return Status::config("", where + "`format` is for dates and timestamps" +
                                          (json ? ", or `json` for strings" : "") + "; this is " + to_string(field.type));
        auto form = parse_time_form(field.format);
        if (!form) return Status::config("", where + form.status().message());
        if (date && (form->is_number() || (form->kind == TimeForm::kPattern && form->pattern.has_time())))
            return Status::config("", where + shown(field.format) + " has a time of day, and a date has none");
        form->dates = true;
        forms.back() = std::move(*form);
    }
    return forms;
}

Result<std::vector<std::string>> payload_names(const Schema &record) {
    std::vector<std::string> names;
    for (size_t i = 0; i < record.size(); ++i) {
        const Field &field = record.fields[i];
        names.push_back(field.path.empty() ? field.name : field.path);
        for (size_t k = 0; k < i; ++k)
            if (names[k] == names[i])
                return Status::config("", "columns " + record.fields[k].name + " and " + field.name + " are both the field " +
                                              shown(names[i]));
    }
    return names;
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

std::string shown_name(std::string_view name) {
    std::string out = shown(name);
    return std::string_view(out).substr(1, out.size() - 2) == name && !name.empty() ? std::string(name) : out;
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

Parse parse_whole(std::string_view text, Int128 *out) { return parse_decimal(text, kMaxDecimalDigits, 0, out); }

Parse parse_decimal(std::string_view text, int precision, int scale, Int128 *out) {
    if (parse_short_decimal(text, precision, scale, out)) return Parse::kOk;
    Number number;
    if (!read_number(text, &number)) return Parse::kSyntax;
    if (Parse p = scale_number(number, scale, false, out); p != Parse::kOk) return p;
    auto limit = static_cast<Int128>(power_of_ten(precision));
    return *out < limit && *out > -limit ? Parse::kOk : Parse::kRange;
}

Parse parse_timestamp(std::string_view text, const TimeForm &form, int64_t *micros) {
    if (form.kind == TimeForm::kIso) return weir::parse_timestamp(text, micros);
    if (form.kind == TimeForm::kPattern) return form.pattern.read(text, micros);
    const int scale = 6 - 3 * (form.kind - TimeForm::kEpochS);
    int64_t whole = 0;
    if (parse_int64(text, &whole) == Parse::kOk) {
        if (scale < 0) *micros = floor_divide(whole, 1'000);
        return scale < 0 || !__builtin_mul_overflow(whole, kPowers[scale], micros) ? Parse::kOk : Parse::kRange;
    }
    Number number;
    if (!read_number(text, &number)) return Parse::kSyntax;
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

bool append_scalar(ColumnBuilder &to, std::string_view text, const TimeForm &form, Fault *fault) {
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
        case TypeId::kDate:
            p = append_parsed<int32_t>(to, [&](auto *v) { return read_date(text, form, v); });
            break;
        case TypeId::kTimestamp:
            p = append_parsed<int64_t>(to, [&](auto *v) { return parse_timestamp(text, form, v); });
            break;
        default: p = append_integer(to, text);
    }
    if (p == Parse::kOk) return true;
    explain(p, text, type, fault);
    return false;
}

bool has_text(const Column &column, int64_t row, const TimeForm &form) {
    constexpr int64_t kFirst = -719'528, kLast = 2'932'896, kDay = 86'400'000'000;  // 0000-01-01, 9999-12-31
    switch (column.type().id) {
        case TypeId::kDate: return column.value<int32_t>(row) >= kFirst && column.value<int32_t>(row) <= kLast;
        case TypeId::kTimestamp:
            return form.is_number() ||
                   (column.value<int64_t>(row) >= kFirst * kDay && column.value<int64_t>(row) < (kLast + 1) * kDay);
        default: return true;
    }
}

void write_scalar(Buffer &out, const Column &column, int64_t row, const TimeForm &form) {
    std::string text;
    switch (column.type().id) {
        case TypeId::kString:
        case TypeId::kBinary: {
            const std::string_view bytes = column.text(row);
            return out.append(bytes.data(), bytes.size());
        }
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

}  // namespace weir::codecs
