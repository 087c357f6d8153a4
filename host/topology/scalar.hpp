// The text of one value as what its type says: the conversions that parameters and configurations share.
// Pure functions; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "host/loader/manifest.hpp"
#include "host/topology/diagnostic_codes.hpp"
#include "host/topology/yaml_tree.hpp"

namespace weir::host {

// Why a text is not of a type; fits behind the name of what was read.
struct ScalarError {
    Code code = Code::kWrongType;
    std::string what;      // "is not an int64: `abc`"
    std::string expected;  // "a whole number"
    std::string hint;
};

// With its article: "an int64", "a list".
std::string with_article(ParamType type);

// Decimal digits with an optional sign; nullopt also where it does not fit.
std::optional<int64_t> parse_int64(std::string_view text);
// A finite decimal number.
std::optional<double> parse_float64(std::string_view text);

// `200ms`, `30s`, `5m`, `1h`, `2d`, `1h30m`, `1.5s`: microseconds. A bare number other than 0 is refused.
std::variant<int64_t, ScalarError> parse_duration(std::string_view text);
// `512B`, `64KB`, `64MiB`, `1GiB`: bytes. A bare number other than 0 is refused.
std::variant<int64_t, ScalarError> parse_bytes(std::string_view text);

// The other way, with the largest unit that leaves a whole number: "90s", "64MiB".
std::string duration_text(int64_t microseconds);
std::string bytes_text(int64_t bytes);

// A scalar node of one of the types string, int64, float64, bool, duration, bytes, column, expression. Text
// in quotes is a string and never a number or bool. REQUIRES: node.is_scalar().
std::variant<Json, ScalarError> read_scalar(ParamType type, const YamlNode& node);

// A node of unknown type as JSON: plain numbers and bools as such, else text. Any kind of node.
Json read_any(const YamlNode& node);

// What a value without a declaration is: int64, float64, bool, list or string.
ParamType infer_type(const YamlNode& node);

// What a type is called here that other languages call so (`int`, `text`); "" for other words.
std::string our_type_name(std::string_view word);

// "`a`, `b` or `c`"; at most 12 names, then "…".
std::string one_of_text(const std::vector<std::string>& names);
std::vector<std::string> texts_of(const std::vector<Json>& values);

}  // namespace weir::host
