// One port of a running topology, looked at for a while by somebody who asked.
//
// As with the taps of views (tap.hpp) a worker puts references to batches into a few slots and never waits; where the reader is
// slow, newer batches take the place of older ones, whose rows are counted. The reader takes a twentieth of a core at most.
//
// It ends with the run: then it holds nothing of it any more. Threads: next, skipped and leave on the reader's; show on a
// worker; close on the run's, behind the workers.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <weir/result.hpp>

#include "host/engine/tap.hpp"

namespace weir::host {

namespace expression {
class Evaluator;
}

class LiveTap {
public:
    static constexpr size_t kMostRows = 1000;  // that one call of next gives

    // `where`: a condition over the port's columns; empty: all rows. WEIR_E_CONFIG: what is wrong with it.
    static Result<std::shared_ptr<LiveTap>> make(const Schema& schema, const std::string& where, uint32_t workers);

    ~LiveTap();
    LiveTap(const LiveTap&) = delete;
    LiveTap& operator=(const LiveTap&) = delete;

    // New rows as JSON objects, at most `most`; none when nothing came for so long. nullopt: the run has ended, and all was given.
    std::optional<std::vector<std::string>> next(size_t most, std::chrono::milliseconds patience);
    // Rows that came by since it began, those that are not shown and those that fail the condition included.
    int64_t seen() const { return seen_.load() + skipped(); }
    // Rows that nobody looked at.
    int64_t skipped() const;
    // The reader goes.
    void leave() { left_.store(true, std::memory_order_relaxed); }

    bool has_left() const { return left_.load(std::memory_order_relaxed); }
    void show(uint32_t worker, const BatchRef& batch) { buffers_[worker].offer(batch); }
    void close();

private:
    explicit LiveTap(Schema schema);
    void read(const weir_batch& rows, size_t most, std::vector<std::string>& out);
    bool wait(std::chrono::milliseconds patience);

    const Schema schema_;
    std::unique_ptr<expression::Evaluator> where_;
    Wakeup wakeup_;
    std::deque<TapBuffer> buffers_;  // by worker
    mutable std::mutex mutex_;       // who takes out of buffers_: the reader, or close
    bool is_closed_ = false;
    std::chrono::steady_clock::time_point not_before_;
    std::atomic<int64_t> seen_{0}, unread_{0};
    std::atomic<bool> left_{false};
};

}  // namespace weir::host
