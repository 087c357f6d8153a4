// `restart:` of a topology: what is done after a failure that may pass.
//
// Plain values and functions.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "host/loader/manifest.hpp"

namespace weir::host {

struct CheckedConfig;
class Diagnostics;

enum class RestartStrategy { kNone, kFixedDelay, kExponential, kFailureRate };

struct RestartSpec {
    RestartStrategy strategy = RestartStrategy::kExponential;
    std::chrono::microseconds delay{std::chrono::seconds(1)};
    // kFixedDelay, kExponential. Restarts are in a row while none of them runs for `reset_after` without failing.
    std::optional<int64_t> attempts;  // in a row; none: as many as it takes
    std::chrono::microseconds reset_after{std::chrono::minutes(10)};
    // kExponential
    std::chrono::microseconds max_delay{std::chrono::minutes(1)};
    double factor = 2;
    double jitter = 0.1;  // each delay is drawn from delay * (1 ± jitter)
    // kFailureRate: more than `failures` within `per` end the run.
    int64_t failures = 3;
    std::chrono::microseconds per{std::chrono::minutes(5)};
};

// How `restart:` is declared in a topology.
ParamInfo restart_setting();

// What was written, or the default; faults go to `diagnostics` at their places. `settings`: of the top level.
RestartSpec read_restart(const CheckedConfig& settings, Diagnostics& diagnostics);

}  // namespace weir::host
