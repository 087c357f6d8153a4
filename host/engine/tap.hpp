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

// A port of a plan, by its names.
struct TapPoint {
    std::string node;  // NodeSpec::id
    std::string port;  // as in PlannedNode::outputs

    bool operator==(const TapPoint&) const = default;
};

// Who looks. [tap: the thread of a Taps, or who attaches or detaches; one at a time]
class TapReader {
public:
    virtual ~TapReader() = default;
    // A run begins, perhaps of another graph: the ports of the plan that are to be shown. Taps are numbered by their place here.
    virtual std::vector<TapPoint> begin(const Plan& plan) = 0;
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

class Taps {
public:
    // `reader` must outlive it.
    explicit Taps(TapReader& reader);
    ~Taps();
    Taps(const Taps&) = delete;
    Taps& operator=(const Taps&) = delete;

    // A run begins, with this plan: its ports, their schemas, and a buffer for each worker.
    void attach(const Plan& plan);
    // Its workers have stopped: what waits is shown, and nothing of the plan is held any more.
    void detach();

    // f(index of the node, of its port, buffer) for each tap of a worker. Who attached.
    template <class F>
    void each(uint32_t worker, F&& f) {
        for (Tap& tap : taps_) f(tap.node, tap.port, *tap.buffers[worker]);
    }
    // Rows that the reader has not seen, of all runs; 0: there is no such tap now.
    int64_t skipped(const TapPoint& point) const;

private:
    struct Tap {
        TapPoint point;
        size_t node = 0;
        uint32_t port = 0;
        const Schema* schema = nullptr;
        std::vector<std::unique_ptr<TapBuffer>> buffers;  // by worker; closed ones of a run that has ended
        int64_t skipped = 0;                              // of runs before that

        int64_t skipped_rows() const;
    };
    void run();
    bool is_waiting() const;
    void show();  // REQUIRES: mutex_ is held
    void pause(std::chrono::microseconds time);

    const Tap* find(const TapPoint& point) const;

    TapReader& reader_;
    Wakeup wakeup_;
    mutable std::mutex mutex_;  // guards taps_ against attach and detach; no worker takes it
    std::vector<Tap> taps_;
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

}  // namespace weir::host
