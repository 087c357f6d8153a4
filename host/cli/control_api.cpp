#include "host/cli/control_api.hpp"

#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "host/cli/control_answers.hpp"
#include "host/cli/session.hpp"
#include "host/engine/clock.hpp"
#include "host/text/secrets.hpp"
#include "host/topology/scalar.hpp"

namespace weir::host {
namespace {

Json summary_of(const Session::Running& one) {
    const auto topology = one.run->topology();
    const RunStats stats = one.run->stats();
    const auto waiting = one.run->waiting();
    return {{"name", topology->name},
            {"file", one.changes->file().string()},
            {"state", waiting ? "restarting" : stats.is_paused ? "paused" : "running"},
            {"delivery", topology->exactly_once ? "exactly_once" : "at_least_once"},
            {"durable", one.is_durable},
            {"records", stats.records},
            {"epochs", stats.epochs},
            {"restarts", stats.restarts},
            {"process", getpid()}};
}

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

Json details_of(const Session::Running& one) {
    Json out = summary_of(one);
    const RunStats stats = one.run->stats();
    out["workers"] = stats.workers;
    out["nodes"] = Json::array();
    for (const NodeStats& node : whole_nodes(stats)) out["nodes"].push_back(node_of(node));
    out["checkpoints"] = checkpoints_json(stats.checkpoints);
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

Answer change(const Session::Running& one, const HttpRequest& request, bool is_plan) {
    std::string why;
    const auto wanted = read_change(request.body, why);
    if (!wanted) return refusal(kBadRequest, "the request is wrong", why);
    return outcome_answer(is_plan ? one.changes->plan(*wanted) : one.changes->apply(*wanted));
}

Answer set_paused(const Session::Running& one, bool paused) {
    one.run->set_paused(paused);
    return answer(summary_of(one));
}

// What follows a topology's name, and the method that it takes.
struct Resource {
    std::string_view name;
    std::string_view method;
    Answer (*answer)(Session&, const Session::Running&, const HttpRequest&);
};
const std::vector<Resource> kResources = {
    {"", "GET", [](Session&, const Session::Running& one, const HttpRequest&) { return answer(details_of(one)); }},
    {"plan", "POST", [](Session&, const Session::Running& one, const HttpRequest& request) { return change(one, request, true); }},
    {"apply", "POST", [](Session&, const Session::Running& one, const HttpRequest& request) { return change(one, request, false); }},
    {"stop", "POST", answer_stop},
    {"pause", "POST", [](Session&, const Session::Running& one, const HttpRequest&) { return set_paused(one, true); }},
    {"resume", "POST", [](Session&, const Session::Running& one, const HttpRequest&) { return set_paused(one, false); }},
    {"savepoints", "GET", answer_savepoints},
    {"savepoints", "POST", answer_new_savepoint},
    {"checkpoints", "GET", answer_checkpoints},
    {"tap", "GET", answer_tap},
    {"why", "GET", answer_why},
};

// What is not of one topology.
struct Route {
    std::string_view path;
    Answer (*answer)(Session&, const HttpRequest&);
};
constexpr std::string_view kTopologies = "/v1/topologies";

Answer answer_index(Session&, const HttpRequest&);
Answer all_topologies(Session& session, const HttpRequest&) {
    Json all = Json::array();
    for (const auto& one : session.running()) all.push_back(summary_of(one));
    return answer(all);
}

const std::vector<Route> kRoutes = {
    {"/live", answer_live},
    {"/ready", answer_ready},
    {"/metrics", answer_metrics},
    {"/v1", answer_index},
    {"/v1/logs", [](Session&, const HttpRequest& request) { return answer_logs(request); }},
    {"/v1/plugins", answer_plugins},
    {kTopologies, all_topologies},
};

// All that there is, as the document of the API has it.
Answer answer_index(Session&, const HttpRequest&) {
    Json out = Json::array();
    for (const Route& route : kRoutes) out.push_back({{"method", "GET"}, {"path", route.path}});
    for (const Resource& resource : kResources)
        out.push_back({{"method", resource.method},
                       {"path", fmt::format("{}/{{topology}}{}{}", kTopologies, resource.name.empty() ? "" : "/", resource.name)}});
    return answer({{"version", WEIR_VERSION}, {"routes", std::move(out)}});
}

Answer of_topology(Session& session, const Session::Running& one, const std::string& what, const HttpRequest& request) {
    std::vector<std::string> names;
    std::string allowed;
    for (const Resource& resource : kResources) {
        if (!resource.name.empty() && std::find(names.begin(), names.end(), resource.name) == names.end()) names.emplace_back(resource.name);
        if (resource.name != what) continue;
        if (request.method == resource.method || (resource.method == "GET" && is_reading(request))) return resource.answer(session, one, request);
        allowed += fmt::format("{}{}", allowed.empty() ? "" : ", ", resource.method);
    }
    if (!allowed.empty()) return not_allowed(request, allowed.c_str());
    return refusal(kNotFound, "there is no such resource", fmt::format("a topology has {}, and not `{}`", one_of_text(names), what));
}

Answer answer_any(Session& session, const HttpRequest& request) {
    const std::string& path = request.path;
    for (const Route& route : kRoutes)
        if (route.path == path) return is_reading(request) ? route.answer(session, request) : not_allowed(request, "GET");
    const std::string root = std::string(kTopologies) + "/";
    if (!path.starts_with(root)) return refusal(kNotFound, "there is no such resource", fmt::format("`{}` is not there; GET /v1 says what is", path));
    const std::string rest = path.substr(root.size());
    const size_t slash = rest.find('/');
    const std::string name = rest.substr(0, slash), what = slash == std::string::npos ? "" : rest.substr(slash + 1);
    std::vector<std::string> names;
    for (const auto& one : session.running()) {
        names.push_back(one.run->topology()->name);
        if (names.back() == name) return of_topology(session, one, what, request);
    }
    return refusal(kNotFound, "there is no such topology", fmt::format("no topology `{}` runs here; {} do", name, one_of_text(names)));
}

}  // namespace

Answer answer_control(Session& session, const HttpRequest& request) {
    Answer out = answer_any(session, request);
    out.body = Secrets::of_process().hide(std::move(out.body));
    return out;
}

}  // namespace weir::host
