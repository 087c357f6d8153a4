// One topology, running: its connections, its worker thread, its epochs, its end.
//
// An epoch of this engine: positions are noted, a barrier travels from the sources, every sink answers when all
// rows before it are acknowledged, and then the sources commit the noted positions (at-least-once).
//
// Threads: create, connect, start, join on one host thread; request_stop, stats, finished from any.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "host/engine/dataflow.hpp"
#include "host/engine/plan.hpp"
#include "host/engine/sources.hpp"
#include "host/engine/wakeup.hpp"

namespace weir::host {

enum class StopMode : int {
    kNone,
    kCheckpoint,  // finish the current epoch, keep what waits in state
    kDrain,       // as at the end of bounded input: everything is finished and written
};

struct RunOptions {
    std::optional<int64_t> records;  // stop, drained, after so many records from the sources
    std::chrono::milliseconds close_timeout{10'000};
    std::function<void()> on_finished;  // worker thread, last thing
};

struct NodeStats {
    std::string id, op, kind;  // kind: source, operator, sink
    int64_t rows_in = 0, rows_out = 0, errors = 0, unwired = 0;
    struct Metric {
        std::string name;
        uint32_t type;
        int64_t value;
    };
    std::vector<Metric> metrics;
};

struct RunStats {
    std::vector<NodeStats> nodes;
    uint64_t epochs = 0;
    int64_t records = 0;
    // From the first record to the end of the last epoch; CPU of the whole process, user and system.
    std::chrono::nanoseconds cpu{0}, wall{0};
};

class TopologyRun : private DataflowListener {
public:
    TopologyRun(std::unique_ptr<Plan> plan, RunOptions options);
    ~TopologyRun() override;  // REQUIRES: joined, or never started

    // Opens the connections: blocks up to their time-out, or until `stop`.
    Status connect(const std::atomic<bool>& stop);
    void start();
    void request_stop(StopMode mode);
    void join();

    bool finished() const { return finished_.load(); }
    // After join: why it failed, if it did.
    const std::optional<Failure>& failure() const { return failure_; }
    // Whether the failure came before the first record could flow.
    bool failed_opening() const { return failed_opening_; }
    RunStats stats() const;
    const Topology& topology() const { return plan_->topology(); }

private:
    void on_barrier_done(uint64_t) override { epoch_done_ = true; }
    void on_source_wake(size_t node) override { sources_.on_wake(node); }

    void run();
    bool open_instances();
    bool open_one(size_t node);
    bool turn();
    bool coordinate();
    void start_epoch();
    void commit_epoch();
    void warn_if_slow();
    void note_start();
    void sleep();
    void close_all();
    void close_one(Instance& instance, std::chrono::steady_clock::time_point deadline);
    int64_t checkpoint_timeout() const { return plan_->topology().checkpoint_timeout.count(); }

    std::unique_ptr<Plan> plan_;
    RunOptions options_;
    Wakeup wakeup_;
    Dataflow dataflow_;
    Sources sources_;
    std::thread thread_;
    std::atomic<StopMode> stop_{StopMode::kNone};
    std::atomic<bool> finished_{false};
    std::optional<Failure> failure_;
    bool failed_opening_ = false;

    uint64_t epoch_ = 0;
    std::atomic<uint64_t> committed_{0};
    bool in_flight_ = false, epoch_done_ = false, last_epoch_ = false, over_ = false;
    int64_t next_checkpoint_ = 0, epoch_started_ = 0;
    int64_t warn_at_ = 0;  // when an epoch in flight is slow enough to be told

    std::atomic<bool> started_{false};
    std::chrono::nanoseconds cpu_start_{0}, cpu_end_{0};
    std::chrono::steady_clock::time_point wall_start_, wall_end_;
};

}  // namespace weir::host
