// How a supervisor changes the graph of its topology.
//
// 1. `apply` asks the run to end with an epoch, as a stop does.          a crash: the old graph, or its last epoch
// 2. The old run goes; the new plan, made before, gets its state.          the old graph: nothing of the new one is kept
// 3. The new run's first epoch is committed: it is taken.                the epoch decides: before it the old graph's state
// 4. Or it fails before: it goes, and the old graph begins anew at the epoch of 1; unless that epoch turns out to be decided.
#include "host/engine/supervisor.hpp"

#include <utility>

#include <fmt/format.h>

namespace weir::host {
namespace {

constexpr std::chrono::milliseconds kLookAgain{2};

std::chrono::microseconds change_clock() {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace

void Supervisor::apply(Change change) {
    std::string why;
    {
        const std::lock_guard lock(mutex_);
        why = why_not(change);
        if (why.empty()) {
            change_ = std::make_unique<Change>(std::move(change));
            change_began_ = change_clock();
            run_->request_stop(StopMode::kCheckpoint);
            return;
        }
    }
    answer(change, {false, {Status::config("", why), "", ""}});
}

std::string Supervisor::why_not(const Change& change) const {
    const std::string& name = graph_.topology->name;
    if (change.graph.topology->name != name)
        return fmt::format("the topology is called `{}`, and the one that runs `{}`: a change keeps its name", change.graph.topology->name, name);
    if (change_ || in_trial_) return fmt::format("another change of `{}` is under way: try it again behind that", name);
    if (finished_ || stop_ != StopMode::kNone) return fmt::format("`{}` is ending", name);
    if (!run_ || !run_->has_opened() || run_->finished()) return fmt::format("`{}` does not run at the moment: it is being begun", name);
    return "";
}

void Supervisor::refuse_change(const std::string& why) {
    std::unique_ptr<Change> change;
    {
        const std::lock_guard lock(mutex_);
        change = std::move(change_);
    }
    if (change) answer(*change, {false, {Status::fatal(fmt::format("`{}` could not be changed: {}", graph_.topology->name, why)), "", ""}});
}

void Supervisor::answer(const Change& change, Applied outcome) {
    note_change(outcome);
    if (change.done) change.done(outcome);
}

// The old run has ended for the change's sake, and for nothing else.
bool Supervisor::is_at_change() {
    const std::lock_guard lock(mutex_);
    return change_ && !failure_ && stop_ == StopMode::kNone && run_ && !run_->has_ended();
}

void Supervisor::carry_out_change() {
    std::unique_ptr<Change> change;
    {
        const std::lock_guard lock(mutex_);
        change = std::move(change_);
        in_trial_ = true;
        has_committed_ = false;
    }
    Applied outcome;
    outcome.was_tried = true;
    tear_down();
    Graph before = graph_;
    std::optional<Failure> why = begin_change(*change);
    if (!why) {
        outcome.epoch = run_->resumed_at();
        const int64_t began = now();
        run_->start();
        const bool is_taken = passes_trial();
        if (!is_taken) {
            run_->join();
            note_end();
            why = failure_ ? *failure_ : Failure{Status::fatal("it came to its end in its trial"), "", ""};
        } else {
            outcome.is_taken = true;
            {
                const std::lock_guard lock(mutex_);
                in_trial_ = false;
                outcome.pause = change_opened_ - change_began_;
            }
            answer(*change, outcome);
            run_->join();
            note_end();
            ran_ = std::chrono::microseconds(now() - began);
            return;
        }
    }
    outcome.why = std::move(*why);
    roll_back(*change, std::move(before), std::move(outcome));
}

// The new graph's run, up to where it can be started; or why there is none.
std::optional<Failure> Supervisor::begin_change(Change& change) {
    policy_ = RestartPolicy(change.graph.topology->restart, seed());
    keeps_progress_ = !change.plan->is_ephemeral();
    RunOptions options = next_options();
    options.trial = change.trial;
    options.epochs.allow_loss = change.allow_loss;
    options.on_opened = [this] {
        const std::lock_guard lock(mutex_);
        change_opened_ = change_clock();
    };
    options.on_committed = [this] {
        const std::lock_guard lock(mutex_);
        has_committed_ = true;
        changed_.notify_all();
    };
    options.on_finished = [this] {
        const std::lock_guard lock(mutex_);
        changed_.notify_all();
    };
    {
        const std::lock_guard lock(mutex_);
        graph_ = change.graph;
    }
    const Status status = begin_run(std::move(change.plan), std::move(options));
    if (status.ok()) return std::nullopt;
    return Failure{status, "", ""};
}

// Waits until the first epoch is committed, or the run has ended.
bool Supervisor::passes_trial() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return has_committed_ || run_->finished(); });
    return has_committed_;
}

// The run goes, with what it counted, and the next one is of this graph.
void Supervisor::fall_back(Graph graph) {
    failure_.reset();
    failed_state_ = failed_opening_ = false;
    std::unique_ptr<TopologyRun> gone;
    {
        const std::lock_guard lock(mutex_);
        gone = std::move(run_);
        graph_ = std::move(graph);
    }
    gone.reset();
    policy_ = RestartPolicy(graph_.topology->restart, seed());
}

void Supervisor::roll_back(Change& change, Graph before, Applied outcome) {
    fall_back(std::move(before));
    bool has_begun = begin_again();
    // What its trial had prepared was decided after all, though the run did not hear of it: the state is the new graph's.
    if (run_ && outcome.epoch > 0 && run_->resumed_at() > outcome.epoch) {
        fall_back(change.graph);
        has_begun = begin_again();
        outcome.is_taken = true;
    }
    {
        const std::lock_guard lock(mutex_);
        in_trial_ = false;
    }
    if (!has_begun) return answer(change, std::move(outcome));
    const int64_t began = now();
    run_->start();
    while (!run_->has_opened() && !run_->finished()) std::this_thread::sleep_for(kLookAgain);
    outcome.pause = change_clock() - change_began_;
    answer(change, std::move(outcome));
    run_->join();
    note_end();
    ran_ = std::chrono::microseconds(now() - began);
}

}  // namespace weir::host
