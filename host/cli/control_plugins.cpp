// The builds of plugins that a host has in memory.
#include <map>
#include <set>
#include <vector>

#include <weir/row_json.hpp>

#include "host/cli/control_answers.hpp"
#include "host/loader/module.hpp"

namespace weir::host {
namespace {

// By module, who is made of it: nodes and connections of topologies.
std::map<const void*, std::set<std::string>> users_of(Session& session) {
    std::map<const void*, std::set<std::string>> out;
    for (const auto& one : session.running()) {
        const std::string name = one.run->topology()->name;
        for (const NodeStats& node : one.run->stats().nodes) out[node.module].insert(name + "." + node.id);
        for (const auto& connection : one.run->connections()) out[connection->module()].insert(fmt::format("{}.connections.{}", name, connection->name()));
    }
    return out;
}

const char* state_of(const Generation& one, bool has_users) {
    if (has_users) return "used";
    return one.in_use ? "held" : one.resident ? "stuck" : "unloaded";
}

}  // namespace

Answer answer_plugins(Session& session, const HttpRequest&) {
    const auto users = users_of(session);
    Json generations = Json::array();
    const ModuleLoader::Counts counts = session.loader().counts();
    int64_t stuck = 0;
    for (const Generation& one : session.loader().generations()) {
        const auto found = one.module ? users.find(one.module) : users.end();
        const std::string state = state_of(one, found != users.end());
        stuck += state == "stuck";
        Json& entry = generations.emplace_back(Json{{"number", one.number}, {"plugin", one.plugin}, {"version", one.version}, {"hash", one.hash},
                                                    {"path", one.path.string()}, {"since", format_timestamp(one.since)}, {"state", state}});
        entry["nodes"] = found == users.end() ? Json::array() : Json(found->second);
    }
    return answer({{"generations", std::move(generations)}, {"loads", counts.loads}, {"forgotten", counts.forgotten}, {"stuck", stuck}});
}

}  // namespace weir::host
