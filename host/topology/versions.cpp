#include "host/topology/versions.hpp"

#include <array>
#include <charconv>
#include <compare>
#include <optional>
#include <string>
#include <vector>

namespace weir::host {
namespace {

constexpr std::size_t kMaxParts = 4;

using Version = std::array<int, kMaxParts>;

struct Term {
    std::string_view comparison;
    Version version;
};

std::string_view trim(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

std::optional<Version> parse_version(std::string_view text) {
    Version version{};
    text = text.substr(0, text.find_first_of("-+"));
    for (std::size_t part = 0; part < kMaxParts; ++part) {
        const auto read = std::from_chars(text.data(), text.data() + text.size(), version[part]);
        if (read.ec != std::errc() || version[part] < 0) return std::nullopt;
        text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
        if (text.empty()) return version;
        if (!text.starts_with('.')) return std::nullopt;
        text.remove_prefix(1);
    }
    return std::nullopt;
}

std::optional<std::vector<Term>> parse_requirement(std::string_view text) {
    std::vector<Term> terms;
    while (true) {
        const std::size_t comma = text.find(',');
        std::string_view term = trim(text.substr(0, comma));
        const std::size_t length = term.find_first_not_of("<>=");
        if (length == std::string_view::npos) return std::nullopt;
        const std::string_view comparison = term.substr(0, length);
        const auto version = parse_version(trim(term.substr(length)));
        const bool known = comparison == ">=" || comparison == ">" || comparison == "<" ||
                           comparison == "<=" || comparison == "=";
        if (!known || !version) return std::nullopt;
        terms.push_back({comparison, *version});
        if (comma == std::string_view::npos) return terms;
        text.remove_prefix(comma + 1);
    }
}

}  // namespace

bool is_version_requirement(std::string_view text) { return parse_requirement(text).has_value(); }

bool satisfies(std::string_view version, std::string_view requirement) {
    const auto present = parse_version(version);
    const auto terms = parse_requirement(requirement);
    if (!present || !terms) return false;
    for (const Term& term : *terms) {
        const auto order = *present <=> term.version;
        const bool holds = term.comparison == ">="   ? order >= 0
                           : term.comparison == ">"  ? order > 0
                           : term.comparison == "<"  ? order < 0
                           : term.comparison == "<=" ? order <= 0
                                                     : order == 0;
        if (!holds) return false;
    }
    return true;
}

}  // namespace weir::host
