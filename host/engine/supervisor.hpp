// A topology from its start to its end, over failures that pass and over changes of its graph.
//
// After a failure it is torn down and begun again at the last committed epoch, when and as often as its `restart:` says.
// Where no state is kept, it begins where its sources were then.
//
// A new graph takes the place of the old one at an epoch: the old one ends with it, the new one begins behind it. Its first
// epoch is its trial: until that is committed nothing of it is visible to readers that only see what is committed, and a
// failure leads back to the old graph as of the epoch in between. Where the failure leaves open whether that epoch is committed,
// the new graph's connection is asked first, as long as it takes: whose epoch is the last one, that graph goes on.
//
// What is retried is WEIR_E_RETRYABLE in a topology that has run: a first start that fails is the caller's to see,
// and so is state that cannot be used. Counts go on over restarts; rows that are read again count again.
//
// Threads: create, connect, start, join on host threads, one after the other; request_stop, stats, waiting, finished from any. Within:
// one thread, which tears down, waits, builds and connects.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

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

// What a topology runs: its checked form, and its plan, anew with each call, on the supervisor's thread. Holds all that both are made of,
// plugins too; so does the topology's pointer by itself.
struct Graph {
    std::shared_ptr<const Topology> topology;
    std::function<Result<std::unique_ptr<Plan>>()> plan_again;
    std::string id = {};  // that its epochs are marked with; empty: they are not
};

// What became of a new graph. Not taken: the old one goes on, unless the topology has ended.
struct Applied {
    bool is_taken = false;
    Failure why;                         // it was not taken
    bool was_tried = false;              // the old graph had ended for it
    uint64_t epoch = 0;                  // the old graph's last one; 0: none is kept, or it was not come to that
    std::chrono::microseconds pause{0};  // from when the old graph was asked to end to when rows can flow in what runs now
    // How many went from the old graph to the new as they were: states by node, and nodes with all of their instances.
    size_t kept_connections = 0, kept_states = 0, kept_nodes = 0;
    bool is_known = true;                // whether it was taken: false where the topology ended before that could be asked
};

// A graph that is to take the place of the running one.
struct Change {
    Graph graph;
    std::unique_ptr<Plan> plan;  // of it, made beside the running one, whose connections it may have
    std::vector<std::string> allow_loss;
    std::chrono::microseconds trial{0};  // the least length of the trial; 0: as its topology says
    // On the supervisor's thread, or on that of apply where it is refused at once. The graph that does not run any more, this one or the
    // one before, is held by the supervisor no longer.
    std::function<void(const Applied&)> done;
    std::vector<std::string> begin_anew = {};  // of allow_loss: nodes whose state cannot be read any more
    Seeks seeks = {};  // where sources go on, instead of where the graph before has ended; its first epoch has that

    // What it has to stand, behind a graph that has counted so far.
    TrialTerms terms(const RunStats& before) const;
};

struct SupervisorOptions {
    RunOptions run;
    Graph graph;  // that it begins with
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
    // Set once it was asked to end: what is waited for on its behalf is given up. Any thread.
    const std::atomic<bool>& stopping() const { return stop_connecting_; }
    // While it is paused its sources are not polled, whichever graph runs; epochs go on. Any thread.
    void set_paused(bool paused);
    // Asks for a change of the graph, and returns; `done` is called once, when it runs or has come to nothing. One at a time:
    // another meanwhile is refused, and so is one of a topology that does not run, or has another name. Any thread.
    void apply(Change change);
    void join();

    bool finished() const { return finished_.load(); }
    // Waits for that. Any thread.
    void wait_finished();
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
    // As EpochLog's.
    std::vector<std::pair<uint64_t, SplitMarks>> marks() const { return options_.run.epoch_log->marks(); }
    // As TopologyRun's.
    Result<std::shared_ptr<LiveTap>> look(const TapPoint& point, const std::string& where);
    // What it runs.
    Graph graph() const;
    std::shared_ptr<const Topology> topology() const { return graph().topology; }
    // Where its state is kept; empty: nowhere.
    const std::filesystem::path& state_dir() const { return options_.run.epochs.dir; }
    // What its run has, for the plan of a change (PlanOptions::running); none where it has no run now.
    Connections connections() const;

private:
    void supervise();
    void run_once();
    void note_end();
    std::string why_not(const Change& change) const;
    void refuse_change(const std::string& why);
    bool is_at_change();
    void carry_out_change();
    std::optional<Failure> begin_change(Change& change, std::shared_ptr<Handover> handover);
    bool passes_trial();
    void fall_back(Graph graph);
    void roll_back(std::unique_ptr<Change> change, Graph before, Applied outcome);
    bool decide_trial(bool has_begun);
    void answer_trial(bool has_begun);
    void leave_trial();
    void answer(Change& change, Applied outcome);
    void note_change(const Applied& outcome);
    bool may_restart();
    std::unique_ptr<TopologyRun> take_run();
    void tear_down() { take_run(); }
    bool wait(const RestartNotice& notice);
    Status begin_run(std::unique_ptr<Plan> plan, RunOptions options);
    bool begin_again();
    bool begin_graph();
    void report_restart();
    void end_waiting();
    RunOptions next_options() const;
    int64_t now() const;
    uint64_t seed() const;
    bool is_simulated() const { return options_.run.simulate.has_value(); }

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
    std::string record_;  // of the last epoch of a run without a folder
    bool keeps_progress_ = true;  // what its positions point into outlives a restart
    // A change that failed in its trial and is not answered yet. graph_ is the new one as long as it is in doubt.
    struct FailedTrial {
        std::unique_ptr<Change> change;
        Graph before;
        Applied outcome;
        bool is_in_doubt = false;
    };
    std::unique_ptr<FailedTrial> trial_;

    mutable std::mutex mutex_;  // guards what follows; run_ is changed by the supervisor's thread alone
    std::condition_variable changed_;
    std::unique_ptr<TopologyRun> run_;
    RunStats past_;  // of the runs before
    std::optional<RestartNotice> waiting_;
    StopMode stop_ = StopMode::kNone;
    bool is_paused_ = false;
    ReloadStats reloads_;
    Graph graph_;
    std::unique_ptr<Change> change_;
    std::chrono::microseconds change_began_{0}, change_opened_{0};  // steady
    bool in_trial_ = false;
    bool has_committed_ = false;  // since the trial began
};

}  // namespace weir::host
