// Topologies that begin while a host runs: those that are added, and those that it comes back with.
#include <algorithm>
#include <random>

#include <fmt/format.h>

#include <weir/abi.h>

#include "host/cli/session.hpp"
#include "host/exit_codes.hpp"
#include "host/text/spans.hpp"

namespace weir::host {

// What became of a start. Empty text: it is connected, and can run.
struct Session::Attempt {
    int exit_code = kExitOk;
    std::string text;
    bool may_pass = false;  // it may go well the next time

    bool ok() const { return text.empty(); }
};

// Until its run is joined, and all that it held is free. REQUIRES: the caller does not hold it otherwise.
void Session::wait_over(Member member) {
    const Hosted::Gone gone = member->is_over ? member->before() : member->gone();
    if (!gone) return;
    member.reset();
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return gone->load(); });
}

// ---- what is noted

// A host that died before it could. One that is begun again with files has to know that they have ended.
void Session::forget_ended(const RunRecords& records, const std::string& name) {
    if (options_.stay.supervisor != 0) return;
    if (const Status forgotten = records.remove(name); !forgotten.ok()) tell(WEIR_LOG_WARNING, name, "warning[data-dir]: " + forgotten.message());
}

void Session::bring_back() {
    if (!options_.stay.brings_back) return;
    if (!options_.stay.died.empty()) log(WEIR_LOG_WARNING, "", fmt::format("the host was ended by {}, and is begun again", options_.stay.died));
    const RunRecords records(options_.stay.records_dir);
    for (const std::string& name : records.names()) {
        if (find(name)) continue;
        auto lock = records.lock(name);
        if (!lock) {
            tell(WEIR_LOG_INFO, name, fmt::format("note: {}: {}: it is left to that", name, lock.status().message()));
            continue;
        }
        auto record = records.read(name);
        const Member member = make(name, record ? record->graph.file : std::filesystem::path());
        member->ends_host = !options_.stay.stays;
        if (record && !options_.stay.only_of.empty() && record->host != options_.stay.only_of) continue;
        if (record && record->standing == Standing::kEnded) {
            forget_ended(records, name);
            continue;
        }
        member->note_in(records, std::move(*lock), options_.stay.host);
        if (record) member->adopt(*record);
        if (!record) member->set_state(Hosted::State::kFailed, fmt::format("error[data-dir]: topology `{}`: {}", name, record.status().message()));
        else if (record->standing == Standing::kStopped) {
            member->is_over = true;
            member->set_state(Hosted::State::kStopped);
        }
        member->has_starter = member->state() == Hosted::State::kStarting;
        if (member->has_starter) member->starter = std::thread([this, &one = *member] { begin_noted(one); });
        const std::lock_guard guard(mutex_);
        members_.push_back(member);
    }
}

// On a thread of its own: what it waits for is nobody else's.
void Session::begin_noted(Hosted& member) {
    RestartPolicy policy(RestartSpec(), std::random_device{}());
    for (;;) {
        const Attempt attempt = try_begin(member);
        if (attempt.ok()) return;
        member.drop();
        if (member.stop_starting) {
            if (member.is_asked_to_stop) member.note(Standing::kStopped);
            member.ending = "stopped";
            member.set_state(Hosted::State::kStopped);
            break;
        }
        const auto delay = attempt.may_pass ? policy.failed(steady_time(), {}) : std::nullopt;
        if (!delay) {
            member.ending = "failed";
            member.set_exit_code(attempt.exit_code);
            member.set_state(Hosted::State::kFailed, attempt.text);
            break;
        }
        member.set_state(Hosted::State::kStarting, attempt.text);
        tell(WEIR_LOG_WARNING, member.name(), fmt::format("{}\n{}: is begun again in {}", attempt.text, member.name(), span_text(*delay)));
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, *delay, [&] { return member.stop_starting.load(); });
    }
    wakeup_.notify();
}

Session::Attempt Session::try_begin(Hosted& member) {
    if (member.record().trial) {
        if (Attempt attempt = settle_trial(member); !attempt.ok()) return attempt;
    }
    if (!member.is_equipped()) {
        if (Attempt attempt = begin_graph(member, member.record().graph); !attempt.ok()) return attempt;
    }
    const uint64_t epoch = member.run().resumed_at();
    tell(WEIR_LOG_INFO, member.name(), fmt::format("{}: begins again, as {} was read{}", member.name(), member.file().string(),
                                                   epoch > 0 ? fmt::format("; goes on behind epoch {}", epoch) : ""));
    start(member);
    return {};
}

// The graph of a note, up to where it can run. Behind a death it is what it was then: a build of a plugin that ended the process in its
// trial lies in the plugin folder yet.
Session::Attempt Session::begin_graph(Hosted& member, const RecordedGraph& graph) {
    const RunRecord record = member.record();
    const bool has_died = !options_.stay.died.empty() || record.trial || (record.last_change && record.last_change->result == LastChange::kDied);
    auto given = given_again(graph, options_.topologies.sets, options_.topologies.plugin_dirs);
    if (!given) return {kExitUsage, fmt::format("error[data-dir]: topology `{}` cannot begin again: {}", member.name(), given.status().message())};
    if (has_died) given->builds = graph.builds;
    const auto candidate = Candidate::load(*given, {false, options_.connect_timeout, {}}, loader_);
    if (candidate->exit_code() != kExitOk) return {candidate->exit_code(), candidate->text(), candidate->exit_code() == kExitUnreachable};
    Beginning beginning{candidate->graph(), candidate->take_plan(), candidate->given(), candidate->recorded(), {}};
    beginning.epochs = epochs_options(*beginning.plan, false);
    equip(member, std::move(beginning));
    return connect(member);
}

Session::Attempt Session::connect(Hosted& member) {
    if (const Status served = serve_views(member); !served.ok())
        return {exit_code_of(served, true), served.message(), served.code() == WEIR_E_RETRYABLE};
    const Status status = member.run().connect(member.stop_starting);
    if (status.ok()) return {};
    const bool is_state = member.run().failed_state();
    return {is_state ? kExitState : exit_code_of(status, true), error_text(member.run(), status, true, status.message()),
            !is_state && status.code() == WEIR_E_RETRYABLE};
}

// Which of the two graphs goes on, and that one noted alone. Equipped afterwards where the new one had to be asked and is it.
Session::Attempt Session::settle_trial(Hosted& member) {
    const RunRecord before = member.record();
    auto end = end_of_trial(options_.data_dir / member.name(), before);
    if (!end) return {kExitState, fmt::format("error[state]: topology `{}`: {}", member.name(), end.status().message())};
    bool is_taken = end->kind == TrialEnd::Kind::kTaken;
    if (end->kind == TrialEnd::Kind::kAskNew) {
        const Attempt asked = begin_graph(member, before.trial->graph);
        is_taken = asked.ok() && member.run().resumed_at() >= end->epoch;
        if (!is_taken) member.drop();
        if (!asked.ok()) {
            // It may have found that the epoch is not to be, and have been refused behind that.
            end = end_of_trial(options_.data_dir / member.name(), before);
            if (!end || end->kind == TrialEnd::Kind::kAskNew) return asked;
            is_taken = end->kind == TrialEnd::Kind::kTaken;
        }
    }
    const std::string died = options_.stay.died.empty() ? "its process ended, or was ended" : options_.stay.died;
    if (Status noted = member.note_trial(before, is_taken, died); !noted.ok())
        return {kExitState, fmt::format("error[data-dir]: topology `{}`: {}", member.name(), noted.message())};
    const std::string file = before.trial->graph.file.string();
    if (is_taken) tell(WEIR_LOG_INFO, member.name(), fmt::format("{}: the change to {} was taken before the host died ({})", member.name(), file, died));
    else tell(WEIR_LOG_WARNING, member.name(), fmt::format("warning[change]: {}: the change to {} is refused: the host died while it was on trial: {}; it goes on as it was",
                                                           member.name(), file, died));
    return {};
}

// ---- what is added

// A topology that ended keeps the values that it was given.
Result<TopologyArguments> Session::added_arguments(const Hosted* before, const ChangeRequest& request) const {
    TopologyArguments out;
    out.allow_exec = options_.topologies.allow_exec;
    out.plugin_dirs = options_.topologies.plugin_dirs;
    if (before && !before->record().graph.file.empty()) {
        if (request.file.empty()) {
            auto again = given_again(before->record().graph, options_.topologies.sets, options_.topologies.plugin_dirs);
            if (!again) return again;
            out = std::move(*again);
            if (request.reread || !request.params_files.empty()) out.texts = nullptr;
        } else {
            std::vector<std::string> given = options_.topologies.sets;
            given.insert(given.end(), request.sets.begin(), request.sets.end());
            auto sets = sets_again(before->record().graph, given);
            if (!sets) return sets.status();
            out.sets = std::move(*sets);
            out.params_files = before->record().graph.params_files;
        }
    }
    if (!request.file.empty()) out.files = {request.file};
    for (const std::string& set : out.sets) out.may_lack.push_back(set_name(set));
    out.sets.insert(out.sets.end(), request.sets.begin(), request.sets.end());
    out.params_files.insert(out.params_files.end(), request.params_files.begin(), request.params_files.end());
    for (const std::string& set : request.sets) std::erase(out.may_lack, set_name(set));
    return out;
}

// The place of one that is to begin, and what stood there; or why there is none.
Session::Member Session::reserve(const std::string& name, const std::filesystem::path& file, Addition& why_not, Member& before) {
    const auto refuse = [&](const std::string& why) {
        why_not = {kExitUsage, why, true, 0, 0};
        return nullptr;
    };
    for (int turns = 0; (before = find(name)) != nullptr && turns < 2; ++turns) {
        const bool begins = before->state() == Hosted::State::kStarting;
        if (begins && !before->has_starter) return refuse(fmt::format("`{}` is being begun", name));
        const bool runs = before->state() == Hosted::State::kRuns && !before->run().finished();
        if (runs && !before->is_asked_to_stop) return refuse(fmt::format("`{}` has begun meanwhile", name));
        if (begins) stop_starting(name);
        wait_over(std::move(before));
    }
    const Member member = make(name, file);
    const std::lock_guard lock(mutex_);
    if (stopping_) return refuse("this host is ending");
    const auto is_it = [&](const Member& one) { return one->name() == name; };
    const auto at = std::find_if(members_.begin(), members_.end(), is_it);
    if (at != members_.end() && *at != before) return refuse(fmt::format("another `{}` has begun meanwhile", name));
    if (at == members_.end()) members_.push_back(member);
    else *at = member;
    return member;
}

// In the place of one, or of what is left of it, unless another has taken that meanwhile; null: nothing.
void Session::put(const Hosted::Gone& place, Member member) {
    Member old;
    {
        const std::lock_guard lock(mutex_);
        const auto at = std::find_if(members_.begin(), members_.end(), [&](const Member& one) { return one->gone() == place || one->before() == place; });
        if (at == members_.end()) return;
        old = *at;
        if (member) *at = std::move(member);
        else members_.erase(at);
        changed_.notify_all();
    }
    wakeup_.notify();
}

Addition Session::add(const std::string& name, const ChangeRequest& request) {
    Addition out;
    Member before;
    Member member = reserve(name, request.file, out, before);
    if (!member) return out;
    auto arguments = added_arguments(before.get(), request);
    if (!arguments) out = {kExitUsage, arguments.status().message(), false, 0, 0};
    else if (arguments->files.empty()) out = {kExitUsage, fmt::format("there is no topology `{}` here: `file` says what it is", name), true, 0, 0};
    else out = begin_added(*member, before.get(), *arguments, request);
    if (out.text.empty()) return out;
    const Hosted::Gone place = member->gone();
    member.reset();
    Member now = find(name);
    if (now && now->gone() != place && now->before() != place) now = nullptr;  // another has begun meanwhile
    if (now && before && now->is_noted()) {
        before->take_notes_of(*now);
        before->note(before->record().standing);
    }
    const Status forgotten = now && !before ? now->forget() : Status();
    if (!forgotten.ok()) tell(WEIR_LOG_WARNING, name, "warning[data-dir]: " + forgotten.message());
    now.reset();
    put(place, before);
    return out;
}

Addition Session::begin_added(Hosted& member, Hosted* before, const TopologyArguments& arguments, const ChangeRequest& request) {
    const auto candidate = Candidate::load(arguments, {false, options_.connect_timeout, {}}, loader_);
    if (candidate->exit_code() != kExitOk) return {candidate->exit_code(), candidate->text(), false, 0, 0};
    if (const std::string& called = candidate->topology().name; called != member.name())
        return {kExitUsage, fmt::format("{} has a topology `{}`, and `{}` is asked for", arguments.files.front().string(), called, member.name()), false, 0, 0};
    Beginning beginning{candidate->graph(), candidate->take_plan(), candidate->given(), candidate->recorded(), {}};
    beginning.epochs = epochs_options(*beginning.plan, false);
    beginning.epochs.allow_loss = request.allow_loss;
    if (before) {
        before->drop_views();  // the port may be the same
        member.take_notes_of(*before);
    }
    equip(member, std::move(beginning));
    if (!member.is_noted()) note(member);
    if (const Attempt attempt = connect(member); !attempt.ok()) {
        member.drop();
        return {attempt.exit_code, attempt.text, false, 0, 0};
    }
    const uint64_t resumed_at = member.run().resumed_at();
    start(member);
    return opened(member, resumed_at);
}

// Once rows can flow, or it has come to an end.
Addition Session::opened(Hosted& member, uint64_t resumed_at) {
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return member.has_opened || member.state() != Hosted::State::kRuns; });
    }
    if (!member.has_opened && member.state() == Hosted::State::kFailed) return {member.exit_code(), member.why(), false, 0, 0};
    const auto topology = member.run().topology();
    tell(WEIR_LOG_INFO, member.name(), fmt::format("{}: added, as {} says{}", member.name(), member.file().string(),
                                                   resumed_at > 0 ? fmt::format("; goes on behind epoch {}", resumed_at) : ""));
    const auto is_written = [](const NodeSpec& node) { return node.of.empty(); };
    const auto nodes = std::count_if(topology->nodes.begin(), topology->nodes.end(), is_written);
    return {kExitOk, "", false, static_cast<size_t>(nodes), resumed_at};
}

bool Session::stop_starting(const std::string& name) {
    const Member member = find(name);
    if (!member || !member->has_starter || member->state() != Hosted::State::kStarting) return false;
    member->is_asked_to_stop = true;
    member->stop_starting = true;
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
    return true;
}

bool Session::stop_failed(const std::string& name) {
    const Member member = find(name);
    if (!member || !member->is_over || member->state() != Hosted::State::kFailed) return false;
    member->note(Standing::kStopped);
    member->set_state(Hosted::State::kStopped);
    return true;
}

Status Session::remove(const std::string& name, StopMode mode) {
    Member member = find(name);
    if (!member) return Status::config("", fmt::format("there is no topology `{}` here", name));
    if (member->state() == Hosted::State::kStarting && !member->has_starter) return Status::config("", fmt::format("`{}` is being begun", name));
    if (Status forgotten = member->forget(); !forgotten.ok()) return forgotten;
    member->is_asked_to_stop = true;
    stop_starting(name);
    if (member->state() == Hosted::State::kRuns) member->run().request_stop(mode);
    const Hosted::Gone place = member->gone();
    wait_over(std::move(member));
    put(place, nullptr);
    tell(WEIR_LOG_INFO, name, fmt::format("{}: removed; its state stays in the data directory", name));
    return {};
}

}  // namespace weir::host
