#include "host/cli/control_api.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "host/cli/control_answers.hpp"
#include "host/cli/session.hpp"
#include "host/text/secrets.hpp"
#include "host/topology/scalar.hpp"

namespace weir::host {
namespace {

Answer set_paused(const Session& session, const Session::Running& one, bool paused) {
    one.run->set_paused(paused);
    return answer(summary_of(session, *one.hosted));
}

// What follows the name of a topology that runs, and the method that it takes.
struct Resource {
    std::string_view name;
    std::string_view method;
    Answer (*answer)(Session&, const Session::Running&, const HttpRequest&);
};
const std::vector<Resource> kResources = {
    {"", "GET", answer_details},
    {"plan", "POST", answer_plan},
    {"apply", "POST", answer_apply},
    {"stop", "POST", answer_stop},
    {"pause", "POST", [](Session& session, const Session::Running& one, const HttpRequest&) { return set_paused(session, one, true); }},
    {"resume", "POST", [](Session& session, const Session::Running& one, const HttpRequest&) { return set_paused(session, one, false); }},
    {"savepoints", "GET", answer_savepoints},
    {"savepoints", "POST", answer_new_savepoint},
    {"checkpoints", "GET", answer_checkpoints},
    {"tap", "GET", answer_tap},
    {"why", "GET", answer_why},
    {"seek", "POST", answer_seek},
};

// Of a topology whether it runs or not, or is not there yet.
struct Whole {
    std::string_view method;
    Answer (*answer)(Session&, const std::string& name, const HttpRequest&);
};
const std::vector<Whole> kWholes = {{"POST", answer_put}, {"DELETE", answer_remove}};

// What is not of one topology.
struct Route {
    std::string_view path;
    Answer (*answer)(Session&, const HttpRequest&);
};
constexpr std::string_view kTopologies = "/v1/topologies";

Answer answer_index(Session&, const HttpRequest&);
Answer all_topologies(Session& session, const HttpRequest&) {
    Json all = Json::array();
    for (const auto& one : session.all()) all.push_back(summary_of(session, *one));
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
Answer answer_index(Session& session, const HttpRequest&) {
    Json out = Json::array();
    const std::string of_topology = std::string(kTopologies) + "/{topology}";
    for (const Route& route : kRoutes) out.push_back({{"method", "GET"}, {"path", route.path}});
    for (const Whole& whole : kWholes) out.push_back({{"method", whole.method}, {"path", of_topology}});
    for (const Resource& resource : kResources)
        out.push_back({{"method", resource.method}, {"path", of_topology + (resource.name.empty() ? "" : "/") + std::string(resource.name)}});
    return answer({{"version", WEIR_VERSION}, {"stays", session.stays()}, {"routes", std::move(out)}});
}

// The names of resources, and which methods this one takes; empty: there is none of that name.
std::string methods_of(const std::string& what, std::vector<std::string>& names) {
    std::string out;
    const auto add = [&](std::string_view method) { out += fmt::format("{}{}", out.empty() ? "" : ", ", method); };
    for (const Resource& resource : kResources) {
        if (!resource.name.empty() && std::find(names.begin(), names.end(), resource.name) == names.end()) names.emplace_back(resource.name);
        if (resource.name == what) add(resource.method);
    }
    if (what.empty())
        for (const Whole& whole : kWholes) add(whole.method);
    return out;
}

// Of one that is known, and does not run.
Answer of_idle(Session& session, const Hosted& one, const std::string& what) {
    if (what.empty()) return answer_idle(session, one);
    if (what == "stop" && session.stop_starting(one.name())) return answer({{"name", one.name()}, {"state", "ending"}});
    if (what == "stop" && session.stop_failed(one.name())) return answer({{"name", one.name()}, {"state", "ended"}});
    return refusal(kConflict, "it does not run", fmt::format("`{}` is {}{}: `weir apply` begins it", one.name(), state_text(one.state()),
                                                             one.why().empty() ? "" : fmt::format(" ({})", one.why())));
}

Answer of_topology(Session& session, const std::string& name, const std::string& what, const HttpRequest& request) {
    if (what.empty())
        for (const Whole& whole : kWholes)
            if (request.method == whole.method) return whole.answer(session, name, request);
    const auto known = session.find(name);
    if (!known) {
        std::vector<std::string> others;
        for (const auto& one : session.all()) others.push_back(one->name());
        return refusal(kNotFound, "there is no such topology", fmt::format("no topology `{}` runs here; {} do", name, others.empty() ? "none" : one_of_text(others)));
    }
    std::vector<std::string> names;
    const std::string allowed = methods_of(what, names);
    if (allowed.empty()) return refusal(kNotFound, "there is no such resource", fmt::format("a topology has {}, and not `{}`", one_of_text(names), what));
    const auto takes = [&](const Resource& one) { return one.name == what && (one.method == request.method || (one.method == "GET" && is_reading(request))); };
    const auto resource = std::find_if(kResources.begin(), kResources.end(), takes);
    if (resource == kResources.end()) return not_allowed(request, allowed.c_str());
    const auto running = session.running(name);
    return running ? resource->answer(session, *running, request) : of_idle(session, *known, what);
}

Answer answer_any(Session& session, const HttpRequest& request) {
    const std::string& path = request.path;
    for (const Route& route : kRoutes)
        if (route.path == path) return is_reading(request) ? route.answer(session, request) : not_allowed(request, "GET");
    const std::string root = std::string(kTopologies) + "/";
    if (!path.starts_with(root)) return refusal(kNotFound, "there is no such resource", fmt::format("`{}` is not there; GET /v1 says what is", path));
    const std::string rest = path.substr(root.size());
    const size_t slash = rest.find('/');
    return of_topology(session, rest.substr(0, slash), slash == std::string::npos ? "" : rest.substr(slash + 1), request);
}

}  // namespace

Answer answer_control(Session& session, const HttpRequest& request) {
    Answer out = answer_any(session, request);
    out.body = Secrets::of_process().hide(std::move(out.body));
    return out;
}

}  // namespace weir::host
