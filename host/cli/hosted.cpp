#include "host/cli/hosted.hpp"

#include <utility>

#include <fmt/format.h>

#include <weir/abi.h>

#include "host/engine/clock.hpp"
#include "host/text/secrets.hpp"

namespace weir::host {

const char* state_text(Hosted::State state) {
    switch (state) {
        case Hosted::State::kStarting: return "starting";
        case Hosted::State::kRuns: return "running";
        case Hosted::State::kStopped: return "stopped";
        case Hosted::State::kEnded: return "ended";
        case Hosted::State::kFailed: return "failed";
    }
    return "";
}

Hosted::~Hosted() {
    if (starter.joinable()) starter.join();
    drop();
    gone_->store(true);
    on_gone_();
}

std::filesystem::path Hosted::file() const {
    if (state() == State::kRuns) return changes_->file();
    const std::lock_guard lock(mutex_);
    return file_;
}

std::string Hosted::why() const {
    const std::lock_guard lock(mutex_);
    return why_;
}

std::optional<LastChange> Hosted::last_change() const {
    const std::lock_guard lock(mutex_);
    return record_.last_change;
}

void Hosted::set_state(State state, std::string why) {
    {
        const std::lock_guard lock(mutex_);
        why_ = std::move(why);
    }
    state_.store(state);
}

void Hosted::equip(Beginning beginning, SupervisorOptions options, std::chrono::microseconds connect_timeout,
                   const std::shared_ptr<ModuleLoader>& loader) {
    is_durable_ = !beginning.epochs.dir.empty();
    options.run.epochs = std::move(beginning.epochs);
    options.graph = std::move(beginning.graph);
    if (options.graph.topology->serve) {
        serving_ = std::make_unique<Serving>(*beginning.plan);
        options.run.taps = &serving_->views.taps();
        options.run.connections = &serving_->views.connections();
    }
    options.run.on_opened = [this, opened = std::move(options.run.on_opened)] {
        note(is_asked_to_stop ? Standing::kStopped : Standing::kRuns);
        has_opened = true;
        if (opened) opened();
    };
    {
        const std::lock_guard lock(mutex_);
        file_ = beginning.given.files.front();
        if (!record_.trial) record_.graph = std::move(beginning.recorded);
    }
    run_ = std::make_unique<Supervisor>(std::move(beginning.plan), std::move(options));
    changes_ = std::make_unique<Changes>(*run_, *this, std::move(beginning.given), is_durable_, connect_timeout, loader);
}

void Hosted::drop() {
    changes_.reset();
    run_.reset();
    serving_.reset();
}

void Hosted::drop_views() { serving_.reset(); }

void Hosted::note_in(const RunRecords& records, std::unique_ptr<RunLock> lock, const std::string& host) {
    const std::lock_guard guard(mutex_);
    records_ = records;
    lock_ = std::move(lock);
    record_.topology = name_;
    record_.host = host;
}

void Hosted::adopt(RunRecord record) {
    const std::lock_guard guard(mutex_);
    record.host = record_.host;
    record_ = std::move(record);
}

std::shared_ptr<Hosted> Hosted::rest(bool keeps_views) {
    auto out = std::make_shared<Hosted>(name_, changes_ ? changes_->file() : file(), tell_, on_gone_);
    out->before_ = gone_;
    out->ends_host = ends_host;
    out->ending = ending;
    out->is_asked_to_stop = is_asked_to_stop.load();
    out->is_durable_ = is_durable_.load();
    out->exit_code_ = exit_code_.load();
    if (run_) {
        out->last_stats = run_->stats();
        out->summary = summary_text(*run_->topology(), out->last_stats, ending);
    }
    if (keeps_views) out->serving_ = std::move(serving_);
    const std::lock_guard lock(mutex_);
    out->lock_ = std::move(lock_);
    out->records_ = std::exchange(records_, std::nullopt);
    out->record_ = record_;
    out->set_state(state(), why_);
    return out;
}

Status Hosted::write() { return records_ ? records_->write(record_) : Status(); }

// Each start of a run tells; what stands there already is not written again.
void Hosted::note(Standing standing) {
    Status status;
    {
        const std::lock_guard lock(mutex_);
        if (!records_) return;
        record_.standing = standing;
        auto there = records_->read(name_);
        if (there && there->text() == record_.text()) return;
        status = write();
    }
    if (!status.ok())
        tell_(WEIR_LOG_WARNING, fmt::format("warning[data-dir]: {}: {}: a host that begins here goes on with what it ran before", name_, status.message()));
}

Status Hosted::forget() {
    const std::lock_guard lock(mutex_);
    if (!records_) return {};
    Status status = records_->remove(name_);
    if (status.ok()) records_.reset();
    return status;
}

Status Hosted::note_trial(const RunRecord& before, bool is_taken, const std::string& died) {
    const std::lock_guard lock(mutex_);
    record_ = before;
    LastChange change;
    change.id = record_.trial->id;
    change.file = record_.trial->graph.file.string();
    change.time = system_now();
    change.result = is_taken ? LastChange::kTaken : LastChange::kDied;
    if (!is_taken) change.why = Secrets::of_process().hide(fmt::format("the host died while it was on trial: {}", died));
    if (is_taken) record_.graph = std::move(record_.trial->graph);
    record_.trial.reset();
    record_.last_change = std::move(change);
    return write();
}

void Hosted::take_notes_of(Hosted& before) {
    const std::scoped_lock both(mutex_, before.mutex_);
    lock_ = std::move(before.lock_);
    records_ = std::exchange(before.records_, std::nullopt);
    record_.topology = before.record_.topology;
    record_.host = before.record_.host;
    record_.last_change = before.record_.last_change;
}

RunRecord Hosted::record() const {
    const std::lock_guard lock(mutex_);
    return record_;
}

bool Hosted::is_noted() const {
    const std::lock_guard lock(mutex_);
    return records_.has_value();
}

Status Hosted::begins(const RecordedGraph& next, const ChangeRequest& request) {
    const std::lock_guard lock(mutex_);
    record_.trial = RunRecord::Trial{next, request.id};
    Status status = write();
    if (!status.ok()) record_.trial.reset();
    return status;
}

// Where the end of its trial is not known it stays noted as it is: the next start finds out.
void Hosted::ends(const ChangeRequest& request, const ChangeOutcome& outcome) {
    using Kind = ChangeOutcome::Kind;
    Status status;
    {
        const std::lock_guard lock(mutex_);
        if (outcome.kind == Kind::kRolledBack && !outcome.applied.is_known) return;
        const bool was_tried = outcome.kind == Kind::kTaken || outcome.kind == Kind::kRolledBack;
        if (!record_.trial) return;
        if (was_tried) {
            const bool is_taken = outcome.kind == Kind::kTaken;
            record_.last_change = LastChange{request.id, is_taken ? LastChange::kTaken : LastChange::kRolledBack, Secrets::of_process().hide(outcome.why),
                                             record_.trial->graph.file.string(), system_now()};
            if (is_taken) record_.graph = std::move(record_.trial->graph);
        }
        record_.trial.reset();
        status = write();
    }
    if (!status.ok())
        tell_(WEIR_LOG_WARNING, fmt::format("warning[data-dir]: {}: {}: which graph runs is told by its epochs until it can be noted", name_, status.message()));
}

}  // namespace weir::host
