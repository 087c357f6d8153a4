#include "host/engine/flood_guard.hpp"

#include <fmt/format.h>

#include "host/engine/plan.hpp"

namespace weir::host {

std::string FloodGuard::judge(int64_t now, int64_t read, int64_t failed) {
    if (!limit_) return "";
    samples_.push_back({now, read, failed});
    while (samples_.size() > 2 && samples_[1].time <= now - limit_->over.count()) samples_.pop_front();
    // Before a first full time has passed, all since the beginning counts.
    const bool from_begin = samples_.front().time > now - limit_->over.count();
    const int64_t all = read - (from_begin ? 0 : samples_.front().read);
    const int64_t bad = failed - (from_begin ? 0 : samples_.front().failed);
    if (all < kMinRecords || static_cast<double>(bad) <= limit_->share * static_cast<double>(all)) return "";
    return fmt::format("`dead_letters`: {:.1f}% of the last {} records failed, more than `stop_above: {}` allows. They say why, each "
                       "of itself; the next run goes on behind them",
                       100.0 * static_cast<double>(bad) / static_cast<double>(all), all, limit_->text);
}

int64_t dead_lettered(Plan& plan) {
    int64_t rows = 0;
    for (const auto& node : plan.nodes())
        for (const auto& instance : node.instances)
            if (instance->node().errors == ErrorsPolicy::kDeadLetters)
                rows += instance->counters().errors.load(std::memory_order_relaxed);
    return rows;
}

}  // namespace weir::host
