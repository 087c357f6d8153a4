// What a run is told about: its graph before it starts, its rates while it runs, its counts at the end. Made of
// RunStats alone; pure functions, but for RateMeter.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "host/engine/run.hpp"
#include "host/loader/manifest.hpp"
#include "host/text/grouped.hpp"

namespace weir::host {

// A line of the summary: `read`, an operator's rows out, a gauge of it, `dead-lettered`.
struct Count {
    std::string label;
    int64_t value = 0;
    bool is_flow = false;  // grows with every record, so that its rate says something
};

// What is worth telling of a topology, in the order of its nodes. For sources what they read, failed records
// included; for operators the rows they emitted and their metrics; for sinks, where there is no operator, the rows
// they took; then the rows that went to the dead letters, and those that went nowhere.
std::vector<Count> counts_of(const RunStats& stats);

// Rates over the last second, or over the time between two lines where that is longer.
class RateMeter {
public:
    using Clock = std::chrono::steady_clock;

    // Nothing has flowed yet.
    void start(const std::vector<Count>& counts, Clock::time_point now);
    // "read 2,001/s  pairs 980/s  waiting 21  dead-lettered 13"
    std::string line(const std::vector<Count>& counts, Clock::time_point now);

private:
    struct Sample {
        Clock::time_point time;
        std::vector<int64_t> values;
        std::vector<std::string> flows;  // labels: another graph has others
    };
    static Sample take(const std::vector<Count>& counts, Clock::time_point now);

    std::deque<Sample> samples_;  // those of the last second, and one before
};

// The nodes of a topology and what each reads, a line each, headed by its name and file.
std::string graph_text(const Topology& topology, const std::string& path);

// The nodes that hold state, as a notice that a restart loses it; empty if there are none.
std::string state_notice(const Topology& topology);

// The table at the end.
std::string summary_text(const Topology& topology, const RunStats& stats, const std::string& outcome);

// {"records","cpu_ns_per_record","records_per_s","peak_rss_bytes","restarts"}; where there is event time, "watermarks": a node
// each, with how far it is behind the clock and the split or node that holds it back.
Json stats_json(const RunStats& stats, int64_t peak_rss_bytes, int64_t now);

// Of the node whose event time is furthest behind: "watermark of raw 5.2 s behind, held back by split `3`"; empty where there is
// none. `now`: the clock, in microseconds.
std::string lag_text(const RunStats& stats, int64_t now);

// How far event time is behind at a node, of what a host tells of it: "5.2 s", "325d 8h", "at 1970-01-01T00:00:05Z"; empty where
// it has none.
std::string lag_text(const Json& node, int64_t now);

}  // namespace weir::host
