#include "host/cli/session.hpp"

#include <unistd.h>

#include <algorithm>

#include <fmt/format.h>

#include "host/cli/control_api.hpp"
#include "host/cli/terminal.hpp"
#include "host/control/hosts.hpp"
#include "host/engine/clock.hpp"
#include "host/exit_codes.hpp"
#include "host/topology/subject.hpp"

namespace weir::host {
namespace {

constexpr auto kRedraw = std::chrono::milliseconds(250);
constexpr auto kPlainLines = std::chrono::milliseconds(2000);
constexpr size_t kControlThreads = 16;
constexpr size_t kMaxControlBody = size_t{1} << 20;  // bytes of a request

std::chrono::steady_clock::time_point clock_now() { return std::chrono::steady_clock::now(); }

// What the error codes of abi.h are called in messages.
const char* code_text(const Status& status, bool is_opening) {
    switch (status.code()) {
        case WEIR_E_CONFIG: return "config";
        case WEIR_E_ROW: return "row";
        case WEIR_E_RETRYABLE: return is_opening ? "unreachable" : "retryable";
        case WEIR_E_STATE_VERSION: return "state-version";
        case WEIR_E_UNSUPPORTED: return "unsupported";
        default: return "fatal";
    }
}

int exit_code_of(const Status& status, bool is_opening) {
    if (status.code() == WEIR_E_STATE_VERSION) return kExitState;
    if (!is_opening) return kExitFailed;
    if (status.code() == WEIR_E_CONFIG) return kExitUsage;
    return status.code() == WEIR_E_RETRYABLE ? kExitUnreachable : kExitFailed;
}

// "1.5 s", "200 ms": of a wait.
std::string wait_text(std::chrono::microseconds time) {
    if (time < std::chrono::seconds(1)) return fmt::format("{} ms", time.count() / 1000);
    return fmt::format("{:.1f} s", std::chrono::duration<double>(time).count());
}

// Why there is no restart any more, where there might have been.
std::string over_text(const Supervisor& run) {
    if (run.why_over().empty() || run.topology()->restart.strategy == RestartStrategy::kNone) return "";
    return fmt::format(". It is not started again: {}", run.why_over());
}

std::string error_text(const Supervisor& run, const Status& status, bool is_opening, const std::string& what) {
    const bool is_state = run.failed_state() && status.code() != WEIR_E_STATE_VERSION;
    return fmt::format("error[{}]: topology `{}`: {}", is_state ? "state" : code_text(status, is_opening), run.topology()->name,
                       what);
}

// Of a run that was to end while it waited to begin again.
std::string waiting_text(const Topology& topology, const Failure& failure, bool is_durable) {
    const char* rest = is_durable ? "What is committed is kept: the next run goes on from there" : "What its sources gave since is not written";
    return fmt::format("{}. The run was to end while `{}` waited to begin again. {}", failure.text(), topology.name, rest);
}

// What a node refused about its configuration when it met the outside: told as lint would.
std::string refused_text(const Topology& topology, const Failure& failure) {
    const NodeSpec& node = topology.nodes[static_cast<size_t>(topology.find_node(failure.node))];
    Diagnostics diagnostics;
    diagnostics.error(Code::kOperatorRefused, node.config.place_of(failure.status.path()),
                      fmt::format("node `{}`: {}", failure.node, with_subject(*node.op, failure.status.path(), failure.status.message())));
    return diagnostics.text();
}

}  // namespace

Session::Session(TopologySet& topologies, const SessionOptions& options, Terminal& terminal)
    : options_(options), terminal_(terminal), signals_(wakeup_) {
    for (size_t i = 0; i < topologies.entries().size(); ++i) add_member(topologies, i);
    terminal_.on_output_closed([this] { signals_.request(); });
    // At once: rows were lost, and whoever finishes its epoch would commit that they were written.
    terminal_.on_output_failed([this] {
        terminal_.set_live({});
        _exit(kExitFailed);
    });
}

void Session::add_member(TopologySet& topologies, size_t index) {
    TopologySet::Entry& entry = topologies.entries()[index];
    Member& member = members_.emplace_back();
    member.entry = &entry;
    SupervisorOptions options;
    options.run.records = options_.records;
    options.run.on_finished = [this] { wakeup_.notify(); };
    options.run.epochs = epochs_options(*entry.plan);
    member.is_durable = !options.run.epochs.dir.empty();
    if (entry.topology->serve) {
        member.serving = std::make_unique<Serving>(*entry.plan);
        options.run.taps = &member.serving->views.taps();
        options.run.connections = &member.serving->views.connections();
    }
    options.graph = {entry.topology, [&topologies, &entry] { return topologies.plan_again(entry); }};
    options.on_failure = [this, &member](const RestartNotice& notice) { tell_restart(member, notice); };
    options.on_restarted = [this, &member](int64_t attempt, uint64_t epoch) {
        if (options_.is_quiet) return;
        const std::string where = epoch > 0 ? fmt::format(", goes on behind epoch {}", epoch) : "";
        terminal_.message(fmt::format("{}: restart {} succeeded{}", member.run->topology()->name, attempt, where));
    };
    member.run = std::make_unique<Supervisor>(std::move(entry.plan), std::move(options));
    member.changes = std::make_unique<Changes>(*member.run, arguments_of(index), member.is_durable, options_.connect_timeout,
                                                topologies.plugins().loader());
}

// What the other files' parameters were given is theirs.
TopologyArguments Session::arguments_of(size_t index) const {
    TopologyArguments out = options_.topologies;
    if (index < out.files.size()) out.files = {out.files[index]};
    return out;
}

std::vector<Session::Running> Session::running() {
    std::vector<Running> out;
    for (Member& member : members_)
        if (!member.run->finished()) out.push_back({member.run.get(), member.changes.get(), member.is_durable});
    return out;
}

bool Session::stop(Supervisor& run, StopMode mode) {
    if (run.finished()) return false;
    run.request_stop(mode);
    return true;
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
    for (const Running& one : running()) terminal_.message(change_text(one.run->topology()->name, one.changes->apply({})));
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

EpochsOptions Session::epochs_options(const Plan& plan) const {
    if (is_kept_nowhere(plan, options_)) return {};
    EpochsOptions epochs;
    epochs.dir = options_.data_dir / plan.topology().name;
    epochs.allow_loss = options_.allow_loss;
    epochs.reset = options_.reset;
    epochs.savepoint = options_.savepoint;
    epochs.outside_start = options_.outside_start;
    return epochs;
}

Session::~Session() {
    terminal_.on_output_closed(nullptr);
    terminal_.on_output_failed(nullptr);
}

int Session::run() {
    introduce();
    if (!serve_views() || !listen() || !connect()) return end_of_listening();
    started_ = clock_now();
    next_line_ = started_ + line_interval();
    for (Member& member : members_) {
        member.meter.start(counts_of(member.run->stats()), started_);
        member.run->start();
    }
    begin_control();
    watch();
    wait();
    watcher_.reset();
    control_.reset();
    if (options_.admin) options_.admin->stop();
    terminal_.set_live({});
    summarize();
    return exit_code_;
}

void Session::introduce() {
    if (options_.is_quiet) return;
    std::string text;
    for (const Member& member : members_) text += graph_text(*member.run->topology(), member.entry->path.string());
    for (const Member& member : members_)
        if (!member.is_durable) text += state_notice(*member.run->topology());
    terminal_.message(text);
}

// Before anything begins: a port that somebody has is no reason to stop what runs.
bool Session::serve_views() {
    for (Member& member : members_) {
        if (!member.serving) continue;
        const ServeSpec& spec = *member.entry->topology->serve;
        const Status status = member.serving->server.listen();
        if (status.ok()) {
            if (!options_.is_quiet)
                terminal_.message(fmt::format("{}: {} at {}", member.entry->topology->name,
                                              member.entry->topology->dashboard ? "dashboard" : "views", member.serving->server.url()));
            continue;
        }
        const bool is_taken = status.code() == WEIR_E_RETRYABLE;
        Diagnostics diagnostics;
        diagnostics.error(is_taken ? Code::kUnreachable : Code::kNotAllowedValue, is_taken ? spec.port_place : spec.address_place,
                          fmt::format("`serve`: {}", status.message()))
            .hint = is_taken ? "another `port`, or 0 for one that is free" : "";
        terminal_.message(diagnostics.text());
        exit_code_ = is_taken ? kExitUnreachable : kExitUsage;
        return false;
    }
    return true;
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
    for (Member& member : members_) {
        const Status status = member.run->connect(signals_.requested());
        if (signals_.requested()) return false;
        if (status.ok()) {
            if (const uint64_t epoch = member.run->resumed_at(); epoch > 0 && !options_.is_quiet)
                terminal_.message(fmt::format("{}: goes on behind epoch {}", member.run->topology()->name, epoch));
            continue;
        }
        exit_code_ = member.run->failed_state() ? kExitState : exit_code_of(status, true);
        terminal_.message(error_text(*member.run, status, true, status.message()));
        return false;
    }
    return true;
}

void Session::wait() {
    while (!reap()) {
        if (signals_.requested() && stopping_ != StopMode::kCheckpoint) {
            stop_all(StopMode::kCheckpoint);
            if (!options_.is_quiet) terminal_.message("stopping: finishing what was read (once more ends at once)");
        } else if (options_.duration && !stopping_ && clock_now() - started_ >= *options_.duration) {
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
    const auto now = clock_now();
    if (!options_.is_quiet) until = next_line_;
    if (options_.duration && !stopping_) {
        const auto end = started_ + *options_.duration;
        until = std::min(until.value_or(end), end);
    }
    if (!until) return std::nullopt;
    return std::chrono::ceil<std::chrono::microseconds>(std::max(*until, now) - now);
}

// Takes note of topologies that have ended. True when all have.
bool Session::reap() {
    for (Member& member : members_) {
        if (member.joined || !member.run->finished()) continue;
        member.run->join();
        member.joined = true;
        if (member.run->failure()) tell_failure(member);
        else if (stopping_ == StopMode::kCheckpoint) member.outcome = "stopped";
    }
    return std::all_of(members_.begin(), members_.end(), [](const Member& m) { return m.joined; });
}

void Session::tell_restart(const Member& member, const RestartNotice& notice) {
    const std::string of = notice.attempts ? fmt::format(" of {}", *notice.attempts) : "";
    terminal_.message(fmt::format("warning[retryable]: topology `{}`: {}; restart {}{} in {}", member.run->topology()->name,
                                  notice.failure, notice.attempt, of, wait_text(notice.delay)));
    wakeup_.notify();
}

void Session::tell_failure(Member& member) {
    const Failure& failure = *member.run->failure();
    const bool is_opening = member.run->failed_opening();
    member.outcome = "failed";
    const bool ended_waiting = member.run->ended_waiting();
    if (exit_code_ == kExitOk)
        exit_code_ = member.run->failed_state() ? kExitState : exit_code_of(failure.status, is_opening || ended_waiting);
    if (ended_waiting)
        terminal_.message(error_text(*member.run, failure.status, true, waiting_text(*member.run->topology(), failure, member.is_durable)));
    else if (is_opening && failure.status.code() == WEIR_E_CONFIG && !failure.node.empty())
        terminal_.message(refused_text(*member.run->topology(), failure));
    else
        terminal_.message(error_text(*member.run, failure.status, is_opening, failure.text() + over_text(*member.run)));
    const bool others_run = std::any_of(members_.begin(), members_.end(), [](const Member& m) { return !m.joined; });
    if (!others_run || stopping_ == StopMode::kCheckpoint) return;
    if (!options_.is_quiet) terminal_.message("stopping the other topologies");
    stop_all(StopMode::kCheckpoint);
}

void Session::stop_all(StopMode mode) {
    stopping_ = mode;
    for (Member& member : members_)
        if (!member.joined) member.run->request_stop(mode);
}

std::chrono::milliseconds Session::line_interval() const { return terminal_.is_live() ? kRedraw : kPlainLines; }

void Session::show_rates() {
    if (options_.is_quiet) return;
    const auto now = clock_now();
    if (now < next_line_) return;
    next_line_ = now + line_interval();
    size_t width = 0;
    for (const Member& member : members_) width = std::max(width, member.run->topology()->name.size());
    std::vector<std::string> lines;
    for (Member& member : members_) {
        if (member.joined) continue;
        lines.push_back(fmt::format("{:6.1f} s  {:<{}}  {}", std::chrono::duration<double>(now - started_).count(),
                                    member.run->topology()->name, width, line_of(member, now)));
    }
    if (terminal_.is_live()) return terminal_.set_live(std::move(lines));
    for (const std::string& line : lines) terminal_.message(line);
}

std::string Session::line_of(Member& member, std::chrono::steady_clock::time_point now) {
    const auto waiting = member.run->waiting();
    if (!waiting) {
        const RunStats stats = member.run->stats();
        const std::string lag = lag_text(stats, system_now());
        return member.meter.line(counts_of(stats), now) + (lag.empty() ? "" : "  " + lag);
    }
    const auto left = std::chrono::duration_cast<std::chrono::microseconds>(std::max(waiting->due, now) - now);
    return fmt::format("restart {} in {}: {}", waiting->attempt, wait_text(left), waiting->failure);
}

void Session::summarize() {
    if (options_.is_quiet) return;
    for (const Member& member : members_)
        terminal_.message(summary_text(*member.run->topology(), member.run->stats(), member.outcome));
}

}  // namespace weir::host
