#include "host/cli/session.hpp"

#include <unistd.h>

#include <algorithm>

#include <fmt/format.h>

#include <weir/abi.h>

#include "host/cli/control_api.hpp"
#include "host/cli/terminal.hpp"
#include "host/control/hosts.hpp"
#include "host/exit_codes.hpp"

namespace weir::host {
namespace {

constexpr size_t kControlThreads = 16;
constexpr size_t kMaxControlBody = size_t{1} << 20;  // bytes of a request

}  // namespace

Session::Session(const std::shared_ptr<TopologySet>& topologies, const SessionOptions& options, Terminal& terminal)
    : options_(options), terminal_(terminal), loader_(topologies->plugins().loader()), signals_(wakeup_, options.stay.supervisor) {
    for (size_t i = 0; i < topologies->entries().size(); ++i) add_given(topologies, i);
    terminal_.on_output_closed([this] { signals_.request(); });
    // At once: rows were lost, and whoever finishes its epoch would commit that they were written.
    terminal_.on_output_failed([this] {
        terminal_.set_live({});
        _exit(kExitFailed);
    });
}

Session::~Session() {
    terminal_.on_output_closed(nullptr);
    terminal_.on_output_failed(nullptr);
}

Session::Member Session::make(const std::string& name, const std::filesystem::path& file) {
    const auto on_gone = [this] {
        const std::lock_guard lock(mutex_);
        changed_.notify_all();
    };
    return std::make_shared<Hosted>(name, file, [this, name](uint32_t level, const std::string& text) { tell(level, name, text); }, on_gone);
}

void Session::add_given(const std::shared_ptr<TopologySet>& topologies, size_t index) {
    TopologySet::Entry& entry = topologies->entries()[index];
    const Member member = make(entry.topology->name, entry.path);
    member->ends_host = !options_.stay.stays;
    Beginning beginning;
    beginning.given = arguments_of(entry);
    beginning.recorded = record_graph(beginning.given, *entry.topology, topologies->plugins().builds());
    beginning.epochs = epochs_options(*entry.plan, true);
    beginning.graph = {std::shared_ptr<const Topology>(topologies, entry.topology.get()), [topologies, &entry] { return topologies->plan_again(entry); },
                       options_.stay.records_dir.empty() ? "" : beginning.recorded.id()};
    beginning.plan = std::move(entry.plan);
    equip(*member, std::move(beginning));
    note(*member);
    members_.push_back(member);
}

// A topology whose state another host has is refused by the state itself.
void Session::note(Hosted& member) {
    if (options_.stay.records_dir.empty()) return;
    const RunRecords records(options_.stay.records_dir);
    auto lock = records.lock(member.name());
    if (!lock)
        return tell(WEIR_LOG_WARNING, member.name(), fmt::format("warning[data-dir]: {}: {}: a host that begins there anew does not know of this run", member.name(), lock.status().message()));
    auto before = records.read(member.name());
    const bool was_changed = before && before->last_change && before->last_change->result == LastChange::kTaken;
    if (was_changed && before->graph.id() != member.record().graph.id())
        tell(WEIR_LOG_INFO, member.name(), fmt::format("note: {}: runs as {} says, and not as it was changed while it ran; a host without files goes on with that",
                                                       member.name(), member.file().string()));
    member.note_in(records, std::move(*lock), options_.stay.host);
}

void Session::equip(Hosted& member, Beginning beginning) {
    SupervisorOptions options;
    options.run.records = options_.records;
    options.run.on_finished = [this] {
        wakeup_.notify();
        const std::lock_guard lock(mutex_);
        changed_.notify_all();
    };
    options.run.on_opened = [this] {
        const std::lock_guard lock(mutex_);
        changed_.notify_all();
    };
    options.on_failure = [this, &member](const RestartNotice& notice) { tell_restart(member, notice); };
    options.on_restarted = [this, &member](int64_t attempt, uint64_t epoch) {
        const std::string where = epoch > 0 ? fmt::format(", goes on behind epoch {}", epoch) : "";
        tell(WEIR_LOG_INFO, member.name(), fmt::format("{}: restart {} succeeded{}", member.name(), attempt, where));
    };
    member.equip(std::move(beginning), std::move(options), options_.connect_timeout, loader_);
}

// What the other files' parameters were given is theirs.
TopologyArguments Session::arguments_of(const TopologySet::Entry& entry) const {
    TopologyArguments out = options_.topologies;
    out.files = {entry.path};
    out.texts = entry.texts;
    return out;
}

std::vector<Session::Running> Session::running() const {
    std::vector<Running> out;
    for (const Member& member : all())
        if (member->state() == Hosted::State::kRuns && !member->run().finished())
            out.push_back({&member->run(), &member->changes(), member->is_durable(), member});
    return out;
}

std::vector<std::shared_ptr<Hosted>> Session::all() const {
    const std::lock_guard lock(mutex_);
    return members_;
}

bool Session::stop(const Running& one, StopMode mode) {
    if (one.run->finished()) return false;
    one.hosted->is_asked_to_stop = true;
    one.hosted->note(Standing::kStopped);
    one.run->request_stop(mode);
    return true;
}

std::optional<Session::Running> Session::running(const std::string& name) const {
    for (Running& one : running())
        if (one.hosted->name() == name) return std::move(one);
    return std::nullopt;
}

Session::Member Session::find(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(members_.begin(), members_.end(), [&](const Member& member) { return member->name() == name; });
    return found == members_.end() ? nullptr : *found;
}

ChangeOutcome Session::apply(const Running& one, const ChangeRequest& request) {
    ChangeOutcome outcome = one.changes->apply(request);
    const bool is_good = outcome.kind == ChangeOutcome::Kind::kTaken || outcome.kind == ChangeOutcome::Kind::kNothing;
    tell(is_good ? WEIR_LOG_INFO : WEIR_LOG_WARNING, one.hosted->name(), change_text(one.hosted->name(), outcome));
    return outcome;
}

SeekOutcome Session::seek(const Running& one, const SeekRequest& request) {
    SeekOutcome outcome = one.changes->seek(request);
    const std::string& name = one.hosted->name();
    if (outcome.kind == SeekOutcome::Kind::kTaken)
        tell(WEIR_LOG_INFO, name, fmt::format("{}: `{}` was put to another place behind epoch {}: {}", name, request.node, outcome.applied.epoch, places_text(outcome)));
    else if (outcome.kind == SeekOutcome::Kind::kRolledBack)
        tell(WEIR_LOG_WARNING, name, fmt::format("warning[change]: {}: `{}` goes on where it was: {}", name, request.node, outcome.why));
    return outcome;
}

void Session::watch() {
    if (!options_.watch) return;
    std::vector<std::filesystem::path> paths = options_.topologies.files;
    const auto add = [&](const auto& more) { paths.insert(paths.end(), more.begin(), more.end()); };
    add(options_.topologies.params_files);
    add(options_.topologies.plugin_dirs);
    watcher_ = std::make_unique<Watcher>(std::move(paths), [this] { apply_files(); });
}

void Session::apply_files() {
    ChangeRequest request;
    request.reread = true;
    for (const Running& one : running()) apply(one, request);
}

// A host that cannot be asked runs all the same.
void Session::begin_control() {
    if (options_.control_dir.empty()) return;
    HttpOptions http;
    http.threads = kControlThreads;
    http.most_body_bytes = kMaxControlBody;
    http.idle = std::chrono::seconds(1);
    control_ = std::make_unique<HttpServer>(std::move(http), [this](const HttpRequest& request) { return answer_control(*this, request); });
    const Status listening = control_->listen_on_socket(control_socket(options_.control_dir));
    if (!listening.ok())
        terminal_.message(fmt::format("warning[control]: {}: `weir status`, `apply` and the like do not find this host", listening.message()));
}

// `is_first`: what the command line says of the first start is meant.
EpochsOptions Session::epochs_options(const Plan& plan, bool is_first) const {
    if (is_kept_nowhere(plan, options_)) return {};
    EpochsOptions epochs;
    epochs.dir = options_.data_dir / plan.topology().name;
    if (!is_first) return epochs;
    epochs.allow_loss = options_.allow_loss;
    epochs.reset = options_.reset;
    epochs.savepoint = options_.savepoint;
    epochs.outside_start = options_.outside_start;
    return epochs;
}

int Session::run() {
    introduce();
    if (!serve_views() || !listen() || !connect()) return end_of_listening();
    started_ = std::chrono::steady_clock::now();
    next_line_ = started_ + line_interval();
    for (const Member& member : all()) start(*member);
    bring_back();
    begin_control();
    watch();
    wait();
    watcher_.reset();
    control_.reset();
    if (options_.admin) options_.admin->stop();
    terminal_.set_live({});
    summarize();
    for (const Member& member : all())
        if (member->state() == Hosted::State::kEnded)
            if (const Status status = member->forget(); !status.ok()) terminal_.message("warning[data-dir]: " + status.message());
    return exit_code_;
}

void Session::start(Hosted& member) {
    member.meter.start(counts_of(member.run().stats()), std::chrono::steady_clock::now());
    member.run().start();
    member.set_state(Hosted::State::kRuns);
    {
        const std::lock_guard lock(mutex_);
        if (stopping_) member.run().request_stop(*stopping_);
        else if (member.is_asked_to_stop) member.run().request_stop(StopMode::kCheckpoint);
    }
    wakeup_.notify();
}

RunStats Session::first_stats() const {
    const auto members = all();
    return members.empty() ? RunStats() : members.front()->last_stats;
}

// Before anything begins: a port that somebody has is no reason to stop what runs.
bool Session::serve_views() {
    for (const Member& member : all()) {
        const Status status = serve_views(*member);
        if (status.ok()) continue;
        terminal_.message(status.message());
        exit_code_ = status.code() == WEIR_E_RETRYABLE ? kExitUnreachable : kExitUsage;
        return false;
    }
    return true;
}

Status Session::serve_views(Hosted& member) {
    if (!member.serving()) return {};
    const auto topology = member.run().topology();
    const Status status = member.serving()->server.listen();
    if (status.ok()) {
        tell(WEIR_LOG_INFO, member.name(), fmt::format("{}: {} at {}", member.name(), topology->dashboard ? "dashboard" : "views", member.serving()->server.url()));
        return {};
    }
    const bool is_taken = status.code() == WEIR_E_RETRYABLE;
    const ServeSpec& spec = *topology->serve;
    Diagnostics diagnostics;
    diagnostics.error(is_taken ? Code::kUnreachable : Code::kNotAllowedValue, is_taken ? spec.port_place : spec.address_place,
                      fmt::format("`serve`: {}", status.message()))
        .hint = is_taken ? "another `port`, or 0 for one that is free" : "";
    return is_taken ? Status::retryable(diagnostics.text()) : Status::config("", diagnostics.text());
}

// Before anything begins, too: who asks whether it is ready is answered from then on.
bool Session::listen() {
    if (!options_.admin) return true;
    const Status status = options_.admin->listen([this](const HttpRequest& request) { return answer_control(*this, request); });
    if (status.ok()) {
        if (!options_.is_quiet) terminal_.message(fmt::format("admin API at {}", options_.admin->url()));
        return true;
    }
    const bool is_taken = status.code() == WEIR_E_RETRYABLE;
    terminal_.message(fmt::format("weir run: --listen: {}", status.message()));
    exit_code_ = is_taken ? kExitUnreachable : kExitUsage;
    return false;
}

int Session::end_of_listening() {
    if (options_.admin) options_.admin->stop();
    return exit_code_;
}

bool Session::connect() {
    for (const Member& member : all()) {
        Supervisor& run = member->run();
        const Status status = run.connect(signals_.requested());
        if (signals_.requested()) return false;
        if (status.ok()) {
            if (const uint64_t epoch = run.resumed_at(); epoch > 0)
                tell(WEIR_LOG_INFO, member->name(), fmt::format("{}: goes on behind epoch {}", member->name(), epoch));
            continue;
        }
        exit_code_ = run.failed_state() ? kExitState : exit_code_of(status, true);
        terminal_.message(error_text(run, status, true, status.message()));
        return false;
    }
    return true;
}

void Session::wait() {
    while (!reap()) {
        if (signals_.requested() && stopping_ != StopMode::kCheckpoint) {
            stop_all(StopMode::kCheckpoint);
            if (!options_.is_quiet) terminal_.message("stopping: finishing what was read (once more ends at once)");
        } else if (options_.duration && !stopping_ && std::chrono::steady_clock::now() - started_ >= *options_.duration) {
            stop_all(StopMode::kDrain);
        }
        show_rates();
        wakeup_.sleep(next_pause());
        wakeup_.take();
    }
}

// Until there is something to do by the clock; nothing: the wake-up of an end or a signal comes in any case.
std::optional<std::chrono::microseconds> Session::next_pause() const {
    std::optional<std::chrono::steady_clock::time_point> until;
    const auto now = std::chrono::steady_clock::now();
    if (!options_.is_quiet) until = next_line_;
    if (options_.duration && !stopping_) {
        const auto end = started_ + *options_.duration;
        until = std::min(until.value_or(end), end);
    }
    if (!until) return std::nullopt;
    return std::chrono::ceil<std::chrono::microseconds>(std::max(*until, now) - now);
}

// Takes note of topologies that have ended. True when all have, and the host is not to stay. Who adds one meanwhile has it among the
// members before it asks whether all are to stop.
bool Session::reap() {
    for (const Member& member : all()) {
        if (member->is_over) continue;
        const bool has_run = member->state() == Hosted::State::kRuns;
        if (has_run ? member->run().finished() : member->state() != Hosted::State::kStarting) take_end(*member);
    }
    const std::lock_guard lock(mutex_);
    if (options_.stay.stays && !stopping_) return false;
    if (!std::all_of(members_.begin(), members_.end(), [](const Member& member) { return member->is_over.load(); })) return false;
    if (!stopping_) stopping_ = StopMode::kCheckpoint;  // nothing is added any more
    return true;
}

// In place of what has ended stands what is left of it, so that nothing is held that another run may want.
void Session::take_end(Hosted& member) {
    if (member.starter.joinable()) member.starter.join();
    if (member.state() == Hosted::State::kRuns) {
        member.run().join();
        if (member.run().failure()) {
            member.ending = "failed";
            const Status& status = member.run().failure()->status;
            member.set_exit_code(member.run().failed_state() ? kExitState : exit_code_of(status, member.run().failed_opening() || member.run().ended_waiting()));
            member.set_state(Hosted::State::kFailed, failure_text(member.run(), member.is_durable()));
        } else if (member.is_asked_to_stop || stopping_ == StopMode::kCheckpoint) {
            member.ending = "stopped";
            member.set_state(Hosted::State::kStopped);
        } else {
            member.note(Standing::kEnded);
            member.set_state(Hosted::State::kEnded);
        }
    }
    std::shared_ptr<Hosted> rest = member.rest(!options_.stay.stays);
    {
        const std::lock_guard lock(mutex_);
        rest->is_over = true;
        for (Member& one : members_)
            if (one.get() == &member) one.swap(rest);
        changed_.notify_all();
    }
    if (member.state() == Hosted::State::kFailed) tell_failure(member);
    else if (options_.stay.stays && !stopping_)
        tell(WEIR_LOG_INFO, member.name(), fmt::format("{}: {}", member.name(), member.ending));
}

// Who is added from now on sees that all are to stop.
void Session::stop_all(StopMode mode) {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = mode;
    }
    for (const Member& member : all()) {
        member->stop_starting = true;
        if (member->state() == Hosted::State::kRuns && !member->is_over) member->run().request_stop(mode);
    }
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
}

}  // namespace weir::host
