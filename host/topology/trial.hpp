// `trial:` of a topology: what a new graph has to stand before it takes the place of the one that runs.
//
// Plain values and functions.
#pragma once

#include <chrono>
#include <optional>

#include "host/loader/manifest.hpp"

namespace weir::host {

struct CheckedConfig;
class Diagnostics;

struct TrialSpec {
    std::chrono::microseconds length{0};  // at least; 0: an epoch
    // The share of records that may fail, 0.01 for 1 %; none: so many more than in the graph before (kMoreErrors).
    std::optional<double> max_errors;

    static constexpr double kMoreErrors = 0.1;
};

// How `trial:` is declared in a topology.
ParamInfo trial_setting();

// What was written, or the default; faults go to `diagnostics` at their places. `settings`: of the top level.
TrialSpec read_trial(const CheckedConfig& settings, Diagnostics& diagnostics);

}  // namespace weir::host
