// `stop_above: 5% over 1m` of dead letters: the share of records that may fail before the topology stops.
//
// Plain values and functions.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace weir::host {

struct YamlNode;
class Diagnostics;
class Parameters;

struct StopAbove {
    double share = 0;                   // 0.05 for 5%
    std::chrono::microseconds over{0};  // so long back
    std::string text;                   // as written
};

// nullopt after an error.
std::optional<StopAbove> read_stop_above(const YamlNode& node, Parameters& parameters, Diagnostics& diagnostics);

}  // namespace weir::host
