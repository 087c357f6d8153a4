#include "host/engine/memory_budget.hpp"

#include <algorithm>

namespace weir::host {

namespace {

constexpr size_t kMinBuffers = size_t{1} << 20, kMaxBuffers = size_t{64} << 20;

}  // namespace

MemoryBudget::MemoryBudget(int64_t limit, uint32_t workers)
    : limit_(static_cast<size_t>(std::max<int64_t>(0, limit))), workers_(workers) {}

size_t MemoryBudget::store_buffers(int64_t limit) {
    return limit > 0 ? std::clamp(static_cast<size_t>(limit) / 16, kMinBuffers, kMaxBuffers) : kMaxBuffers;
}

void MemoryBudget::report(uint32_t worker, const Use& use) {
    Shared& mine = workers_[worker];
    mine.used.store(use.used, std::memory_order_relaxed);
    mine.held.store(use.held, std::memory_order_relaxed);
    mine.fixed.store(use.fixed, std::memory_order_relaxed);
    mine.changed.store(use.changed, std::memory_order_relaxed);
    mine.in_flight.store(use.in_flight, std::memory_order_relaxed);
}

size_t MemoryBudget::sum(std::atomic<size_t> Shared::*what) const {
    size_t all = 0;
    for (const Shared& one : workers_) all += (one.*what).load(std::memory_order_relaxed);
    return all;
}

// Write buffers grow to twice their size, and the cache is an eighth of it. A quarter is left for state however small
// the limit.
size_t MemoryBudget::base() const {
    const size_t store = store_buffers(static_cast<int64_t>(limit_)) * 17 / 8;
    return std::max(limit_ - std::min(limit_, store), limit_ / 4);
}

size_t MemoryBudget::room() const {
    const size_t taken = lookups_.load(std::memory_order_relaxed) + sum(&Shared::fixed) + sum(&Shared::changed) +
                         sum(&Shared::in_flight);
    return base() - std::min(base(), taken);
}

size_t MemoryBudget::excess(uint32_t worker, std::atomic<size_t> Shared::*what, size_t most) const {
    const size_t all = sum(what);
    if (all <= most) return 0;
    const size_t share = most / workers_.size(), own = (workers_[worker].*what).load(std::memory_order_relaxed);
    return own <= share ? 0 : std::min(all - most, own - share);
}

// An eighth stays free, for what comes before the worker looks again, and for what allocation loses.
size_t MemoryBudget::to_evict(uint32_t worker) const { return excess(worker, &Shared::used, room() / 8 * 7); }

size_t MemoryBudget::to_give_back(uint32_t worker) const { return excess(worker, &Shared::held, room()); }

bool MemoryBudget::has_room(uint32_t worker) const {
    return workers_[worker].used.load(std::memory_order_relaxed) < room() / workers_.size() / 4 * 3;
}

}  // namespace weir::host
