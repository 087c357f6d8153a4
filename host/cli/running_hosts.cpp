#include "host/cli/running_hosts.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "host/cli/data_dir.hpp"
#include "host/cli/terminal.hpp"
#include "host/control/hosts.hpp"
#include "host/text/nearest.hpp"
#include "host/topology/scalar.hpp"

namespace weir::host {
namespace {

bool is_running(const Found& one) {
    const std::string state = one.summary.value("state", "");
    return state == "running" || state == "paused" || state == "restarting";
}

// The names of a topology's nodes.
std::vector<std::string> nodes_of(const Found& found) {
    auto answer = ask_host(found.socket, {"GET", topology_path(found.summary.value("name", "")), {}, ""}, kQuickly);
    const Json details = answer ? Json::parse(answer->body, nullptr, false) : Json();
    std::vector<std::string> out;
    if (details.is_object())
        for (const Json& node : details.value("nodes", Json::array())) out.push_back(node.value("node", ""));
    return out;
}

}  // namespace

std::optional<RunningHosts> RunningHosts::find(const std::filesystem::path& given, Terminal& terminal) {
    auto data_dir = chosen_data_dir(given);
    if (!data_dir) {
        terminal.message("weir: " + data_dir.status().message());
        return std::nullopt;
    }
    RunningHosts out;
    out.data_dir_ = *data_dir;
    for (const auto& socket : control_sockets(*data_dir)) {
        auto answer = ask_host(socket, {"GET", "/v1/topologies", {}, ""}, kQuickly);
        const Json all = answer ? Json::parse(answer->body, nullptr, false) : Json();
        out.silent_ = out.silent_ || !all.is_array();
        if (all.is_array()) out.sockets_.push_back(socket);
        else terminal.message("warning[control]: " + (answer ? socket.string() + ": an answer that is none" : answer.status().message()));
        for (const Json& one : all.is_array() ? all : Json::array()) out.found_.push_back({socket, one});
    }
    return out;
}

const Found* RunningHosts::named(const std::string& name) const {
    const Found* out = nullptr;
    for (const Found& one : found_)
        if (one.summary.value("name", "") == name && (!out || is_running(one))) out = &one;
    return out;
}

std::vector<Found> RunningHosts::running() const {
    std::vector<Found> out = found_;
    std::erase_if(out, [](const Found& one) { return !is_running(one); });
    return out;
}

std::string RunningHosts::not_found(const std::string& name) const {
    if (found_.empty()) return fmt::format("no topology runs in {}: start it with `weir run`, or name its folder with --data-dir", data_dir_.string());
    std::vector<std::string> names;
    for (const Found& one : name.empty() && !running().empty() ? running() : found_) names.push_back(one.summary.value("name", ""));
    if (name.empty()) return fmt::format("{} topologies run in {}; expected: {}", running().size(), data_dir_.string(), one_of_text(names));
    const std::string nearest = nearest_name(name, names);
    return fmt::format("no topology `{}` runs in {}; expected: {}{}", name, data_dir_.string(), one_of_text(names),
                       nearest.empty() ? "" : fmt::format("; nearest: `{}`", nearest));
}

std::optional<Found> find_topology(const std::string& name, const std::filesystem::path& data_dir, Terminal& terminal) {
    const auto hosts = RunningHosts::find(data_dir, terminal);
    if (!hosts) return std::nullopt;
    if (const Found* found = hosts->named(name)) return *found;
    const auto running = hosts->running();
    if (name.empty() && running.size() == 1) return running.front();
    terminal.message("weir: " + hosts->not_found(name));
    return std::nullopt;
}

std::optional<Found> find_owner(const char* command, const std::string& topology, const std::string& node, const std::filesystem::path& data_dir,
                                Terminal& terminal) {
    if (!topology.empty()) return find_topology(topology, data_dir, terminal);
    const auto hosts = RunningHosts::find(data_dir, terminal);
    if (!hosts) return std::nullopt;
    const auto running = hosts->running();
    if (running.size() == 1) return running.front();
    std::vector<Found> owners;
    std::string names;
    for (const Found& one : running) {
        const auto nodes = nodes_of(one);
        if (std::find(nodes.begin(), nodes.end(), node) == nodes.end()) continue;
        names += (names.empty() ? "" : ", ") + one.summary.value("name", "");
        owners.push_back(one);
    }
    if (owners.size() == 1) return owners.front();
    if (hosts->all().empty()) terminal.message("weir: " + hosts->not_found(""));
    else if (owners.empty() && hosts->named(node))
        terminal.message(fmt::format("weir {}: `{}` is a topology: name one of its nodes, {}", command, node, one_of_text(nodes_of(*hosts->named(node)))));
    else if (owners.empty()) terminal.message(fmt::format("weir {}: no topology that runs has a node `{}`", command, node));
    else terminal.message(fmt::format("weir {}: several topologies have a node `{}`: choose by --topology one of {}", command, node, names));
    return std::nullopt;
}

std::string topology_path(const std::string& topology, const std::string& what) {
    return "/v1/topologies/" + topology + (what.empty() ? "" : "/" + what);
}

std::string refusal_text(const Answer& answer) {
    const Json json = Json::parse(answer.body, nullptr, false);
    if (!json.is_object() || !json.contains("detail")) return "the host's answer is none";
    return json.value("detail", "");
}

}  // namespace weir::host
