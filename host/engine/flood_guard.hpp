// Ends a run of which too large a share goes to the dead letters (`stop_above: 5% over 1m`): whoever fills a topic with
// dead letters has a wrong schema, and not a bad record.
//
// Threads: the coordinator's.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "host/topology/stop_above.hpp"

namespace weir::host {

class FloodGuard {
public:
    // Of fewer records a share says nothing.
    static constexpr int64_t kMinRecords = 100;

    // Without a limit it never objects.
    explicit FloodGuard(std::optional<StopAbove> limit) : limit_(std::move(limit)) {}

    // Counts since the run began, read and failed, at `now` in microseconds. Why the run has to end, or "".
    std::string judge(int64_t now, int64_t read, int64_t failed);

private:
    struct Sample {
        int64_t time, read, failed;
    };

    std::optional<StopAbove> limit_;
    std::deque<Sample> samples_;  // those of the time, and one before
};

class Plan;

// The rows of a plan's instances that went to the dead letters.
int64_t dead_lettered(Plan& plan);

}  // namespace weir::host
