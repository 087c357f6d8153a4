#include "host/engine/worker_memory.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace weir::host {

namespace {

// Entries that are looked at in one go, so that no batch waits for long.
constexpr size_t kMostALook = 64 << 10;
constexpr size_t kBytesAnEntry = 16;  // at least; what is missing is looked for among four times as many

std::string mib(size_t bytes) { return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1 << 20)); }

size_t fixed_of(const Instance& instance) {
    return instance.own_bytes() + (instance.keyed() ? instance.keyed()->memory().fixed : 0);
}

}  // namespace

WorkerMemory::WorkerMemory(Plan& plan, uint32_t worker, MemoryBudget& budget)
    : plan_(plan), worker_(worker), budget_(budget) {}

void WorkerMemory::report() {
    use_.used = use_.held = use_.fixed = use_.changed = 0;
    for (PlannedNode& node : plan_.nodes()) {
        const Instance& instance = node.instance(worker_);
        use_.fixed += instance.own_bytes();
        if (!instance.keyed()) continue;
        const KeyedState::Memory of = instance.keyed()->memory();
        use_.used += of.used;
        use_.held += of.held;
        use_.fixed += of.fixed;
        use_.changed += of.changed;
    }
    budget_.report(worker_, use_);
}

void WorkerMemory::balance() {
    report();
    size_t bytes = budget_.to_evict(worker_);
    if (bytes == 0) return;
    size_t most = kMostALook + bytes / kBytesAnEntry;
    auto& nodes = plan_.nodes();
    for (size_t i = 0; i < nodes.size() && bytes > 0; ++i) {
        KeyedState* keyed = nodes[next_ % nodes.size()].instance(worker_).keyed();
        if (keyed) bytes -= std::min(bytes, keyed->evict(bytes, most));
        if (bytes > 0) ++next_;
    }
    report();
}

bool WorkerMemory::wants_epoch() {
    if (asked_ || !budget_.wants_epoch()) return false;
    return asked_ = true;
}

void WorkerMemory::epoch_begun() {
    if (!is_limited()) return;
    asked_ = false;
    use_.in_flight = use_.changed;
    report();
}

void WorkerMemory::note_state() {
    for (PlannedNode& node : plan_.nodes()) {
        Instance& instance = node.instance(worker_);
        const KeyedState::Memory keyed = instance.keyed() ? instance.keyed()->memory() : KeyedState::Memory();
        instance.counters().state_bytes.store(static_cast<int64_t>(instance.own_bytes() + keyed.used + keyed.fixed), std::memory_order_relaxed);
    }
}

// What was given up since the last time goes back to the system where others need it.
void WorkerMemory::committed() {
    if (!is_limited()) return;
    for (PlannedNode& node : plan_.nodes())
        if (KeyedState* keyed = node.instance(worker_).keyed()) keyed->committed();
    use_.in_flight = 0;
    balance();
    size_t bytes = budget_.to_give_back(worker_);
    for (PlannedNode& node : plan_.nodes()) {
        KeyedState* keyed = node.instance(worker_).keyed();
        if (keyed && bytes > 0) bytes -= std::min(bytes, keyed->shrink(bytes));
    }
    report();
}

bool WorkerMemory::has_room() {
    if (!is_limited()) return true;
    report();
    return budget_.has_room(worker_);
}

std::optional<WorkerMemory::Fault> WorkerMemory::fault() {
    if (!budget_.is_exceeded()) return {};
    size_t worst = 0;
    for (size_t i = 0; i < plan_.nodes().size(); ++i)
        if (fixed_of(plan_.nodes()[i].instance(worker_)) > fixed_of(plan_.nodes()[worst].instance(worker_))) worst = i;
    budget_.note_failure();
    return Fault{worst, Status::fatal(fmt::format(
                            "memory_limit ({}) is passed by what is never evicted, the tables that operators have of their own, timers "
                            "and broadcast state: {} in all, of which this node has {} on this worker. Raise memory_limit; or let fewer keys "
                            "wait: the last committed epoch is intact",
                            mib(budget_.limit()), mib(budget_.fixed()), mib(fixed_of(plan_.nodes()[worst].instance(worker_)))))};
}

}  // namespace weir::host
