// What a run has to say of itself while it runs and at its end.
//
// Plain values. node_stats may be called from any thread while the plan's instances are there.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weir::host {

class Plan;

struct NodeStats {
    std::string id, op, kind;  // kind: source, operator, sink
    int64_t rows_in = 0, rows_out = 0, errors = 0, unwired = 0;
    struct Metric {
        std::string name;
        uint32_t type;
        int64_t value;
    };
    std::vector<Metric> metrics;
    bool is_clauses = false;  // of the node of that id, which has stats of its own
    // Where there is event time: the node's watermark over all workers, if there is one yet, and who holds it back: a split,
    // or a node that it reads; empty: nobody.
    struct Time {
        std::optional<int64_t> watermark;
        bool is_idle = false;  // nobody waits for it
        std::string held_by;
        bool is_split = false;
    };
    std::optional<Time> time;
};

struct RunStats {
    std::vector<NodeStats> nodes;
    uint64_t epochs = 0;
    int64_t records = 0;
    int64_t restarts = 0;
    // From the first record to the end of the last epoch; CPU of the whole process, user and system.
    std::chrono::nanoseconds cpu{0}, wall{0};
};

// Of each node, over all of its instances.
std::vector<NodeStats> node_stats(Plan& plan);

}  // namespace weir::host
