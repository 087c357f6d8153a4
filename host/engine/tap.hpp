// Rows of a running topology, seen from beside: what ports emit is shown to a reader, and never waits for it.
//
// A worker that emits puts a reference to the batch into a few slots; where the reader does not keep up, newer batches
// take the place of older ones, which are counted. Nothing is copied, and no lock is taken, on the way of a record. A
// thread of its own shows the batches to the reader, and takes a small share of a core at most.
//
// Threads: create, attach, detach and destroy on one thread at a time; offer on a buffer's worker; skipped on any.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "host/engine/batch.hpp"
#include "host/engine/plan.hpp"
#include "host/engine/wakeup.hpp"

namespace weir::host {

// Batches of one port on one worker that the reader has not seen yet.
inline constexpr size_t kTapSlots = 16;
// A larger batch, which is a row that travels alone, is not held: it counts as skipped.
inline constexpr int64_t kMaxTapBatchBytes = WEIR_BATCH_MAX_BYTES;

// Who looks. [tap: the thread of a Taps]
class TapReader {
public:
    virtual ~TapReader() = default;
    // Rows that one worker emitted, in the order in which it did. `rows` is borrowed until return.
    virtual void on_rows(size_t tap, const Schema& schema, const weir_batch& rows) = 0;
    // What waited has been shown.
    virtual void on_shown() {}
};

class TapBuffer {
public:
    explicit TapBuffer(Wakeup& wakeup) : wakeup_(wakeup) {}
    ~TapBuffer();
    TapBuffer(const TapBuffer&) = delete;
    TapBuffer& operator=(const TapBuffer&) = delete;

    void offer(const BatchRef& batch);  // [worker]
    // Empties it: batches in their order, also over several calls. [tap]
    std::vector<BatchRef> take();
    // Nothing is taken up any more. Its worker has stopped.
    void close() { is_closed_ = true; }
    bool is_waiting() const { return waiting_.load(std::memory_order_acquire) > 0; }
    int64_t skipped() const { return skipped_.load(std::memory_order_relaxed); }  // rows

private:
    struct Entry {
        uint64_t number;
        BatchRef batch;
    };
    Wakeup& wakeup_;
    bool is_closed_ = false;
    std::atomic<uint64_t> next_{0};     // number of the next batch; all before are in their slots, or were
    std::atomic<uint64_t> waiting_{0};  // batches since the last take, to wake its thread in time
    std::array<std::atomic<Entry*>, kTapSlots> slots_{};
    std::atomic<int64_t> skipped_{0};
    std::vector<std::unique_ptr<Entry>> later_;  // [tap] come while the last take looked: others before them may have been missed
};

// A port of a plan; `port` counts as PlannedNode::outputs.
struct TapPoint {
    size_t node = 0;
    std::string port;
};

class Taps {
public:
    // `reader` must outlive it.
    Taps(std::vector<TapPoint> points, TapReader& reader);
    ~Taps();
    Taps(const Taps&) = delete;
    Taps& operator=(const Taps&) = delete;

    // A run begins, with this plan: its schemas, and a buffer for each worker.
    void attach(Plan& plan);
    // Its workers have stopped: what waits is shown, and nothing of the plan is held any more.
    void detach();

    size_t size() const { return points_.size(); }
    const TapPoint& point(size_t tap) const { return points_[tap]; }
    // From attach to the next one. [worker]
    TapBuffer& buffer(size_t tap, uint32_t worker) { return *taps_[tap].buffers[worker]; }
    // Rows that the reader has not seen, of all runs.
    int64_t skipped(size_t tap) const;

private:
    struct Tap {
        const Schema* schema = nullptr;
        std::vector<std::unique_ptr<TapBuffer>> buffers;  // by worker; closed ones of a run that has ended
        int64_t skipped = 0;                              // of runs before that
    };
    void run();
    bool is_waiting() const;
    void show();  // REQUIRES: mutex_ is held
    void pause(std::chrono::microseconds time);

    const std::vector<TapPoint> points_;
    TapReader& reader_;
    Wakeup wakeup_;
    mutable std::mutex mutex_;  // guards taps_ against attach and detach; no worker takes it
    std::vector<Tap> taps_;
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

}  // namespace weir::host
