// Counters of one node, summed over its instances: written by workers, read by anyone.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

namespace weir::host {

struct NodeCounters {
    std::atomic<int64_t> rows_in{0};
    std::atomic<int64_t> rows_out{0};    // over all ports but errors
    std::atomic<int64_t> batches_in{0};
    std::atomic<int64_t> errors{0};      // rows that left by, or would have left by, `errors`
    std::atomic<int64_t> unwired{0};     // rows emitted to ports that nobody reads

    // Single writer a counter: cheaper than an atomic addition.
    static void add(std::atomic<int64_t>& counter, int64_t n) {
        counter.store(counter.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    }
};

// The metrics that a plugin registered. Registration before the run; values from any thread.
class PluginMetrics {
public:
    struct Metric {
        std::string name, doc;
        uint32_t type = 0;
        std::atomic<int64_t> value{0};
    };
    uint32_t add(const char* name, uint32_t type, const char* doc) {
        auto& metric = metrics_.emplace_back();
        metric.name = name;
        metric.doc = doc ? doc : "";
        metric.type = type;
        return static_cast<uint32_t>(metrics_.size() - 1);
    }
    // Null for a number that was never given out.
    Metric* find(uint32_t id) { return id < metrics_.size() ? &metrics_[id] : nullptr; }
    const std::deque<Metric>& all() const { return metrics_; }

private:
    std::deque<Metric> metrics_;
};

}  // namespace weir::host
