// Counters of one node, summed over its instances: written by workers, read by anyone.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
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

// How far event time has come at an instance: the watermark that it sent last, and who holds it back. Written by its worker.
class TimeGauge {
public:
    static constexpr uint64_t kNobody = UINT64_MAX;
    enum State : uint8_t { kNone, kActive, kIdle };

    void set_watermark(int64_t time) {
        watermark_.store(time, std::memory_order_relaxed);
        state_.store(kActive, std::memory_order_relaxed);
    }
    void set_idle() { state_.store(kIdle, std::memory_order_relaxed); }
    // The number of a split, or of an input where there are none.
    void set_held_by(uint64_t number) { held_by_.store(number, std::memory_order_relaxed); }

    State state() const { return state_.load(std::memory_order_relaxed); }
    int64_t watermark() const { return watermark_.load(std::memory_order_relaxed); }
    uint64_t held_by() const { return held_by_.load(std::memory_order_relaxed); }

    // Splits by number, as they are assigned.
    void name_split(uint64_t number, const std::string& id) {
        std::lock_guard lock(mutex_);
        splits_[number] = id;
    }
    std::string split_name(uint64_t number) const {
        std::lock_guard lock(mutex_);
        const auto found = splits_.find(number);
        return found == splits_.end() ? "" : found->second;
    }

private:
    std::atomic<int64_t> watermark_{INT64_MIN};
    std::atomic<State> state_{kNone};
    std::atomic<uint64_t> held_by_{kNobody};
    mutable std::mutex mutex_;
    std::map<uint64_t, std::string> splits_;
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
