#include "host/topology/stop_above.hpp"

#include <fmt/format.h>

#include "host/topology/parameters.hpp"
#include "host/topology/scalar.hpp"

namespace weir::host {
namespace {

constexpr std::string_view kOver = " over ";

std::optional<StopAbove> parse(const std::string& text) {
    const std::size_t over = text.find(kOver);
    const std::size_t percent = text.find('%');
    if (over == std::string::npos || percent == std::string::npos || text.find_first_not_of(' ', percent + 1) < over) return std::nullopt;
    const auto share = parse_float64(text.substr(0, percent));
    const auto time = parse_duration(std::string_view(text).substr(over + kOver.size()));
    const auto* micros = std::get_if<int64_t>(&time);
    if (!share || *share < 0 || *share >= 100 || micros == nullptr || *micros <= 0) return std::nullopt;
    return StopAbove{*share / 100, std::chrono::microseconds(*micros), text};
}

}  // namespace

std::optional<StopAbove> read_stop_above(const YamlNode& node, Parameters& parameters, Diagnostics& diagnostics) {
    const auto value = parameters.resolve(node);
    if (!value) return std::nullopt;
    auto read = value->node->is_scalar() ? parse(value->node->text) : std::nullopt;
    if (read) return read;
    const std::string what = value->node->is_scalar() ? ticked(value->node->text) : kind_text(*value->node);
    diagnostics.error(Code::kWrongType, node.place, fmt::format("`dead_letters`: `stop_above` cannot be {}", what)).expected =
        "a share, less than 100%, and a time: `5% over 1m`";
    return std::nullopt;
}

}  // namespace weir::host
