// Counters of one node, summed over its instances: written by workers, read by anyone.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <ctime>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include <weir/abi.h>
#include <weir/memory.hpp>

namespace weir::host {

// Rows that were refused, by the code that says why. Written by its worker once a call that refuses rows.
class ErrorCodes {
public:
    static constexpr size_t kMost = 32;
    static constexpr const char* kOthers = "other";  // all that come when so many are there

    void add(const weir_row_error* errors, uint64_t n) {
        const std::lock_guard lock(mutex_);
        for (uint64_t i = 0; i < n; ++i) {
            const std::string_view code = view(errors[i].code);
            auto found = codes_.find(code);
            if (found == codes_.end()) found = codes_.try_emplace(std::string(codes_.size() < kMost ? code : kOthers), 0).first;
            ++found->second;
        }
    }
    template <class F>
    void each(F&& f) const {
        const std::lock_guard lock(mutex_);
        for (const auto& [code, rows] : codes_) f(code, rows);
    }
    void clear() {
        const std::lock_guard lock(mutex_);
        codes_.clear();
    }

private:
    mutable std::mutex mutex_;
    std::map<std::string, int64_t, std::less<>> codes_;
};

struct NodeCounters {
    std::atomic<int64_t> rows_in{0};
    std::atomic<int64_t> rows_out{0};    // over all ports but errors
    std::atomic<int64_t> batches_in{0};
    std::atomic<int64_t> errors{0};      // rows that left by, or would have left by, `errors`
    std::atomic<int64_t> unwired{0};     // rows emitted to ports that nobody reads
    std::atomic<int64_t> bytes_in{0}, bytes_out{0};  // of these rows' buffers
    std::atomic<int64_t> late{0};        // rows emitted to the port `late`
    std::atomic<int64_t> combined{0};    // of rows_in: rows that other workers had added up
    std::atomic<int64_t> busy_ns{0};     // within its own calls
    std::atomic<int64_t> blocked_ns{0};  // it had something to do, and those behind it had no room
    std::atomic<int64_t> blocked_since{0};  // coarse_now(); 0: it is not blocked
    std::atomic<int64_t> queued{0};      // batches and control messages that wait before it now
    std::atomic<int64_t> state_bytes{0};  // in memory, at its last barrier
    std::atomic<int64_t> splits{0};      // of a source: that it reads now
    std::atomic<bool> assigned{false};   // of a source: it was given a split, or there are none
    std::atomic<uint64_t> passed{0};     // the last epoch whose barrier it has passed
    ErrorCodes codes;                    // of `errors`

    // Counts from 0, as the gauges are. No call is under way.
    void begin_again() {
        for (auto* counter : {&rows_in, &rows_out, &batches_in, &errors, &unwired, &bytes_in, &bytes_out, &late, &combined, &busy_ns, &blocked_ns})
            counter->store(0, std::memory_order_relaxed);
        codes.clear();
    }
    // Single writer a counter: cheaper than an atomic addition.
    static void add(std::atomic<int64_t>& counter, int64_t n) {
        counter.store(counter.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    }
};

// The kernel's clock of a few milliseconds' steps, in nanoseconds. To read it costs next to nothing, and the sums of many
// differences are right all the same: each step counts for whoever it finds at work.
inline int64_t coarse_now() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
    return int64_t{1'000'000'000} * time.tv_sec + time.tv_nsec;
}

// Measures a call, as long as it lives. What is called from within it counts for itself alone. [the calling thread]
class BusyTime {
public:
    explicit BusyTime(NodeCounters& of) : of_(of), outer_(innermost_), since_(coarse_now()) {
        if (outer_) outer_->count(since_);
        innermost_ = this;
    }
    ~BusyTime() {
        const int64_t now = coarse_now();
        count(now);
        if (outer_) outer_->since_ = now;
        innermost_ = outer_;
    }
    BusyTime(const BusyTime&) = delete;
    BusyTime& operator=(const BusyTime&) = delete;

private:
    void count(int64_t now) {
        if (now != since_) NodeCounters::add(of_.busy_ns, now - since_);
    }

    static inline thread_local BusyTime* innermost_ = nullptr;
    NodeCounters& of_;
    BusyTime* outer_;
    int64_t since_;
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
    // The number of a split, or of an input where there are none. `since`: the last row of the split, by the clock.
    void set_held_by(uint64_t number, int64_t since = 0) {
        held_by_.store(number, std::memory_order_relaxed);
        held_since_.store(since, std::memory_order_relaxed);
    }

    State state() const { return state_.load(std::memory_order_relaxed); }
    int64_t watermark() const { return watermark_.load(std::memory_order_relaxed); }
    uint64_t held_by() const { return held_by_.load(std::memory_order_relaxed); }
    int64_t held_since() const { return held_since_.load(std::memory_order_relaxed); }

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
    std::atomic<int64_t> held_since_{0};
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
    // Counts from 0, as the gauges are.
    void begin_again() {
        for (Metric& metric : metrics_)
            if (metric.type != WEIR_METRIC_GAUGE) metric.value.store(0, std::memory_order_relaxed);
    }

private:
    std::deque<Metric> metrics_;
};

}  // namespace weir::host
