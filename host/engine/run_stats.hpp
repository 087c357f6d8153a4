// What a run has to say of itself while it runs and at its end.
//
// Plain values. node_stats may be called from any thread while the plan's instances are there.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/engine/epoch_log.hpp"

namespace weir::host {

class Plan;

struct NodeStats {
    std::string id, op, kind;  // kind: source, operator, sink
    int64_t rows_in = 0, rows_out = 0, errors = 0, unwired = 0;
    struct Metric {
        std::string name;
        uint32_t type;
        int64_t value;
        std::string doc = {};
    };
    std::vector<Metric> metrics;
    int64_t batches_in = 0, bytes_in = 0, bytes_out = 0, late = 0, combined = 0;
    std::vector<std::pair<std::string, int64_t>> error_codes;  // of `errors`, by name
    // Summed over its instances: within its own calls, and while those behind it had no room.
    std::chrono::nanoseconds busy{0}, blocked{0};
    bool is_blocked = false;             // one of them is now
    int64_t queued = 0, queue_room = 0;  // batches and control messages that wait before it now, and how many may
    int64_t state_bytes = 0;             // in memory, at its last barrier
    int64_t splits = 0;                  // of a source: that are read
    bool is_assigned = false;            // of a source: it has, or has had, splits, or there will be none
    uint64_t passed = 0;                 // the epoch whose barrier all of its instances have passed
    const void* module = nullptr;  // the code that it is made of; only to be compared
    bool is_clauses = false;  // of the node of that id, which has stats of its own
    // Where there is event time: the node's watermark over all workers, if there is one yet, and who holds it back: a split,
    // or a node that it reads; empty: nobody.
    struct Time {
        std::optional<int64_t> watermark;
        bool is_idle = false;  // nobody waits for it
        std::string held_by;
        bool is_split = false;
        // Of such a split, where nothing ever stops waiting for it (no `idle_after`): its last row, or when it was assigned, in
        // microseconds since 1970.
        std::optional<int64_t> silent_since = {};
    };
    std::optional<Time> time;
};

// Changes of the graph, since the host began.
struct ReloadStats {
    int64_t taken = 0, rolled_back = 0, refused = 0;
    std::chrono::microseconds pause{0}, last_pause{0};  // of those that were taken or rolled back
};

struct RunStats {
    std::vector<NodeStats> nodes;
    uint64_t epochs = 0;
    int64_t records = 0;
    int64_t restarts = 0;
    EpochStats checkpoints;  // of all runs
    ReloadStats reloads;
    bool is_open = false;    // rows can flow
    bool is_paused = false;
    uint32_t workers = 0;
    // From the first record to the end of the last epoch; CPU of the whole process, user and system.
    std::chrono::nanoseconds cpu{0}, wall{0};
};

// Each node once, with what its own clauses count: rows that come in are those before them. Errors, time and queues are both's.
std::vector<NodeStats> whole_nodes(const RunStats& stats);

// Of each node, over all of its instances.
std::vector<NodeStats> node_stats(Plan& plan);

}  // namespace weir::host
