// For how long a change would keep rows from flowing: an estimate, of what the run says of itself.
//
// Plain values and functions.
#pragma once

#include <chrono>
#include <cstdint>

#include "host/engine/plan.hpp"
#include "host/engine/run_stats.hpp"
#include "host/reload/graph_diff.hpp"

namespace weir::host {

struct ExpectedPause {
    std::chrono::microseconds epoch{0};  // the last epoch of the old graph: as recent ones
    int64_t bytes = 0;                   // of state in memory that is read from the store, since it does not go over as it is
    std::chrono::microseconds all{0};

    // What is read back in a second, about: rows of an operator's own tables, of which each is parsed and put in its place.
    static constexpr int64_t kBytesPerSecond = 100'000'000;
    // Instances that are made, opened and assigned.
    static constexpr std::chrono::milliseconds kOpening{5};
};

// `diff` leads from the graph of `before`, which runs and which `stats` are of, to that of `after`. Neither plan need be one that runs.
ExpectedPause expect_pause(const GraphDiff& diff, const Plan& before, const Plan& after, const RunStats& stats);

}  // namespace weir::host
