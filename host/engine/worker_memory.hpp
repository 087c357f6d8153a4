// What the instances of one worker hold in memory, kept within the topology's budget.
//
// Threads: the worker, between calls of its instances; before the run whoever restores.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <weir/result.hpp>

#include "host/engine/memory_budget.hpp"
#include "host/engine/plan.hpp"

namespace weir::host {

class WorkerMemory {
public:
    // Both must outlive it.
    WorkerMemory(Plan& plan, uint32_t worker, MemoryBudget& budget);

    bool is_limited() const { return budget_.is_limited(); }
    // Evicts what is too much, a bounded number of entries at a time.
    void balance();
    // No source is polled until the next epoch has begun.
    bool holds() const { return budget_.holds(); }
    // Once an epoch.
    bool wants_epoch();
    void epoch_begun();
    // For who looks on: what each instance holds.
    void note_state();
    void committed();
    // Whether a restore may bring more entries.
    bool has_room();
    // What is never evicted passes the limit: the node that has most of it, and why that is the end.
    struct Fault {
        size_t node;
        Status status;
    };
    std::optional<Fault> fault();

private:
    void report();

    Plan& plan_;
    const uint32_t worker_;
    MemoryBudget& budget_;
    MemoryBudget::Use use_;
    size_t next_ = 0;  // of the nodes, where eviction goes on
    bool asked_ = false;
};

}  // namespace weir::host
