#include "host/expression/number_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <string>

#include "host/expression/decimal.hpp"

namespace weir::host::expression {
namespace {

char* copy(char* to, std::string_view text) { return to + text.copy(to, text.size()); }

// PostgreSQL's choice: digits and zeros for exponents from -4 up to `longest`, else 1.5e+20.
template <class T>
char* write_float(char* to, T value, int longest) {
    if (std::isnan(value)) return copy(to, "NaN");
    if (std::isinf(value)) return copy(to, value < 0 ? "-Infinity" : "Infinity");
    if (value == 0) return copy(to, std::signbit(value) ? "-0" : "0");
    std::array<char, kMaxNumberText> text;
    char* const end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific).ptr;
    const char* const e = std::find(text.data(), end, 'e');
    int exponent = 0;
    std::from_chars(e[1] == '+' ? e + 2 : e + 1, end, exponent);
    if (exponent >= -4 && exponent < longest)
        return std::to_chars(to, to + kMaxNumberText, value, std::chars_format::fixed).ptr;
    return copy(to, {text.data(), static_cast<size_t>(end - text.data())});
}

template <class T>
ReadResult read_whole(std::string_view text, T& out) {
    text = strip(text);
    if (text.starts_with('+') && text.size() > 1 && text[1] != '-') text.remove_prefix(1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error == std::errc::result_out_of_range && end == text.data() + text.size()) return ReadResult::kOutOfRange;
    if (error != std::errc() || end != text.data() + text.size()) return ReadResult::kNoNumber;
    return ReadResult::kOk;
}

bool same_letters_as(std::string_view text, std::string_view lower) {
    return text.size() == lower.size() && std::equal(text.begin(), text.end(), lower.begin(), [](char a, char b) {
               return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
           });
}

template <class T>
ReadResult read_float(std::string_view text, T& out) {
    text = strip(text);
    const bool plus = text.starts_with('+') && text.size() > 1 && text[1] != '-';
    if (plus) text.remove_prefix(1);
    const bool minus = text.starts_with('-');
    const std::string_view word = minus ? text.substr(1) : text;
    if (word.empty()) return ReadResult::kNoNumber;
    if ((word[0] < '0' || word[0] > '9') && word[0] != '.') {
        if (same_letters_as(word, "nan") && !minus)
            out = std::numeric_limits<T>::quiet_NaN();
        else if (same_letters_as(word, "infinity") || same_letters_as(word, "inf"))
            out = minus ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::infinity();
        else
            return ReadResult::kNoNumber;
        return ReadResult::kOk;
    }
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (end != text.data() + text.size() || error == std::errc::invalid_argument) return ReadResult::kNoNumber;
    return error == std::errc() ? ReadResult::kOk : ReadResult::kOutOfRange;
}

}  // namespace

std::string_view strip(std::string_view text) {
    auto blank = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
    while (!text.empty() && blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && blank(text.back())) text.remove_suffix(1);
    return text;
}

char* write_int64(char* to, int64_t value) { return std::to_chars(to, to + kMaxNumberText, value).ptr; }
char* write_uint64(char* to, uint64_t value) { return std::to_chars(to, to + kMaxNumberText, value).ptr; }
char* write_float32(char* to, float value) { return write_float(to, value, 6); }
char* write_float64(char* to, double value) { return write_float(to, value, 15); }

char* write_decimal(char* to, Int128 value, int scale) {
    if (value < 0) *to++ = '-';
    Uint128 rest = magnitude(value);
    std::array<char, kMaxNumberText> digits;
    size_t n = 0;
    for (; rest || n <= static_cast<size_t>(scale); rest /= 10) {
        digits[n++] = static_cast<char>('0' + static_cast<int>(rest % 10));
        // Most values fit 64 bits, whose division is cheap.
        if (static_cast<uint64_t>(rest >> 64) == 0) {
            auto low = static_cast<uint64_t>(rest) / 10;
            for (; low || n <= static_cast<size_t>(scale); low /= 10) digits[n++] = static_cast<char>('0' + low % 10);
            break;
        }
    }
    while (n > static_cast<size_t>(scale)) *to++ = digits[--n];
    if (scale > 0) *to++ = '.';
    while (n > 0) *to++ = digits[--n];
    return to;
}

ReadResult read_int64(std::string_view text, int64_t& out) { return read_whole(text, out); }
ReadResult read_uint64(std::string_view text, uint64_t& out) {
    const ReadResult result = read_whole(text, out);
    int64_t negative = 0;  // is a number, but none of ours
    return result == ReadResult::kNoNumber && read_whole(text, negative) != ReadResult::kNoNumber
               ? ReadResult::kOutOfRange
               : result;
}
ReadResult read_float32(std::string_view text, float& out) { return read_float(text, out); }
ReadResult read_float64(std::string_view text, double& out) { return read_float(text, out); }

namespace {

// A number's digits without point and exponent: value = digits x 10^-point.
struct Digits {
    bool negative = false, any = false;
    std::string_view whole, fraction;
    int exponent = 0;
};

bool split_number(std::string_view text, Digits& out) {
    text = strip(text);
    if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
        out.negative = text[0] == '-';
        text.remove_prefix(1);
    }
    auto digits = [&] {
        size_t n = 0;
        while (n < text.size() && text[n] >= '0' && text[n] <= '9') ++n;
        const std::string_view taken = text.substr(0, n);
        text.remove_prefix(n);
        return taken;
    };
    out.whole = digits();
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        out.fraction = digits();
    }
    if (out.whole.empty() && out.fraction.empty()) return false;
    if (!text.empty() && (text[0] == 'e' || text[0] == 'E')) {
        text.remove_prefix(1);
        if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out.exponent);
        if (error == std::errc::invalid_argument) return false;
        if (error == std::errc::result_out_of_range) out.exponent = text[0] == '-' ? -100'000 : 100'000;
        out.exponent = std::clamp(out.exponent, -100'000, 100'000);
        text.remove_prefix(static_cast<size_t>(end - text.data()));
    }
    return text.empty();
}

}  // namespace

ReadResult read_decimal(std::string_view text, int precision, int scale, Int128& out) {
    Digits number;
    if (!split_number(text, number)) return ReadResult::kNoNumber;
    const auto whole = static_cast<int64_t>(number.whole.size());
    const int64_t taken = whole + number.exponent + scale;  // digits before the place to round at
    const Uint128 limit = power_of_ten(precision);
    Uint128 value = 0;
    auto digit = [&](int64_t i) {
        if (i < whole) return number.whole[static_cast<size_t>(i)] - '0';
        const auto behind = static_cast<size_t>(i - whole);
        return behind < number.fraction.size() ? number.fraction[behind] - '0' : 0;
    };
    const int64_t all = whole + static_cast<int64_t>(number.fraction.size());
    for (int64_t i = 0; i < taken; ++i) {
        if (i >= all && value == 0) break;  // 0e1000
        value = value * 10 + static_cast<unsigned>(digit(i));
        if (value >= limit) return ReadResult::kOutOfRange;
    }
    if (taken >= 0 && taken < all && digit(taken) >= 5) ++value;
    if (value >= limit) return ReadResult::kOutOfRange;
    out = number.negative ? -static_cast<Int128>(value) : static_cast<Int128>(value);
    return ReadResult::kOk;
}

std::optional<bool> read_bool(std::string_view text) {
    text = strip(text);
    std::string lower(text);
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    auto begins = [&](std::string_view word, size_t least) { return lower.size() >= least && word.starts_with(lower); };
    if (begins("true", 1) || begins("yes", 1) || lower == "on" || lower == "1") return true;
    if (begins("false", 1) || begins("no", 1) || begins("off", 2) || lower == "0") return false;
    return std::nullopt;
}

}  // namespace weir::host::expression
