// One topology, running: its connections, its workers, its epochs, its end.
//
// An epoch of this engine: every worker notes the positions of its splits and sends a barrier from its sources;
// every sink answers when all rows before it are acknowledged; when all workers have reported, Epochs makes positions and
// state durable, asks the decider where there is one, and then sources and outboxes are told.
//
// Threads: create, connect, start, join on one host thread; request_stop, stats, finished from any. Within: one
// coordinator thread, which may block on servers and disks, and one thread a worker, which may not.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "host/engine/clock.hpp"
#include "host/engine/dataflow.hpp"
#include "host/engine/epoch_log.hpp"
#include "host/engine/epochs.hpp"
#include "host/engine/fabric.hpp"
#include "host/engine/flood_guard.hpp"
#include "host/engine/handover.hpp"
#include "host/engine/mailbox.hpp"
#include "host/engine/plan.hpp"
#include "host/engine/run_stats.hpp"
#include "host/engine/shared_connections.hpp"
#include "host/engine/simulation.hpp"
#include "host/engine/splits.hpp"
#include "host/engine/trial.hpp"
#include "host/engine/wakeup.hpp"
#include "host/engine/worker.hpp"

namespace weir::host {

enum class StopMode : int {
    kNone,
    kCheckpoint,  // finish the current epoch, keep what waits in state
    kDrain,       // as at the end of bounded input: everything is finished and written
};

struct RunOptions {
    std::optional<int64_t> records;  // stop, drained, after so many records from the sources
    std::chrono::milliseconds close_timeout{10'000};  // for closing; and for an epoch that is being decided when a stop comes
    std::function<void()> on_finished;  // coordinator thread, last thing
    std::function<void()> on_opened;     // coordinator thread, when rows can flow
    std::function<void()> on_committed;  // coordinator thread, behind each epoch that it commits, but one that was left (LeftEpoch)
    // Of a graph that is on trial: its first epoch ends no sooner than the trial's length after the first record, or after
    // Trial::kPatience without one.
    std::optional<TrialTerms> trial;
    // For tests: everything on the coordinator's thread, by a clock of its own, its order drawn from this seed.
    std::optional<uint64_t> simulate;
    int64_t simulated_start = 0;  // its clock begins there
    SimulationDriver* driver = nullptr;  // who moves that clock; a run that it ends has failed, as one that was killed
    EpochsOptions epochs;
    std::shared_ptr<Handover> handover;  // of the run before, whose graph this one takes the place of; null: there is none
    Seeks seeks = {};                    // where sources begin, whatever the epoch before says
    std::shared_ptr<EpochLog> epoch_log = std::make_shared<EpochLog>();
    // Both of a host that shows the topology while it runs; null: it does not. They outlive the run.
    Taps* taps = nullptr;
    SharedConnections* connections = nullptr;
};

class TopologyRun : private WorkerListener {
public:
    TopologyRun(std::unique_ptr<Plan> plan, RunOptions options);
    ~TopologyRun() override;  // REQUIRES: joined, or never started

    // Opens the state and the connections: blocks up to their time-out, or until `stop`.
    Status connect(const std::atomic<bool>& stop);
    // After connect: the epoch that its state is of; 0: it begins without any.
    uint64_t resumed_at() const { return epochs_.last(); }
    // After join: whether an epoch of this run is committed behind that one, or may be.
    bool may_be_behind(uint64_t epoch) const { return epochs_.last() > epoch || epochs_.is_in_doubt(); }
    // Whether connect, or the run, failed for the state's sake.
    bool failed_state() const { return failed_state_; }
    void start();
    void request_stop(StopMode mode);
    // As StopMode::kCheckpoint, for the graph that is to go on behind it: what both have of connections stays open, and so do nodes, but
    // for sources that are to read on elsewhere. Any thread.
    void request_change(const Plan& next, const Seeks& seeks);
    // While it is paused sources are not polled; epochs go on. Any thread.
    void set_paused(bool paused);
    // An epoch before its time. Any thread.
    void request_epoch() { on_wants_epoch(); }
    void join();

    // After connect: of how many connections, and of how many nodes' keyed state, it goes on with what the run before had.
    size_t kept_connections() const { return taken_; }
    size_t kept_states() const { return static_cast<size_t>(std::count(has_keyed_.begin(), has_keyed_.end(), true)); }
    // And how many nodes' instances it goes on with.
    size_t kept_nodes() const { return static_cast<size_t>(std::count(is_moved_.begin(), is_moved_.end(), true)); }
    // After join, where it ended for a change and without a failure: what it has that the next graph may use. Instances go into `next`
    // at once, if that is the plan of request_change. Nothing else can be asked of this behind it.
    std::shared_ptr<Handover> hand_over(Plan& next);
    // After join, where nobody goes on with it: commits the epoch, and closes the nodes and connections, that it left. May be what
    // the run fails of.
    void close_kept();

    bool finished() const { return finished_.load(); }
    // After join: why it failed, if it did.
    const std::optional<Failure>& failure() const { return failure_; }
    // Whether the failure came before the first record could flow.
    bool failed_opening() const { return failed_opening_; }
    // After join: whether all that its sources have was read and is done with.
    bool has_ended() const { return ended_ == workers_.size(); }
    // Whether its state was restored and its instances are open: before, gauges say nothing.
    bool has_opened() const { return opened_.load(); }
    // After join. Up to the last committed epoch: records that the sources gave in this run, and where they were;
    // and the clock at its end.
    int64_t committed_records() const { return committed_records_; }
    const std::string& committed_record() const { return epochs_.record(); }  // without a folder
    int64_t now() const { return clock_(); }
    RunStats stats() const;
    // Shows rows of a port from now on, to the end of the run. WEIR_E_CONFIG: there is no such port, or the condition is wrong, and
    // the path says which of `port` and `where`; WEIR_E_RETRYABLE: it does not run now. Any thread.
    Result<std::shared_ptr<LiveTap>> look(const TapPoint& point, const std::string& where);
    const Topology& topology() const { return plan_->topology(); }
    const Connections& connections() const { return plan_->connections(); }

private:
    // WorkerListener [worker]
    void on_epoch_done(uint32_t worker, EpochReport report) override;
    void on_splits(size_t node, std::vector<std::string> ids, bool complete) override;
    void on_split_ended(size_t node, uint64_t split) override;
    void on_split_revoked(size_t node, uint64_t split, std::optional<int64_t> time) override;
    void on_budget_returned() override {}
    void on_wants_epoch() override;
    void on_first_record() override;
    void on_budget_spent() override;
    void on_ended(uint32_t worker) override;
    void on_failed(uint32_t worker) override;

    void run();
    Status take_over();
    void take_over_keyed(Handover& handover);
    Status take_over_nodes(Handover& handover);
    bool reads_store() const;
    bool comes_to_rest();
    void leave_open();
    bool open_instances();
    bool open_one(size_t node, uint32_t worker);
    Status open_all(const std::atomic<bool>& stop);
    bool begin_epochs();
    bool gives_up_commit() const;
    bool restore();
    SplitPosition sought(SplitPosition at) const;
    Status restore_block(size_t node, const weir_state_block& block);
    Status restore_entries(KeyedState& keyed, uint32_t worker, const weir_state_block& block);
    void expire(const EpochReport& report);
    bool is_good(const Status& step, bool is_state);
    bool assign_first_splits();
    void hand_out_splits(size_t node);
    void run_threads();
    void run_simulated(uint64_t seed);
    bool turn();
    bool over() const { return over_ || failed_.load(); }
    bool coordinate();
    bool awaits_trial();
    std::string judge_trial(int64_t records, const RunProgress& progress);
    void start_epoch(bool last);
    void commit_epoch();
    void leave_epoch(LeftEpoch left, const RunProgress& progress);
    Status commit_left();
    void settle_left();
    void begin_behind_left();
    SplitMarks marks_of(const RunProgress& progress) const;
    void fail(Failure failure);
    void follow_stop();
    void follow_pause();
    bool stopped_waiting();
    void warn_if_slow();
    std::string slow_text() const;
    std::optional<int64_t> next_time() const;
    void sleep();
    static void cancel(Instance& instance);
    void hide();
    void close_all();
    void close_connection(ConnectionInstance& connection, std::chrono::steady_clock::time_point deadline);
    void close_one(Instance& instance, std::chrono::steady_clock::time_point deadline);
    int64_t checkpoint_timeout() const { return plan_->topology().checkpoint_timeout.count(); }

    // Destroyed first to last in reverse: the plan's instances go before the workers (see the destructor).
    std::unique_ptr<Plan> plan_;
    RunOptions options_;
    int64_t simulated_now_ = 0;
    std::function<int64_t()> clock_;
    Fabric fabric_;
    RecordBudget budget_;
    MemoryBudget memory_;
    std::atomic<bool> hold_{false}, paused_{false};
    Wakeup wakeup_;
    Mailbox mailbox_{wakeup_};
    std::deque<Worker> workers_;
    SplitTable splits_;
    Epochs epochs_;
    std::thread thread_;
    std::atomic<StopMode> stop_{StopMode::kNone};
    std::atomic<bool> finished_{false}, opened_{false}, failed_{false}, workers_stop_{false};
    std::atomic<std::chrono::steady_clock::time_point> stop_asked_{};  // when a stop at once was asked for
    std::optional<Failure> failure_;
    bool failed_opening_ = false, failed_state_ = false;

    // Coordinator.
    StopMode followed_ = StopMode::kNone;  // the stop that the workers were told of
    uint64_t epoch_ = 0;
    std::atomic<uint64_t> committed_{0}, first_epoch_{0};  // the latter: where this run began
    std::vector<EpochReport> reports_;  // of the epoch in flight
    size_t ended_ = 0;                  // workers
    int64_t committed_records_ = 0;
    bool followed_pause_ = false;
    bool in_flight_ = false, last_epoch_ = false, over_ = false, wants_epoch_ = false;
    FloodGuard flood_{plan_->topology().stop_above};
    size_t in_outbox_ = 0;              // of the last epoch
    int64_t next_checkpoint_ = 0, waiting_since_ = 0, stopped_at_ = 0;
    std::mutex live_mutex_;  // guards the next two
    std::vector<std::weak_ptr<LiveTap>> live_taps_;
    bool is_hidden_ = false;
    std::optional<Trial> trial_;          // until it is judged
    std::optional<int64_t> trial_until_;  // while the trial waits for its first record
    int64_t warn_at_ = 0;  // when what is waited for is slow enough to be told

    std::mutex change_mutex_;  // guards the next two
    Connections kept_;         // open for the next graph
    Plan::Moves moves_;        // and nodes whose instances can be the next graph's
    Plan::Moves left_open_;    // behind the end: those that stand at the barrier
    std::atomic<bool> is_changed_{false};
    std::atomic<bool> leaves_epoch_{false};  // the next run may commit the last epoch
    size_t taken_ = 0;             // connections that were open already
    std::vector<bool> has_keyed_;  // nodes whose keyed state was taken over
    std::vector<bool> is_moved_;   // nodes whose instances were

    std::atomic<bool> started_{false};
    std::chrono::nanoseconds cpu_start_{0}, cpu_end_{0};
    std::chrono::steady_clock::time_point wall_start_, wall_end_;
};

}  // namespace weir::host
