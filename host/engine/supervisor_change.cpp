// How a supervisor changes the graph of its topology.
//
// 1. `apply` asks the run to end with an epoch, as a stop does.          a crash: the old graph, or its last epoch
// 2. The old run goes; the new plan, made before, gets its state.          the old graph: nothing of the new one is kept
// 3. The new run's first epoch is committed: it is taken.                the epoch decides: before it the old graph's state
// 4. Or it fails before: it goes, and the old graph begins anew at the epoch of 1.
// 5. Where its commit had no clear end, the new graph is opened again, and with it its connection, until that tells: what was
//    prepared is committed, and the new graph goes on; or aborted, and the old one does.
#include "host/engine/supervisor.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace weir::host {
namespace {

constexpr std::chrono::milliseconds kLookAgain{2};

std::chrono::microseconds change_clock() {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace

TrialTerms Change::terms(const RunStats& before) const {
    const TrialSpec& spec = graph.topology->trial;
    TrialTerms out{trial.count() > 0 ? trial : spec.length, spec.max_errors, 0, seeks.empty()};
    int64_t failed = 0;
    for (const NodeStats& node : before.nodes) failed += node.errors;
    if (before.records > 0) out.errors_before = static_cast<double>(failed) / static_cast<double>(before.records);
    return out;
}

void Supervisor::apply(Change change) {
    std::string why;
    {
        const std::lock_guard lock(mutex_);
        why = why_not(change);
        if (why.empty()) {
            change_ = std::make_unique<Change>(std::move(change));
            change_began_ = change_clock();
            run_->request_change(*change_->plan, change_->seeks);
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

// What it was made of is let go before anybody is told: a graph that was not taken has gone by then, and so have its plugins.
void Supervisor::answer(Change& change, Applied outcome) {
    change.plan.reset();
    change.graph = {};
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
    std::unique_ptr<TopologyRun> old = take_run();
    auto handover = old->hand_over(*change->plan);
    Graph before = graph_;
    std::optional<Failure> why = old->failure();  // of its last epoch, which the new graph could not go on behind
    old.reset();
    if (why) handover.reset();  // the graph before opens the store again
    else why = begin_change(*change, std::move(handover));
    if (!why) {
        outcome.epoch = run_->resumed_at();
        outcome.kept_connections = run_->kept_connections();
        outcome.kept_states = run_->kept_states();
        outcome.kept_nodes = run_->kept_nodes();
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
            before = {};  // nobody goes back to it any more: builds of plugins that it alone was made of are unloaded
            answer(*change, outcome);
            run_->join();
            note_end();
            ran_ = std::chrono::microseconds(now() - began);
            return;
        }
    }
    outcome.why = std::move(*why);
    roll_back(std::move(change), std::move(before), std::move(outcome));
}

// The new graph's run, up to where it can be started; or why there is none.
std::optional<Failure> Supervisor::begin_change(Change& change, std::shared_ptr<Handover> handover) {
    // It may have been made beside a run that has failed since, and was begun again with connections of its own.
    if (!handover->fits) {
        auto plan = change.graph.plan_again();
        if (!plan) return Failure{plan.status(), "", ""};
        change.plan = std::move(*plan);
    }
    policy_ = RestartPolicy(change.graph.topology->restart, seed());
    keeps_progress_ = !change.plan->is_ephemeral();
    RunOptions options = next_options();
    options.trial = change.terms(past_);
    options.handover = std::move(handover);
    options.epochs.allow_loss = change.allow_loss;
    options.epochs.begin_anew = change.begin_anew;
    options.seeks = change.seeks;
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
}

// The graph before may have nobody to ask, or another than the one who decides the trial's epoch; and it could not tell the new
// graph's state from its own. How long is asked is for the graph before to say: that is the one that users know.
void Supervisor::roll_back(std::unique_ptr<Change> change, Graph before, Applied outcome) {
    const bool is_in_doubt = outcome.epoch > 0 && run_->may_be_behind(outcome.epoch);
    policy_ = RestartPolicy(before.topology->restart, seed());
    fall_back(is_in_doubt ? change->graph : before);
    trial_ = std::make_unique<FailedTrial>(FailedTrial{std::move(change), std::move(before), std::move(outcome), is_in_doubt});
    if (begin_again()) run_once();
}

// Which graph goes on is known once the new one's connection has answered, whatever became of the start behind that.
bool Supervisor::decide_trial(bool has_begun) {
    if (!run_ || run_->resumed_at() < trial_->outcome.epoch) return false;
    trial_->is_in_doubt = false;
    trial_->outcome.is_taken = run_->resumed_at() > trial_->outcome.epoch;
    if (trial_->outcome.is_taken) return has_begun;
    fall_back(std::move(trial_->before));
    return begin_graph();
}

// As soon as it is known which graph goes on, and rows can flow in it, or it could not begin at once.
void Supervisor::answer_trial(bool has_begun) {
    while (has_begun && !run_->has_opened() && !run_->finished()) std::this_thread::sleep_for(kLookAgain);
    const auto trial = std::move(trial_);
    {
        const std::lock_guard lock(mutex_);
        in_trial_ = false;
    }
    if (has_begun) trial->outcome.pause = change_clock() - change_began_;
    if (trial->outcome.is_taken) policy_ = RestartPolicy(graph_.topology->restart, seed());
    trial->before = {};
    answer(*trial->change, std::move(trial->outcome));
}

// It ends with nobody having answered.
void Supervisor::leave_trial() {
    const auto trial = std::move(trial_);
    {
        const std::lock_guard lock(mutex_);
        in_trial_ = false;
    }
    trial->outcome.is_known = false;
    trial->outcome.why = {Status::retryable(fmt::format(
                              "whether the change of `{}` was taken is not known: its first epoch may be committed ({}), and `{}` ended before "
                              "that could be asked{}. Begin with the new file, which goes on in either case",
                              graph_.topology->name, trial->outcome.why.text(), graph_.topology->name, failure_ ? ": " + failure_->text() : "")),
                          "", ""};
    answer(*trial->change, std::move(trial->outcome));
}

}  // namespace weir::host
