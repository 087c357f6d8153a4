#include "host/engine/supervisor.hpp"

#include <algorithm>
#include <utility>

namespace weir::host {

namespace {

// `later` behind `before`: counts are added, gauges are those of the last run that opened.
NodeStats joined(const NodeStats& before, const NodeStats& later, bool has_opened) {
    NodeStats out = later;
    out.rows_in += before.rows_in;
    out.rows_out += before.rows_out;
    out.errors += before.errors;
    out.unwired += before.unwired;
    out.batches_in += before.batches_in;
    out.bytes_in += before.bytes_in;
    out.bytes_out += before.bytes_out;
    out.late += before.late;
    out.combined += before.combined;
    out.busy += before.busy;
    out.blocked += before.blocked;
    for (const auto& known : before.error_codes) {
        const auto is_same = [&](const auto& one) { return one.first == known.first; };
        const auto same = std::find_if(out.error_codes.begin(), out.error_codes.end(), is_same);
        if (same == out.error_codes.end())
            out.error_codes.push_back(known);
        else
            same->second += known.second;
    }
    if (out.metrics.empty()) out.metrics = before.metrics;
    for (size_t i = 0; i < later.metrics.size(); ++i) {
        NodeStats::Metric& metric = out.metrics[i];
        const auto is_same = [&](const NodeStats::Metric& other) { return other.name == metric.name; };
        const auto found = std::find_if(before.metrics.begin(), before.metrics.end(), is_same);
        if (found == before.metrics.end()) continue;
        if (metric.type != WEIR_METRIC_GAUGE) metric.value += found->value;
        else if (!has_opened) metric.value = found->value;
    }
    return out;
}

// Nodes that only one of the graphs has keep to themselves; those that are gone are no more.
RunStats joined(const RunStats& before, const TopologyRun& run) {
    RunStats later = run.stats();
    if (before.nodes.empty()) return later;
    for (NodeStats& node : later.nodes) {
        const auto is_same = [&](const NodeStats& o) { return o.id == node.id && o.op == node.op && o.is_clauses == node.is_clauses; };
        const auto found = std::find_if(before.nodes.begin(), before.nodes.end(), is_same);
        if (found != before.nodes.end()) node = joined(*found, node, run.has_opened());
    }
    later.epochs += before.epochs;
    later.records += before.records;
    later.cpu += before.cpu;
    later.wall += before.wall;
    later.restarts = before.restarts;
    return later;
}

}  // namespace

Supervisor::Supervisor(std::unique_ptr<Plan> plan, SupervisorOptions options)
    : options_(std::move(options)),
      policy_(plan->topology().restart, seed()),
      graph_(std::move(options_.graph)) {
    RunOptions first = options_.run;
    first.on_finished = nullptr;
    first.epochs.graph = graph_.id;
    simulated_now_ = first.simulated_start;
    keeps_progress_ = !plan->is_ephemeral();
    run_ = std::make_unique<TopologyRun>(std::move(plan), std::move(first));
}

// The run before the graph that it is of.
Supervisor::~Supervisor() { run_.reset(); }

uint64_t Supervisor::seed() const { return is_simulated() ? *options_.run.simulate : std::random_device{}(); }

Status Supervisor::connect(const std::atomic<bool>& stop) {
    Status status = run_->connect(stop);
    failed_state_ = run_->failed_state();
    return status;
}

void Supervisor::start() {
    thread_ = std::thread([this] { supervise(); });
}

void Supervisor::join() {
    if (thread_.joinable()) thread_.join();
}

void Supervisor::wait_finished() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return finished_.load(); });
}

void Supervisor::request_stop(StopMode mode) {
    const std::lock_guard lock(mutex_);
    stop_ = mode;
    stop_connecting_.store(true);
    if (run_) run_->request_stop(mode);
    changed_.notify_all();
}

void Supervisor::set_paused(bool paused) {
    const std::lock_guard lock(mutex_);
    is_paused_ = paused;
    if (run_) run_->set_paused(paused);
}

void Supervisor::supervise() {
    run_once();
    for (;;) {
        if (is_at_change()) {
            carry_out_change();
            continue;
        }
        refuse_change(failure_ ? failure_->text() : "it has come to its end");
        if (run_) {
            run_->close_kept();
            if (!failure_) note_end();
        }
        if (!failure_ || !may_restart()) break;
        const auto delay = policy_.failed(now(), ran_);
        if (!delay) {
            why_over_ = policy_.why();
            break;
        }
        RestartNotice notice{policy_.attempt(), policy_.spec().attempts, *delay, {}, failure_->text()};
        tear_down();
        if (!wait(notice)) break;
        if (!begin_again()) continue;
        report_restart();
        run_once();
    }
    if (trial_) leave_trial();
    {
        const std::lock_guard lock(mutex_);
        finished_.store(true);
        changed_.notify_all();
    }
    if (options_.run.on_finished) options_.run.on_finished();
}

void Supervisor::run_once() {
    const int64_t began = now();
    run_->start();
    if (trial_) answer_trial(true);
    run_->join();
    note_end();
    ran_ = std::chrono::microseconds(now() - began);
}

void Supervisor::note_end() {
    failure_ = run_->failure();
    failed_state_ = run_->failed_state();
    simulated_now_ = is_simulated() ? run_->now() : 0;
    failed_opening_ = run_->failed_opening() && past_.nodes.empty();
}

// A topology that never ran, and one that is asked to end, is not begun again.
bool Supervisor::may_restart() {
    const std::lock_guard lock(mutex_);
    return failure_->status.code() == WEIR_E_RETRYABLE && !failed_state_ && !failed_opening_ && stop_ == StopMode::kNone;
}

// What it has counted is known from now on. To begin again it is destroyed before the wait, so that nothing is held meanwhile that
// another host or the server waits for.
std::unique_ptr<TopologyRun> Supervisor::take_run() {
    const std::lock_guard lock(mutex_);
    if (!run_) return nullptr;
    records_ += run_->committed_records();
    if (keeps_progress_) record_ = run_->committed_record();
    past_ = joined(past_, *run_);
    return std::move(run_);
}

bool Supervisor::wait(const RestartNotice& said) {
    RestartNotice notice = said;
    notice.due = std::chrono::steady_clock::now() + notice.delay;
    if (options_.on_failure) options_.on_failure(notice);
    if (is_simulated()) {
        simulated_now_ += notice.delay.count();
        return true;
    }
    std::unique_lock lock(mutex_);
    waiting_ = notice;
    changed_.wait_until(lock, notice.due, [this] { return stop_ != StopMode::kNone; });
    waiting_.reset();
    if (stop_ != StopMode::kNone) end_waiting();
    return stop_ == StopMode::kNone;
}

// It was to end. Nothing that was committed is lost; who wanted all to be written is told why it is not.
void Supervisor::end_waiting() {
    ended_waiting_ = stop_ == StopMode::kDrain;
    if (stop_ == StopMode::kCheckpoint) failure_.reset();
}

Status Supervisor::begin_run(std::unique_ptr<Plan> plan, RunOptions options) {
    {
        const std::lock_guard lock(mutex_);
        options.epochs.graph = graph_.id;
        run_ = std::make_unique<TopologyRun>(std::move(plan), std::move(options));
        if (stop_ != StopMode::kNone) run_->request_stop(stop_);
        run_->set_paused(is_paused_);
    }
    return run_->connect(stop_connecting_);
}

// False where it could not; failure_ says why, or that it was to stop.
bool Supervisor::begin_again() {
    bool has_begun = begin_graph();
    if (trial_ && trial_->is_in_doubt) has_begun = decide_trial(has_begun);
    if (trial_ && !trial_->is_in_doubt && !has_begun) answer_trial(false);
    return has_begun;
}

bool Supervisor::begin_graph() {
    auto plan = graph_.plan_again();
    ran_ = std::chrono::microseconds(0);
    const Status status = plan ? begin_run(std::move(*plan), next_options()) : plan.status();
    const std::lock_guard lock(mutex_);
    if (status.ok()) return true;
    failed_state_ = run_ && run_->failed_state();
    const bool is_stopped = stop_ == StopMode::kCheckpoint || (stop_ == StopMode::kDrain && status.code() == WEIR_E_RETRYABLE);
    if (is_stopped && !failed_state_) return end_waiting(), false;
    failure_ = Failure{status, "", ""};
    return false;
}

void Supervisor::report_restart() {
    {
        const std::lock_guard lock(mutex_);
        ++past_.restarts;
    }
    if (options_.on_restarted) options_.on_restarted(policy_.attempt(), run_->resumed_at());
}

// `reset` and the like were for the first start.
RunOptions Supervisor::next_options() const {
    RunOptions options = options_.run;
    options.on_finished = nullptr;
    options.simulated_start = simulated_now_;
    if (options.records) options.records = std::max<int64_t>(0, *options.records - records_);
    options.epochs.reset = false;
    options.epochs.savepoint.clear();
    options.epochs.record = record_;
    return options;
}

int64_t Supervisor::now() const {
    if (is_simulated()) return simulated_now_;
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

std::optional<RestartNotice> Supervisor::waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_;
}

Graph Supervisor::graph() const {
    const std::lock_guard lock(mutex_);
    return graph_;
}

Connections Supervisor::connections() const {
    const std::lock_guard lock(mutex_);
    return run_ ? run_->connections() : Connections();
}

Result<std::shared_ptr<LiveTap>> Supervisor::look(const TapPoint& point, const std::string& where) {
    const std::lock_guard lock(mutex_);
    if (!run_) return Status::retryable("the topology waits to begin again");
    return run_->look(point, where);
}

// A change has come to its end.
void Supervisor::note_change(const Applied& outcome) {
    const std::lock_guard lock(mutex_);
    ++(outcome.is_taken ? reloads_.taken : outcome.was_tried ? reloads_.rolled_back : reloads_.refused);
    if (!outcome.was_tried) return;
    reloads_.pause += outcome.pause;
    reloads_.last_pause = outcome.pause;
}

RunStats Supervisor::stats() const {
    const std::lock_guard lock(mutex_);
    RunStats out = run_ ? joined(past_, *run_) : past_;
    out.checkpoints = options_.run.epoch_log->stats();
    out.reloads = reloads_;
    out.is_open = run_ && out.is_open;
    out.is_paused = is_paused_;
    return out;
}

}  // namespace weir::host
