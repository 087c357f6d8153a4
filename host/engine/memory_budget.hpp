// What a topology's state may take in memory (`memory_limit`), shared by its workers without locks: each tells what it
// holds, and those that hold more than an even share give up entries when all together hold too much.
//
// Threads: report from each worker for itself, the rest from any.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>

namespace weir::host {

class MemoryBudget {
public:
    // `limit`: bytes; 0: none.
    MemoryBudget(int64_t limit, uint32_t workers);

    struct Use {             // by one worker
        size_t used = 0;     // entries that can be evicted once their epoch is committed
        size_t held = 0;     // the same, and what evicted ones have left
        size_t fixed = 0;    // what is never evicted: timers, broadcast state, operators' own tables
        size_t changed = 0;  // what the next epoch takes
        size_t in_flight = 0;  // what the one in flight takes, until it is committed
    };

    bool is_limited() const { return limit_ > 0; }
    size_t limit() const { return limit_; }
    // For the store: of RocksDB's write buffers, and what it takes with them at most.
    static size_t store_buffers(int64_t limit);
    void set_lookups(size_t bytes) { lookups_.store(bytes, std::memory_order_relaxed); }

    void report(uint32_t worker, const Use& use);
    // How much the worker is to evict, and how much of what evicted entries left it is to give back.
    size_t to_evict(uint32_t worker) const;
    size_t to_give_back(uint32_t worker) const;
    // Whether the worker may take more entries in a restore.
    bool has_room(uint32_t worker) const;
    // Changes take so much that an epoch is due; that no more may come before one has begun.
    bool wants_epoch() const { return sum(&Shared::changed) > base() / 8; }
    bool holds() const { return is_limited() && sum(&Shared::changed) > base() / 4; }
    // What is never evicted alone passes the limit.
    bool is_exceeded() const { return sum(&Shared::fixed) > base(); }
    size_t fixed() const { return sum(&Shared::fixed); }
    void note_failure() { failed_.store(true); }
    bool has_failed() const { return failed_.load(); }

private:
    struct alignas(64) Shared {
        std::atomic<size_t> used{0}, held{0}, fixed{0}, changed{0}, in_flight{0};
    };
    size_t sum(std::atomic<size_t> Shared::*what) const;
    size_t base() const;  // without the store's buffers
    size_t room() const;  // of that, for entries
    size_t excess(uint32_t worker, std::atomic<size_t> Shared::*what, size_t most) const;

    const size_t limit_;
    std::deque<Shared> workers_;
    std::atomic<size_t> lookups_{0};
    std::atomic<bool> failed_{false};
};

}  // namespace weir::host
