// Topologies of a host: what there is, and how one is begun, changed and taken away.
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <weir/row_json.hpp>

#include "host/cli/control_answers.hpp"
#include "host/engine/clock.hpp"
#include "host/topology/scalar.hpp"

namespace weir::host {
namespace {

double seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

Json node_of(const NodeStats& node) {
    Json out = {{"node", node.id}, {"operator", node.op}, {"kind", node.kind}, {"rows_in", node.rows_in}, {"rows_out", node.rows_out},
                {"bytes_in", node.bytes_in}, {"bytes_out", node.bytes_out}, {"errors", node.errors}, {"late", node.late},
                {"busy_s", seconds(node.busy)}, {"backpressured_s", seconds(node.blocked)}, {"queued", node.queued},
                {"queue_room", node.queue_room}, {"state_bytes", node.state_bytes}};
    for (const auto& [code, rows] : node.error_codes) out["errors_by_code"][code] = rows;
    if (node.kind == "source") out["splits"] = node.splits;
    for (const NodeStats::Metric& metric : node.metrics) out["metrics"][metric.name] = metric.value;
    if (node.time && node.time->watermark)
        out["watermark_lag_s"] = static_cast<double>(system_now() - *node.time->watermark) / 1e6;
    return out;
}

Json change_json(const LastChange& change) {
    Json out = {{"result", change.result}, {"file", change.file}, {"time", format_timestamp(change.time)}};
    if (!change.id.empty()) out["id"] = change.id;
    if (!change.why.empty()) out["why"] = change.why;
    return out;
}

// Not an object, or a value of another type: std::nullopt, with what is wrong.
std::optional<ChangeRequest> read_change(const std::string& body, std::string& why) {
    const Json json = Json::parse(body.empty() ? "{}" : body, nullptr, false);
    if (!json.is_object()) {
        why = "the body is no JSON object";
        return std::nullopt;
    }
    static const std::vector<std::string> kMembers = {"file", "set", "params", "allow_loss", "id", "trial_us"};
    for (const auto& [name, value] : json.items())
        if (std::find(kMembers.begin(), kMembers.end(), name) == kMembers.end()) {
            why = fmt::format("a change has no `{}`; expected {}", name, one_of_text(kMembers));
            return std::nullopt;
        }
    const Json trial = json.value("trial_us", Json(0));
    if (!trial.is_number_integer() || trial < 0 || trial > INT64_MAX) {
        why = fmt::format("`trial_us` is a number of microseconds, 0 or more, and cannot be {}", trial.dump());
        return std::nullopt;
    }
    ChangeRequest out;
    try {
        out.file = json.value("file", "");
        out.sets = json.value("set", std::vector<std::string>());
        for (const std::string& path : json.value("params", std::vector<std::string>())) out.params_files.emplace_back(path);
        out.allow_loss = json.value("allow_loss", std::vector<std::string>());
        out.id = json.value("id", "");
        out.trial = std::chrono::microseconds(trial.get<int64_t>());
    } catch (const Json::exception& error) {
        why = error.what();
        return std::nullopt;
    }
    return out;
}

Json outcome_json(const ChangeOutcome& outcome) {
    Json out = diff_json(outcome.diff);
    out["text"] = outcome.diff.nodes.empty() ? "" : diff_text(outcome.diff);  // they were not compared
    out["shadowed"] = Json::array();
    for (const HiddenValue& one : outcome.hidden)
        out["shadowed"].push_back({{"parameter", one.parameter}, {"file", one.written}, {"stays", one.stays}, {"by", one.by}, {"text", hidden_text(one)}});
    out["taken"] = outcome.kind == ChangeOutcome::Kind::kTaken;
    if (outcome.kind == ChangeOutcome::Kind::kTaken || outcome.kind == ChangeOutcome::Kind::kRolledBack) {
        out["epoch"] = outcome.applied.epoch;
        out["pause_ms"] = static_cast<double>(outcome.applied.pause.count()) / 1000;
    }
    return out;
}

Answer outcome_answer(const ChangeOutcome& outcome) {
    Json body = outcome_json(outcome);
    switch (outcome.kind) {
        case ChangeOutcome::Kind::kInvalid:
            body["exit_code"] = outcome.exit_code;
            return refusal(kInvalid, "the topology is wrong", outcome.why, std::move(body));
        case ChangeOutcome::Kind::kRefused: return refusal(kConflict, "the change is refused", outcome.why, std::move(body));
        case ChangeOutcome::Kind::kRolledBack:
            body["rolled_back"] = true;
            return refusal(kConflict, outcome.applied.is_known ? "the change was rolled back" : "the topology ended in the change's trial", outcome.why,
                           std::move(body));
        default: return answer(body);
    }
}

Answer addition_answer(Session& session, const std::string& name, const Addition& added) {
    if (added.text.empty()) {
        const std::string where = added.resumed_at > 0 ? fmt::format("; goes on behind epoch {}", added.resumed_at) : "";
        const std::string text = fmt::format("+ topology `{}`: {} nodes{}", name, added.nodes, where);
        return answer({{"text", text}, {"changes", true}, {"loses", false}, {"taken", true}, {"added", true}, {"shadowed", Json::array()}}, kCreated);
    }
    if (added.is_refused) return refusal(session.find(name) ? kConflict : kNotFound, "it cannot be begun", added.text);
    return refusal(kInvalid, "it cannot be begun", added.text, {{"exit_code", added.exit_code}});
}

}  // namespace

Json summary_of(const Session& session, const Hosted& one) {
    const bool runs = one.state() == Hosted::State::kRuns;
    const RunStats stats = runs ? one.run().stats() : one.last_stats;
    Json out = {{"name", one.name()}, {"file", one.file().string()}, {"durable", one.is_durable()}, {"records", stats.records},
                {"epochs", stats.epochs}, {"restarts", stats.restarts}, {"process", getpid()}, {"state", state_text(one.state())}};
    if (session.is_supervised()) out["supervised"] = true;
    if (!one.why().empty()) out["why"] = one.why();
    if (!runs) return out;
    const auto waiting = one.run().waiting();
    out["delivery"] = one.run().topology()->exactly_once ? "exactly_once" : "at_least_once";
    if (waiting) out.update({{"state", "restarting"}, {"why", waiting->failure}});
    else if (stats.is_paused) out["state"] = "paused";
    return out;
}

Answer answer_details(Session& session, const Session::Running& one, const HttpRequest&) {
    Json out = summary_of(session, *one.hosted);
    const RunStats stats = one.run->stats();
    out["workers"] = stats.workers;
    out["nodes"] = Json::array();
    for (const NodeStats& node : whole_nodes(stats)) out["nodes"].push_back(node_of(node));
    out["checkpoints"] = checkpoints_json(stats.checkpoints);
    if (const auto last = one.hosted->last_change()) out["last_change"] = change_json(*last);
    return answer(out);
}

Answer answer_idle(const Session& session, const Hosted& one) {
    Json out = summary_of(session, one);
    if (const auto last = one.last_change()) out["last_change"] = change_json(*last);
    return answer(out);
}

Answer answer_plan(Session&, const Session::Running& one, const HttpRequest& request) {
    std::string why;
    const auto wanted = read_change(request.body, why);
    return wanted ? outcome_answer(one.changes->plan(*wanted)) : refusal(kBadRequest, "the request is wrong", why);
}

Answer answer_apply(Session& session, const Session::Running& one, const HttpRequest& request) {
    std::string why;
    const auto wanted = read_change(request.body, why);
    return wanted ? outcome_answer(session.apply(one, *wanted)) : refusal(kBadRequest, "the request is wrong", why);
}

Answer answer_put(Session& session, const std::string& name, const HttpRequest& request) {
    // Behind the end that one was asked for it is begun again.
    if (const auto one = session.running(name); one && !one->hosted->is_asked_to_stop) return answer_apply(session, *one, request);
    std::string why;
    const auto wanted = read_change(request.body, why);
    return wanted ? addition_answer(session, name, session.add(name, *wanted)) : refusal(kBadRequest, "the request is wrong", why);
}

Answer answer_remove(Session& session, const std::string& name, const HttpRequest& request) {
    const std::string_view drain = request.parameter("drain");
    if (!drain.empty() && drain != "true" && drain != "false")
        return refusal(kBadRequest, "the request is wrong", fmt::format("`drain` is true or false, and cannot be `{}`", drain));
    const bool is_there = session.find(name) != nullptr;
    const Status removed = session.remove(name, drain == "true" ? StopMode::kDrain : StopMode::kCheckpoint);
    if (removed.ok()) return answer({{"name", name}, {"state", "removed"}});
    const int status = !is_there ? kNotFound : removed.code() == WEIR_E_CONFIG ? kConflict : kFailedToAnswer;
    return refusal(status, "it is not removed", removed.message());
}

}  // namespace weir::host
