// A topology from its start to its end, over failures that pass: after one it is torn down and begun again at the
// last committed epoch, when and as often as its `restart:` says. Where no state is kept, it begins where its sources
// were then.
//
// What is retried is WEIR_E_RETRYABLE in a topology that has run: a first start that fails is the caller's to see,
// and so is state that cannot be used. Counts go on over restarts; rows that are read again count again.
//
// Threads: create, connect, start, join on one host thread; request_stop, stats, waiting, finished from any. Within:
// one thread, which tears down, waits, builds and connects.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "host/engine/restart_policy.hpp"
#include "host/engine/run.hpp"

namespace weir::host {

// What becomes of a failure that may pass.
struct RestartNotice {
    int64_t attempt = 0;                  // the how-manieth restart in a row
    std::optional<int64_t> attempts;      // of how many; none: there is no end
    std::chrono::microseconds delay{0};   // from now on
    std::chrono::steady_clock::time_point due;
    std::string failure;
};

struct SupervisorOptions {
    RunOptions run;
    // The topology's plan anew. Called on the supervisor's thread.
    std::function<Result<std::unique_ptr<Plan>>()> plan_again;
    // Both on the supervisor's thread.
    std::function<void(const RestartNotice&)> on_failure;
    std::function<void(int64_t attempt, uint64_t epoch)> on_restarted;  // goes on behind that epoch; 0: none is kept
};

class Supervisor {
public:
    Supervisor(std::unique_ptr<Plan> plan, SupervisorOptions options);
    ~Supervisor();  // REQUIRES: joined, or never started

    // As TopologyRun's, of the first start.
    Status connect(const std::atomic<bool>& stop);
    uint64_t resumed_at() const { return run_->resumed_at(); }
    void start();
    // While it waits to begin again a stop ends it; what was committed stays.
    void request_stop(StopMode mode);
    void join();

    bool finished() const { return finished_.load(); }
    // After join.
    const std::optional<Failure>& failure() const { return failure_; }
    bool failed_opening() const { return failed_opening_; }
    bool failed_state() const { return failed_state_; }
    // Whether it was to finish its input (StopMode::kDrain) while it waited to begin again; failure() is what it waited for.
    bool ended_waiting() const { return ended_waiting_; }
    // Why a failure that may pass was not followed by another start; empty if that was not the question.
    const std::string& why_over() const { return why_over_; }

    // What it waits for, while it does.
    std::optional<RestartNotice> waiting() const;
    RunStats stats() const;
    const Topology& topology() const { return topology_; }

private:
    void supervise();
    void run_once();
    bool may_restart();
    void tear_down();
    bool wait(const RestartNotice& notice);
    bool begin_again();
    void end_waiting();
    RunOptions next_options() const;
    int64_t now() const;
    bool is_simulated() const { return options_.run.simulate.has_value(); }

    const Topology& topology_;
    SupervisorOptions options_;
    RestartPolicy policy_;
    std::thread thread_;
    std::atomic<bool> finished_{false};
    std::atomic<bool> stop_connecting_{false};

    // The supervisor's thread, and after join.
    std::optional<Failure> failure_;
    bool failed_opening_ = false, failed_state_ = false, ended_waiting_ = false;
    std::string why_over_;
    std::chrono::microseconds ran_{0};
    int64_t simulated_now_ = 0;
    int64_t records_ = 0;  // committed by the runs before
    RunProgress progress_;
    bool keeps_progress_ = true;  // what they point into outlives a restart

    mutable std::mutex mutex_;  // guards what follows; run_ is changed by the supervisor's thread alone
    std::condition_variable changed_;
    std::unique_ptr<TopologyRun> run_;
    RunStats past_;  // of the runs before
    std::optional<RestartNotice> waiting_;
    StopMode stop_ = StopMode::kNone;
};

}  // namespace weir::host
