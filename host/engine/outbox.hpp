// What the sinks of one worker have handed over at barriers, to be made visible once the epoch is decided.
//
// A committable is stored with the epoch that it belongs to, sent to its sink's commit when that epoch is decided,
// and deleted by the first epoch after it has arrived: after a crash it is sent again, which its sink promises to
// bear (WEIR_OP_OUTBOX). What commit puts into `instead` is stored by the next epoch in place of what it replaces,
// and sent after that.
//
// Threads: [worker]; until the worker runs, the thread that restores.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "host/engine/plan.hpp"
#include "host/state/epoch_part.hpp"

namespace weir::host {

// The host's own state of a node beside the operator's.
inline constexpr uint32_t kOutboxState = UINT32_MAX;

class Outbox {
public:
    Outbox(Plan& plan, uint32_t worker) : plan_(plan), worker_(worker) {}

    // What a sink handed over while it prepared the epoch.
    void add(size_t node, uint64_t epoch, std::vector<std::string> committables);
    // Entries of a decided epoch, as another run stored them.
    Status restore(size_t node, const weir_state_block& block);
    // Puts what changed since the last epoch.
    Status snapshot(uint64_t epoch, EpochPart& out);
    // The epoch is decided: what it stored may be sent.
    void publish(uint64_t epoch);
    // The sink woke: what it said PENDING to is asked again.
    void on_wake(size_t node);

    // Sends what may be sent. A failure is the sink's, with its node. `waits`: nodes that have passed the barrier of the epoch in
    // flight: what arrives now would be deleted by it, while rows that commit fails, which go to `errors`, come behind it.
    struct Outcome {
        bool moved = false;
        bool replaced = false;       // some wait for the next epoch
        std::set<size_t> called;     // nodes
        size_t node = 0;
        Status status;
    };
    Outcome send(const std::function<bool(size_t node)>& waits);

    // Committables that have not arrived; and whether there are any of the node.
    size_t size() const { return entries_.size(); }
    bool has(size_t node) const;

private:
    struct Entry {
        size_t node;
        std::string key;      // orders them by epoch, then as they were handed over; a replacement's begins with its own
        uint64_t epoch;       // in which they were handed over
        std::string content;
        uint64_t stored = 0;  // by that epoch; 0: not yet
        bool waits = false;   // the sink said PENDING
    };
    struct Gone {
        size_t node;
        std::string key;
    };

    std::string key_of(uint64_t epoch);
    // OK: it arrived. MORE: `instead` takes its place. PENDING, or an error.
    Status commit(const Entry& entry, std::vector<std::string>& instead);

    Plan& plan_;
    const uint32_t worker_;
    uint64_t published_ = 0;
    uint32_t serial_ = 0;
    std::deque<Entry> entries_;  // in the order of their keys, but for replacements
    std::vector<Gone> gone_;     // arrived or replaced since the last snapshot
};

}  // namespace weir::host
