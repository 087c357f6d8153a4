// When a topology that failed begins again, and when it gives up: the strategies of `restart:`.
//
// Plain value; one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <string>

#include "host/topology/restart.hpp"

namespace weir::host {

class RestartPolicy {
public:
    // `seed`: of the jitter.
    RestartPolicy(const RestartSpec& spec, uint64_t seed) : spec_(spec), random_(seed) {}

    // It failed at `now` (microseconds, any clock that does not go back) after it had run for so long: how long to
    // wait before the next start. None: it gives up, and why() says why.
    std::optional<std::chrono::microseconds> failed(int64_t now, std::chrono::microseconds ran);
    const std::string& why() const { return why_; }
    // Of the restart that failed() granted last: the how-manieth in a row.
    int64_t attempt() const { return in_a_row_; }
    const RestartSpec& spec() const { return spec_; }

private:
    std::optional<std::chrono::microseconds> failed_within_rate(int64_t now);
    std::chrono::microseconds backoff();

    RestartSpec spec_;
    std::mt19937_64 random_;
    int64_t in_a_row_ = 0;
    std::deque<int64_t> failures_;  // times within `per`
    std::string why_;
};

}  // namespace weir::host
