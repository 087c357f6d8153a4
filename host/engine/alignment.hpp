// Sources that are to keep together: none is read further ahead of the slowest than it allows (`align:` of event time).
//
// The time of a split is its watermark. Splits that have ended, are idle, or have sent nothing yet are not waited for.
//
// Threads: each worker tells of its own splits and asks for them; whoever waits is woken when the slowest moves.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>

#include "host/engine/wakeup.hpp"

namespace weir::host {

class Alignment {
public:
    // One a worker; it must outlive this.
    explicit Alignment(std::deque<Wakeup>& wakeups) : wakeups_(wakeups), slowest_(wakeups.size()), waits_(wakeups.size()) {
        for (auto& time : slowest_) time.store(INT64_MAX);
    }

    // The slowest of the worker's splits; INT64_MAX: it has none to wait for.
    void tell(uint32_t worker, int64_t time) {
        if (slowest_[worker].exchange(time) == time) return;
        for (uint32_t w = 0; w < waits_.size(); ++w)
            if (w != worker && waits_[w].exchange(false)) wakeups_[w].notify();
    }
    // Whether a split of the worker is further ahead than `bound`. The worker is woken once the slowest has moved.
    bool is_ahead(uint32_t worker, int64_t time, int64_t bound) {
        int64_t least = 0;  // that the slowest must have reached
        if (__builtin_sub_overflow(time, bound, &least) || least <= slowest()) return false;
        waits_[worker].store(true);
        return least > slowest();  // who moved meanwhile may not have seen that we wait
    }

private:
    int64_t slowest() const {
        int64_t out = INT64_MAX;
        for (const auto& time : slowest_) out = std::min(out, time.load());
        return out;
    }

    std::deque<Wakeup>& wakeups_;
    std::deque<std::atomic<int64_t>> slowest_;  // by worker
    std::deque<std::atomic<bool>> waits_;
};

}  // namespace weir::host
