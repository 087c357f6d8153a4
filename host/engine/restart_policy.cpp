#include "host/engine/restart_policy.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "host/topology/scalar.hpp"

namespace weir::host {

std::optional<std::chrono::microseconds> RestartPolicy::failed(int64_t now, std::chrono::microseconds ran) {
    if (spec_.strategy == RestartStrategy::kNone) {
        why_ = "`restart: none`";
        return std::nullopt;
    }
    if (ran >= spec_.reset_after) in_a_row_ = 0;
    if (spec_.strategy == RestartStrategy::kFailureRate) return failed_within_rate(now);
    if (spec_.attempts && in_a_row_ >= *spec_.attempts) {
        why_ = fmt::format("`restart` allows {} in a row", in_a_row_);
        return std::nullopt;
    }
    ++in_a_row_;
    return spec_.strategy == RestartStrategy::kFixedDelay ? spec_.delay : backoff();
}

std::optional<std::chrono::microseconds> RestartPolicy::failed_within_rate(int64_t now) {
    failures_.push_back(now);
    while (now - failures_.front() >= spec_.per.count()) failures_.pop_front();
    if (failures_.size() > static_cast<size_t>(spec_.failures)) {
        why_ = fmt::format("it failed {} times within {}, and `restart` allows {}", failures_.size(),
                           duration_text(spec_.per.count()), spec_.failures);
        return std::nullopt;
    }
    ++in_a_row_;
    return spec_.delay;
}

std::chrono::microseconds RestartPolicy::backoff() {
    const auto longest = static_cast<double>(spec_.max_delay.count());
    const double grown = static_cast<double>(spec_.delay.count()) * std::pow(spec_.factor, in_a_row_ - 1);
    // Drawn even where it has no effect, so that one seed gives one sequence; 53 bits are what a double holds.
    const double drawn = static_cast<double>(random_() >> 11) / static_cast<double>(uint64_t{1} << 53);
    const double delay = std::min(grown, longest) * (1 + spec_.jitter * (2 * drawn - 1));
    return std::chrono::microseconds(std::llround(delay));
}

}  // namespace weir::host
