#include "host/cli/changes.hpp"

#include <algorithm>
#include <future>

#include <fmt/format.h>

#include "host/cli/candidate.hpp"
#include "host/engine/connections.hpp"
#include "host/engine/trial.hpp"
#include "host/exit_codes.hpp"
#include "host/reload/expected_pause.hpp"
#include "host/reload/state_preview.hpp"
#include "host/topology/read_file.hpp"
#include "host/topology/yaml_tree.hpp"

namespace weir::host {
namespace {

constexpr auto kLookClose = std::chrono::seconds(5);

// Values that the file has and one of `sets` hides: the first `begun_with` of these were given to the run, the last `asked` are the
// change's own, and are meant.
std::vector<HiddenValue> hidden_values(const Topology& topology, const std::vector<std::string>& sets, size_t begun_with, size_t asked) {
    std::vector<HiddenValue> out;
    for (const ResolvedParameter& now : topology.parameters) {
        const auto last = std::find_if(sets.rbegin(), sets.rend(), [&](const std::string& set) { return set_name(set) == now.name; });
        if (now.hidden.empty() || last == sets.rend()) continue;
        const auto index = static_cast<size_t>(sets.rend() - last) - 1;
        if (index + asked >= sets.size()) continue;
        out.push_back({now.name, now.hidden, now.secret ? now.shown() : last->substr(now.name.size() + 1), index < begun_with ? "`--set` of the run" : "`weir set`"});
    }
    return out;
}

// What was read before, and these files as they are now.
std::shared_ptr<SourceTexts> texts_with(const SourceTexts& before, const std::vector<std::filesystem::path>& files) {
    SourceTexts::Texts texts = before.all();
    for (const auto& file : files) {
        std::string problem;
        if (auto text = read_file(file, kMaxYamlBytes, problem)) texts[SourceTexts::name_of(file)] = std::move(*text);
        else texts.erase(SourceTexts::name_of(file));
    }
    return std::make_shared<SourceTexts>(std::move(texts));
}

// What is given up must be what is lost.
std::string not_given_up(const GraphDiff& diff, const std::vector<std::string>& allowed) {
    for (const NodeChange& node : diff.nodes)
        if (!node.lost.empty() && std::find(allowed.begin(), allowed.end(), node.node) == allowed.end())
            return fmt::format("node `{}` would lose {}: --allow-loss {} gives it up", node.node, node.lost, node.node);
    return "";
}

bool is_served_alike(const Topology& before, const Topology& after) {
    if (!before.serve || !after.serve) return before.serve.has_value() == after.serve.has_value();
    return before.serve->port == after.serve->port && before.serve->address == after.serve->address && before.serve->hosts == after.serve->hosts;
}

}  // namespace

std::string hidden_text(const HiddenValue& one) {
    return fmt::format("{}: the file says {}; {} stays, set by {}", one.parameter, one.written, one.stays, one.by);
}

std::string applied_text(uint64_t epoch, double pause_ms) {
    const std::string where = epoch > 0 ? fmt::format(" behind epoch {}", epoch) : "; its epochs are kept nowhere";
    return fmt::format("applied{}; no row was read for {:.0f} ms", where, pause_ms);
}

std::string change_text(const std::string& topology, const ChangeOutcome& outcome) {
    std::string hidden;
    for (const HiddenValue& one : outcome.hidden) hidden += fmt::format("! {}\n", hidden_text(one));
    switch (outcome.kind) {
        case ChangeOutcome::Kind::kNothing:
        case ChangeOutcome::Kind::kPlanned: return fmt::format("{}{}: nothing changes", hidden, topology);
        case ChangeOutcome::Kind::kTaken:
            return fmt::format("{}{}{}: {}", diff_text(outcome.diff), hidden, topology,
                               applied_text(outcome.applied.epoch, static_cast<double>(outcome.applied.pause.count()) / 1000));
        case ChangeOutcome::Kind::kInvalid: return fmt::format("{}{}: goes on as it was", outcome.why, topology);
        case ChangeOutcome::Kind::kRefused: return fmt::format("warning[change]: {}: {}; it goes on as it was", topology, outcome.why);
        case ChangeOutcome::Kind::kRolledBack:
            return fmt::format("warning[change]: {}: {}{}", topology, outcome.applied.is_known ? "rolled back: " : "", outcome.why);
    }
    return "";
}

Changes::Changes(Supervisor& run, ChangeLog& log, TopologyArguments given, bool is_durable, std::chrono::microseconds connect_timeout,
                 std::shared_ptr<ModuleLoader> loader)
    : run_(run), log_(log), is_durable_(is_durable), connect_timeout_(connect_timeout), loader_(std::move(loader)), given_(std::move(given)), begun_with_(given_.sets.size()) {}

std::filesystem::path Changes::file() const {
    const std::lock_guard lock(mutex_);
    return given_.files.front();
}

// What is given now wins over what the run was given, which stays. A name that only that has may have become unknown. Files that
// nobody names now are what they were.
TopologyArguments Changes::merged(const ChangeRequest& request) const {
    const std::lock_guard lock(mutex_);
    TopologyArguments out = given_;
    out.builds.clear();  // those that are there now
    for (const std::string& set : out.sets) out.may_lack.push_back(set_name(set));
    if (!request.file.empty()) out.files = {request.file};
    out.texts = !request.file.empty() || request.reread || !out.texts ? nullptr : texts_with(*out.texts, request.params_files);
    out.sets.insert(out.sets.end(), request.sets.begin(), request.sets.end());
    out.params_files.insert(out.params_files.end(), request.params_files.begin(), request.params_files.end());
    for (const std::string& set : request.sets) std::erase(out.may_lack, set_name(set));
    return out;
}

// The candidate where there is something to be done.
ChangeOutcome Changes::prepare(const ChangeRequest& request, std::shared_ptr<Candidate>& candidate) {
    ChangeOutcome out;
    auto loaded = Candidate::load(merged(request), {false, connect_timeout_, run_.connections()}, loader_);
    if (loaded->exit_code() != kExitOk) {
        out.kind = ChangeOutcome::Kind::kInvalid;
        out.exit_code = loaded->exit_code();
        out.why = loaded->text();
        return out;
    }
    const Graph running = run_.graph();
    auto before = running.plan_again();
    if (!before) {
        out.kind = ChangeOutcome::Kind::kRefused;
        out.why = fmt::format("what runs cannot be compared any more: {}", before.status().message());
        return out;
    }
    StatePreviews previews;
    if (is_durable_) {
        previews.count = [this](const std::string& stored, Instance& now) { return preview_rekey(run_.state_dir(), stored, now); };
        previews.restore = [this, &loaded](const std::string& stored, size_t now, bool gives_up) {
            auto another = loaded->graph().plan_again();  // its instance is of no use behind this
            if (!another) return another.status();
            Instance& instance = (*another)->nodes()[now].instance();
            instance.set_may_lose(gives_up);
            return preview_restore(run_.state_dir(), stored, instance);
        };
    }
    out.diff = compare_graphs(**before, loaded->plan(), previews);
    if (!out.diff.is_empty()) {
        const ExpectedPause pause = expect_pause(out.diff, **before, loaded->plan(), run_.stats());
        out.diff.pause = pause.all;
        out.diff.state_read = pause.bytes;
    }
    out.hidden = hidden_values(loaded->topology(), loaded->given().sets, begun_with_, request.sets.size());
    if (!is_served_alike(*running.topology, loaded->topology()))
        out.diff.refused.push_back("`serve` cannot be changed while it runs: stop it, and run the new file");
    else if (!out.diff.is_empty() && (*before)->is_ephemeral())
        out.diff.refused.push_back("it reads or writes a broker inside this process, which would be gone with the old graph: run "
                                   "`weir broker` beside it, and name its address");
    else if (!out.diff.is_empty() && (*before)->has_state() && !is_durable_)
        out.diff.refused.push_back("its state is kept nowhere, and would be gone with the old graph: run it with --data-dir");
    const TrialTerms terms = Change{loaded->graph(), nullptr, {}, request.trial, nullptr}.terms(run_.stats());
    if (const std::string why = out.diff.is_empty() ? "" : too_long(loaded->plan(), terms.length); !why.empty()) out.diff.refused.push_back(why);
    out.kind = out.diff.is_empty() ? ChangeOutcome::Kind::kNothing : ChangeOutcome::Kind::kPlanned;
    candidate = std::move(loaded);
    return out;
}

ChangeOutcome Changes::plan(const ChangeRequest& request) {
    std::shared_ptr<Candidate> candidate;
    return prepare(request, candidate);
}

ChangeOutcome Changes::apply(const ChangeRequest& request) {
    const std::unique_lock alone(applying_, std::try_to_lock);
    if (!alone) {
        ChangeOutcome busy;
        busy.kind = ChangeOutcome::Kind::kRefused;
        busy.why = fmt::format("another change of `{}` is under way: try it again behind that", run_.topology()->name);
        return busy;
    }
    ChangeOutcome out = apply_alone(request);
    log_.ends(request, out);
    return out;
}

// Before the old graph is asked to end: a server that is not there would be waited for with nothing running. What else there is to be
// said against a connection is said in the trial, by the one that is to be used: two cannot be open side by side everywhere.
std::string Changes::reach_new_connections(const ChangeRequest& request, const Plan& next) {
    const auto is_new = [](const auto& one) { return !one->is_open(); };
    if (next.is_ephemeral() || std::none_of(next.connections().begin(), next.connections().end(), is_new)) return "";
    const auto looking = Candidate::load(merged(request), {true, connect_timeout_, {}}, loader_);
    if (looking->exit_code() != kExitOk) return "";  // the file is another by now: what was read counts
    for (const auto& connection : looking->plan().connections()) {
        const auto is_it = [&](const auto& one) { return one->name() == connection->name() && !one->is_open(); };
        if (std::none_of(next.connections().begin(), next.connections().end(), is_it)) continue;
        const Status status = connection->open(run_.stopping());
        if (status.ok()) (void)connection->close(std::chrono::steady_clock::now() + kLookClose);  // nothing was written
        if (status.code() == WEIR_E_RETRYABLE) return fmt::format("connection `{}`: {}", connection->name(), status.message());
    }
    return "";
}

ChangeOutcome Changes::apply_alone(const ChangeRequest& request) {
    std::shared_ptr<Candidate> candidate;
    ChangeOutcome out = prepare(request, candidate);
    if (out.kind != ChangeOutcome::Kind::kPlanned) return out;
    out.why = out.diff.refused.empty() ? not_given_up(out.diff, request.allow_loss) : out.diff.refused.front();
    if (!out.why.empty()) {
        out.kind = ChangeOutcome::Kind::kRefused;
        return out;
    }
    out.why = reach_new_connections(request, candidate->plan());
    if (!out.why.empty()) {
        out.kind = ChangeOutcome::Kind::kRefused;
        return out;
    }
    if (Status noted = log_.begins(candidate->recorded(), request); !noted.ok()) {
        out.kind = ChangeOutcome::Kind::kRefused;
        out.why = fmt::format("it cannot be noted, and would be lost with this host: {}", noted.message());
        return out;
    }
    std::promise<Applied> done;
    auto answered = done.get_future();
    std::vector<std::string> begin_anew;
    for (const NodeChange& node : out.diff.nodes)
        if (node.begins_anew) begin_anew.push_back(node.node);
    run_.apply({candidate->graph(), candidate->take_plan(), request.allow_loss, request.trial,
                [&done](const Applied& applied) { done.set_value(applied); }, std::move(begin_anew)});
    out.applied = answered.get();
    out.diff.pause.reset();  // it is known now
    if (out.applied.is_taken) {
        out.kind = ChangeOutcome::Kind::kTaken;
        const std::lock_guard lock(mutex_);
        given_ = candidate->given();
        return out;
    }
    out.kind = out.applied.was_tried ? ChangeOutcome::Kind::kRolledBack : ChangeOutcome::Kind::kRefused;
    out.why = out.applied.why.text();
    return out;
}

}  // namespace weir::host
