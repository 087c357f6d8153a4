#include "host/cli/control_api.hpp"

#include <unistd.h>

#include <algorithm>

#include <fmt/format.h>

#include "host/cli/json_text.hpp"
#include "host/cli/session.hpp"
#include "host/engine/clock.hpp"
#include "host/topology/scalar.hpp"

namespace weir::host {
namespace {

constexpr int kOk = 200, kWrong = 400, kNotFound = 404, kNotAllowed = 405, kConflict = 409, kInvalid = 422;

ControlAnswer answer(const Json& body, int status = kOk) { return {status, json_text(body), "application/json"}; }

ControlAnswer problem(int status, const std::string& title, const std::string& detail, Json rest = Json::object()) {
    rest.update({{"title", title}, {"status", status}, {"detail", detail}});
    return {status, json_text(rest), "application/problem+json"};
}

Json summary_of(const Session::Running& one) {
    const auto topology = one.run->topology();
    const RunStats stats = one.run->stats();
    const auto waiting = one.run->waiting();
    return {{"name", topology->name},
            {"file", one.changes->file().string()},
            {"state", waiting ? "restarting" : "running"},
            {"delivery", topology->exactly_once ? "exactly_once" : "at_least_once"},
            {"durable", one.is_durable},
            {"records", stats.records},
            {"epochs", stats.epochs},
            {"restarts", stats.restarts},
            {"process", getpid()}};
}

Json node_of(const NodeStats& node) {
    Json out = {{"node", node.id}, {"operator", node.op}, {"kind", node.kind}, {"rows_in", node.rows_in}, {"rows_out", node.rows_out},
                {"errors", node.errors}};
    for (const NodeStats::Metric& metric : node.metrics) out["metrics"][metric.name] = metric.value;
    if (node.time && node.time->watermark)
        out["watermark_lag_s"] = static_cast<double>(system_now() - *node.time->watermark) / 1e6;
    return out;
}

Json details_of(const Session::Running& one) {
    Json out = summary_of(one);
    out["nodes"] = Json::array();
    for (const NodeStats& node : one.run->stats().nodes)
        if (!node.is_clauses) out["nodes"].push_back(node_of(node));
    return out;
}

// Not an object, or a value of another type: std::nullopt, with what is wrong.
std::optional<ChangeRequest> read_change(const std::string& body, std::string& why) {
    const Json json = Json::parse(body.empty() ? "{}" : body, nullptr, false);
    if (!json.is_object()) {
        why = "the body is no JSON object";
        return std::nullopt;
    }
    ChangeRequest out;
    try {
        out.file = json.value("file", "");
        out.sets = json.value("set", std::vector<std::string>());
        for (const std::string& path : json.value("params", std::vector<std::string>())) out.params_files.emplace_back(path);
        out.allow_loss = json.value("allow_loss", std::vector<std::string>());
        out.trial = std::chrono::microseconds(json.value("trial_us", int64_t{0}));
    } catch (const Json::exception& error) {
        why = error.what();
        return std::nullopt;
    }
    return out;
}

Json outcome_json(const ChangeOutcome& outcome) {
    Json out = diff_json(outcome.diff);
    out["text"] = diff_text(outcome.diff);
    out["shadowed"] = outcome.shadowed;
    out["taken"] = outcome.kind == ChangeOutcome::Kind::kTaken;
    if (outcome.kind == ChangeOutcome::Kind::kTaken || outcome.kind == ChangeOutcome::Kind::kRolledBack) {
        out["epoch"] = outcome.applied.epoch;
        out["pause_ms"] = static_cast<double>(outcome.applied.pause.count()) / 1000;
    }
    return out;
}

ControlAnswer outcome_answer(const ChangeOutcome& outcome) {
    Json body = outcome_json(outcome);
    switch (outcome.kind) {
        case ChangeOutcome::Kind::kInvalid:
            body["exit_code"] = outcome.exit_code;
            return problem(kInvalid, "the topology is wrong", outcome.why, std::move(body));
        case ChangeOutcome::Kind::kRefused: return problem(kConflict, "the change is refused", outcome.why, std::move(body));
        case ChangeOutcome::Kind::kRolledBack:
            body["rolled_back"] = true;
            return problem(kConflict, outcome.applied.is_known ? "the change was rolled back" : "the topology ended in the change's trial", outcome.why,
                           std::move(body));
        default: return answer(body);
    }
}

ControlAnswer change(const Session::Running& one, const ControlRequest& request, bool is_plan) {
    std::string why;
    const auto wanted = read_change(request.body, why);
    if (!wanted) return problem(kWrong, "the request is wrong", why);
    return outcome_answer(is_plan ? one.changes->plan(*wanted) : one.changes->apply(*wanted));
}

ControlAnswer stop(Session& session, const Session::Running& one, const ControlRequest& request) {
    const Json json = Json::parse(request.body.empty() ? "{}" : request.body, nullptr, false);
    const bool drain = json.is_object() && json.contains("drain") && json["drain"].is_boolean() && json["drain"].get<bool>();
    session.stop(*one.run, drain ? StopMode::kDrain : StopMode::kCheckpoint);
    return answer(summary_of(one));
}

ControlAnswer of_topology(Session& session, const Session::Running& one, const std::string& what, const ControlRequest& request) {
    if (what.empty()) return answer(details_of(one));
    if (what != "plan" && what != "apply" && what != "stop")
        return problem(kNotFound, "there is no such resource", fmt::format("a topology has plan, apply and stop, and not `{}`", what));
    if (request.method != "POST") return problem(kNotAllowed, "the method is wrong", fmt::format("`{}` takes POST", what));
    return what == "stop" ? stop(session, one, request) : change(one, request, what == "plan");
}

}  // namespace

ControlAnswer answer_control(Session& session, const ControlRequest& request) {
    constexpr std::string_view kRoot = "/v1/topologies";
    const std::string& path = request.path;
    const auto running = session.running();
    if (path == kRoot) {
        Json all = Json::array();
        for (const auto& one : running) all.push_back(summary_of(one));
        return answer(all);
    }
    if (!path.starts_with(std::string(kRoot) + "/")) return problem(kNotFound, "there is no such resource", fmt::format("`{}` is not there", path));
    const std::string rest = path.substr(kRoot.size() + 1);
    const size_t slash = rest.find('/');
    const std::string name = rest.substr(0, slash), what = slash == std::string::npos ? "" : rest.substr(slash + 1);
    std::vector<std::string> names;
    for (const auto& one : running) {
        names.push_back(one.run->topology()->name);
        if (names.back() == name) return of_topology(session, one, what, request);
    }
    return problem(kNotFound, "there is no such topology", fmt::format("no topology `{}` runs here; {} do", name, one_of_text(names)));
}

}  // namespace weir::host
