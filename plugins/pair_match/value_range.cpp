#include "value_range.hpp"

#include <algorithm>

#include <weir/row_json.hpp>

namespace weir::pair_match {
namespace {

constexpr Int128 kMax128 = (((Int128{1} << 126) - 1) << 1) + 1;

Int128 power_of_ten(int n) {
    Int128 value = 1;
    for (; n > 0; --n) value *= 10;
    return value;
}

// -?digits[.digits] as an unscaled integer of `scale` decimals; false: it is not one, or does not fit.
bool parse_amount(std::string_view text, int scale, Int128 *out) {
    bool negative = text.starts_with('-');
    text.remove_prefix(negative);
    size_t point = text.find('.');
    std::string digits(text.substr(0, point));
    if (digits.empty()) return false;
    if (point != std::string_view::npos) {
        std::string_view decimals = text.substr(point + 1);
        while (decimals.ends_with('0')) decimals.remove_suffix(1);
        if (point + 1 == text.size() || static_cast<int>(decimals.size()) > scale) return false;
        digits += decimals;
        scale -= static_cast<int>(decimals.size());
    }
    digits.append(static_cast<size_t>(scale), '0');
    Int128 value = 0;
    for (char c : digits) {
        if (c < '0' || c > '9') return false;
        if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, c - '0', &value))
            return false;
    }
    *out = negative ? -value : value;
    return true;
}

// Subtraction that stops at the ends of 128 bits.
Int128 minus(Int128 a, Int128 b) {
    Int128 value;
    if (!__builtin_sub_overflow(a, b, &value)) return value;
    return b < 0 ? kMax128 : -kMax128;
}

Status read_amount(const Config &config, const char *name, const Type &type, Int128 *out) {
    const auto &json = config.json().at(name);
    std::string text = json.is_string() ? json.get<std::string>() : json.dump();
    if (parse_amount(text, type.scale, out)) return {};
    return Status::config(name, "`" + text + "` is not a number that fits the value column's type, " + to_string(type));
}

void type_limits(const Type &type, Int128 *low, Int128 *high) {
    if (type.id == TypeId::kDecimal128) {
        *high = power_of_ten(type.precision) - 1;
        *low = -*high;
        return;
    }
    auto bits = static_cast<int>(8 * value_width(type.id));
    bool is_signed = type.is_signed_integer();
    *high = (Int128{1} << (is_signed ? bits - 1 : bits)) - 1;
    *low = is_signed ? -*high - 1 : 0;
}

}  // namespace

std::string ValueRange::explain(Int128 value) const {
    std::string range = format_decimal(low, scale) + ".." + format_decimal(high, scale);
    std::string text = format_decimal(value, scale);
    if (value < low || value > high) return text + " is outside of " + range;
    return text + " can never pair: its complement to " + format_decimal(sum, scale) + " is outside of " + range;
}

Result<ValueRange> make_range(const Config &config, const Type &type) {
    ValueRange range;
    range.scale = type.scale;
    type_limits(type, &range.low, &range.high);
    if (Status s = read_amount(config, "sum", type, &range.sum); !s.ok()) return s;
    Int128 limit = 0;
    if (config.has("min")) {
        if (Status s = read_amount(config, "min", type, &limit); !s.ok()) return s;
        range.low = std::max(range.low, limit);
    }
    if (config.has("max")) {
        if (Status s = read_amount(config, "max", type, &limit); !s.ok()) return s;
        range.high = std::min(range.high, limit);
    }
    range.first = std::max(range.low, minus(range.sum, range.high));
    range.last = std::min(range.high, minus(range.sum, range.low));
    if (range.first <= range.last) return range;
    return Status::config("sum", "no two values within " + format_decimal(range.low, range.scale) + ".." +
                                     format_decimal(range.high, range.scale) + " add up to " +
                                     format_decimal(range.sum, range.scale));
}

}  // namespace weir::pair_match
