#include "host/topology/scalar.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "host/loader/manifest_json.hpp"
#include "host/text/nearest.hpp"

namespace weir::host {
namespace {

constexpr std::size_t kMaxNamesShown = 12;

struct Unit {
    std::string_view text;
    int64_t factor;
};

constexpr std::array<Unit, 6> kDurationUnits = {{
    {"us", 1},
    {"ms", 1'000},
    {"s", 1'000'000},
    {"m", 60'000'000},
    {"h", 3'600'000'000},
    {"d", 86'400'000'000},
}};

constexpr std::array<Unit, 9> kByteUnits = {{
    {"B", 1},
    {"KB", 1'000},
    {"MB", 1'000'000},
    {"GB", 1'000'000'000},
    {"TB", 1'000'000'000'000},
    {"KiB", int64_t{1} << 10},
    {"MiB", int64_t{1} << 20},
    {"GiB", int64_t{1} << 30},
    {"TiB", int64_t{1} << 40},
}};

// How people also write units, and which one it is.
constexpr std::array<std::pair<std::string_view, std::string_view>, 19> kOtherUnits = {{
    {"sec", "s"},  {"secs", "s"},   {"second", "s"},  {"seconds", "s"}, {"min", "m"},
    {"mins", "m"}, {"minute", "m"}, {"minutes", "m"}, {"hour", "h"},    {"hours", "h"},
    {"day", "d"},  {"days", "d"},   {"k", "KiB"},     {"kb", "KB"},     {"K", "KiB"},
    {"M", "MiB"},  {"mb", "MB"},    {"G", "GiB"},     {"gb", "GB"},
}};

template <std::size_t N>
const Unit* find_unit(const std::array<Unit, N>& units, std::string_view text) {
    for (const Unit& unit : units) {
        if (unit.text == text) return &unit;
    }
    return nullptr;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

struct Quantity {
    std::string_view kind;  // "a duration"
    std::string_view expected;
    std::string_view example;  // a unit to show
    bool several_terms;
};

ScalarError not_a(const Quantity& quantity, std::string_view text) {
    return {Code::kWrongType, fmt::format("is not {}: {}", quantity.kind, ticked(text)),
            std::string(quantity.expected), ""};
}

template <std::size_t N>
ScalarError bad_unit(const std::array<Unit, N>& units, const Quantity& quantity, std::string_view text,
                     std::string_view number, std::string_view unit) {
    ScalarError error{Code::kBadUnit, "", std::string(quantity.expected), ""};
    if (unit.empty()) {
        error.what = fmt::format("has no unit: {}", ticked(text));
        error.hint = fmt::format("units are written out, such as `{}{}`", number, quantity.example);
        return error;
    }
    error.what = fmt::format("has the unknown unit {}: {}", ticked(unit), ticked(text));
    for (const auto& [other, known] : kOtherUnits) {
        if (other == unit && find_unit(units, known) != nullptr)
            error.hint = fmt::format("write `{}{}`", number, known);
    }
    for (const Unit& known : units) {
        if (edit_distance(known.text, unit, 0) == 0)
            error.hint = fmt::format("write `{}{}`", number, known.text);
    }
    return error;
}

// Adds `number` (digits, perhaps a fraction) x factor to `total`; false if it does not fit or is not whole.
bool add_term(std::string_view number, int64_t factor, int64_t& total) {
    const std::size_t dot = number.find('.');
    const std::string_view whole = number.substr(0, dot);
    const std::string_view fraction = dot == std::string_view::npos ? "" : number.substr(dot + 1);
    int64_t value = 0;
    const auto read = std::from_chars(whole.data(), whole.data() + whole.size(), value);
    if (read.ec != std::errc() || __builtin_mul_overflow(value, factor, &value)) return false;
    constexpr std::size_t kMaxFractionDigits = 9;
    if (fraction.size() > kMaxFractionDigits) return false;
    int64_t parts = 0, of = 1;
    for (const char c : fraction) {
        parts = parts * 10 + (c - '0');
        of *= 10;
    }
    if (parts != 0 && (__builtin_mul_overflow(parts, factor, &parts) || parts % of != 0)) return false;
    if (__builtin_add_overflow(value, parts / of, &value)) return false;
    return !__builtin_add_overflow(total, value, &total);
}

template <std::size_t N>
std::variant<int64_t, ScalarError> parse_quantity(std::string_view text, const std::array<Unit, N>& units,
                                                  const Quantity& quantity) {
    int64_t total = 0;
    std::size_t at = 0;
    while (at < text.size() || at == 0) {
        const std::size_t begin = at;
        while (at < text.size() && (is_digit(text[at]) || text[at] == '.')) ++at;
        const std::string_view number = text.substr(begin, at - begin);
        const bool well_formed = !number.empty() && is_digit(number.front()) && is_digit(number.back()) &&
                                 number.find('.') == number.rfind('.');
        if (!well_formed) return not_a(quantity, text);
        std::size_t unit_begin = at;
        while (unit_begin < text.size() && text[unit_begin] == ' ') ++unit_begin;
        at = unit_begin;
        while (at < text.size() && !is_digit(text[at]) && text[at] != ' ') ++at;
        const std::string_view name = text.substr(unit_begin, at - unit_begin);
        if (text == "0") return 0;
        const Unit* unit = find_unit(units, name);
        if (unit == nullptr) return bad_unit(units, quantity, text, number, name);
        if (!add_term(number, unit->factor, total)) {
            return ScalarError{Code::kNotAllowedValue, fmt::format("does not fit: {}", ticked(text)),
                               std::string(quantity.expected), ""};
        }
        if (!quantity.several_terms && at < text.size()) return not_a(quantity, text);
    }
    return total;
}

template <std::size_t N>
std::string quantity_text(int64_t value, const std::array<Unit, N>& units) {
    if (value == 0) return "0";
    const Unit* best = &units.front();
    for (const Unit& unit : units) {
        if (value % unit.factor == 0 && unit.factor > best->factor) best = &unit;
    }
    return fmt::format("{}{}", value / best->factor, best->text);
}

ScalarError wrong_type(ParamType type, const YamlNode& node, std::string expected) {
    ScalarError error{Code::kWrongType, fmt::format("is not {}: {}", with_article(type), ticked(node.text)),
                      std::move(expected), ""};
    if (node.quoted) {
        YamlNode plain = node;
        plain.quoted = false;
        if (std::holds_alternative<Json>(read_scalar(type, plain))) {
            error.what = fmt::format("is not {}, but the text {}", with_article(type), ticked(node.text));
            error.hint = fmt::format("write it without quotes: {}", node.text);
        }
    }
    return error;
}

std::variant<Json, ScalarError> to_json(std::variant<int64_t, ScalarError> parsed) {
    if (auto* error = std::get_if<ScalarError>(&parsed)) return std::move(*error);
    return Json(std::get<int64_t>(parsed));
}

bool looks_like_int64(std::string_view text) {
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::variant<Json, ScalarError> read_bool(const YamlNode& node) {
    if (!node.quoted) {
        if (node.text == "true" || node.text == "True" || node.text == "TRUE") return Json(true);
        if (node.text == "false" || node.text == "False" || node.text == "FALSE") return Json(false);
    }
    ScalarError error = wrong_type(ParamType::kBool, node, "`true` or `false`");
    if (node.text == "yes" || node.text == "on") error.hint = "write `true`";
    if (node.text == "no" || node.text == "off") error.hint = "write `false`";
    return error;
}

}  // namespace

std::string with_article(ParamType type) {
    if (type == ParamType::kBytes) return "a size in bytes";
    if (type == ParamType::kAny) return "a value";
    const std::string_view name = to_text(type);
    const bool vowel = std::string_view("aeiou").find(name.front()) != std::string_view::npos;
    return fmt::format("{} {}", vowel ? "an" : "a", name);
}

std::optional<int64_t> parse_int64(std::string_view text) {
    if (!looks_like_int64(text)) return std::nullopt;
    if (text.starts_with('+')) text.remove_prefix(1);
    int64_t value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<double> parse_float64(std::string_view text) {
    if (text.starts_with('+')) text.remove_prefix(1);
    double value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size() || !std::isfinite(value))
        return std::nullopt;
    return value;
}

std::variant<int64_t, ScalarError> parse_duration(std::string_view text) {
    return parse_quantity(text, kDurationUnits,
                          {"a duration", "a duration such as `200ms`, `30s`, `5m`, `1h` or `2d`", "s", true});
}

std::variant<int64_t, ScalarError> parse_bytes(std::string_view text) {
    return parse_quantity(
        text, kByteUnits,
        {"a size in bytes", "a size such as `512B`, `64KB`, `64MiB` or `1GiB`", "B", false});
}

std::string duration_text(int64_t microseconds) { return quantity_text(microseconds, kDurationUnits); }

std::string bytes_text(int64_t bytes) { return quantity_text(bytes, kByteUnits); }

std::variant<Json, ScalarError> read_scalar(ParamType type, const YamlNode& node) {
    switch (type) {
        case ParamType::kInt64: {
            const auto value = node.quoted ? std::nullopt : parse_int64(node.text);
            if (value) return Json(*value);
            if (!node.quoted && looks_like_int64(node.text)) {
                return ScalarError{Code::kNotAllowedValue,
                                   fmt::format("does not fit an int64: {}", ticked(node.text)),
                                   fmt::format("{} to {}", std::numeric_limits<int64_t>::min(),
                                               std::numeric_limits<int64_t>::max()),
                                   ""};
            }
            return wrong_type(type, node, "a whole number");
        }
        case ParamType::kFloat64: {
            const auto value = node.quoted ? std::nullopt : parse_float64(node.text);
            if (value) return Json(*value);
            return wrong_type(type, node, "a number");
        }
        case ParamType::kBool: return read_bool(node);
        case ParamType::kDuration: return to_json(parse_duration(node.text));
        case ParamType::kBytes: return to_json(parse_bytes(node.text));
        default: return Json(node.text);
    }
}

Json read_any(const YamlNode& node) {
    switch (node.kind) {
        case YamlNode::Kind::kNull: return nullptr;
        case YamlNode::Kind::kScalar: {
            auto value = read_scalar(infer_type(node), node);
            return std::holds_alternative<Json>(value) ? std::get<Json>(value) : Json(node.text);
        }
        case YamlNode::Kind::kSequence: {
            Json out = Json::array();
            for (const YamlNode& item : node.items) out.push_back(read_any(item));
            return out;
        }
        case YamlNode::Kind::kMap: {
            Json out = Json::object();
            for (std::size_t i = 0; i < node.keys.size(); ++i)
                out[node.keys[i].text] = read_any(node.items[i]);
            return out;
        }
    }
    return nullptr;
}

ParamType infer_type(const YamlNode& node) {
    if (node.is_sequence()) return ParamType::kList;
    if (!node.is_scalar() || node.quoted) return ParamType::kString;
    if (looks_like_int64(node.text)) return ParamType::kInt64;
    if (parse_float64(node.text)) return ParamType::kFloat64;
    return std::holds_alternative<Json>(read_bool(node)) ? ParamType::kBool : ParamType::kString;
}

std::string our_type_name(std::string_view word) {
    constexpr std::array<std::pair<std::string_view, const char*>, 16> kOtherNames = {{
        {"int", "int64"},
        {"integer", "int64"},
        {"bigint", "int64"},
        {"long", "int64"},
        {"float", "float64"},
        {"double", "float64"},
        {"real", "float32"},
        {"number", "float64"},
        {"text", "string"},
        {"varchar", "string"},
        {"str", "string"},
        {"boolean", "bool"},
        {"bytes", "binary"},
        {"datetime", "timestamp"},
        {"array", "list"},
        {"numeric", "decimal(12,2)"},
    }};
    for (const auto& [other, ours] : kOtherNames) {
        if (other == word) return ours;
    }
    return "";
}

std::string one_of_text(const std::vector<std::string>& names) {
    std::string out;
    const std::size_t shown = std::min(names.size(), kMaxNamesShown);
    for (std::size_t i = 0; i < shown; ++i) {
        if (i > 0) out += i + 1 == names.size() ? " or " : ", ";
        out += ticked(names[i]);
    }
    return shown < names.size() ? out + ", …" : out;
}

std::vector<std::string> texts_of(const std::vector<Json>& values) {
    std::vector<std::string> out;
    for (const Json& value : values)
        out.push_back(value.is_string() ? value.get<std::string>() : value.dump());
    return out;
}

}  // namespace weir::host
