// `weir tap`, `logs` and `why`: looking at hosts that run.
#include <algorithm>

#include <fmt/format.h>

#include "host/cli/commands.hpp"
#include "host/cli/json_text.hpp"
#include "host/cli/report.hpp"
#include "host/cli/running_hosts.hpp"
#include "host/cli/terminal.hpp"
#include "host/exit_codes.hpp"
#include "host/topology/scalar.hpp"

namespace weir::host {
namespace {

// The answer of a host as JSON; or what is wrong has been said.
std::optional<Json> read_from(const std::filesystem::path& socket, const HttpRequest& request, const char* command, Terminal& terminal) {
    auto answer = ask_host(socket, request, kQuickly);
    if (answer && answer->status == 200) return Json::parse(answer->body, nullptr, false);
    terminal.message(fmt::format("weir {}: {}", command, answer ? refusal_text(*answer) : answer.status().message()));
    return std::nullopt;
}

void tell_end(const Json& end, Terminal& terminal) {
    const int64_t shown = end.value("shown", int64_t{0}), seen = end.value("seen", int64_t{0}), skipped = end.value("skipped", int64_t{0});
    terminal.message(fmt::format("{} rows shown of {} that came by{}", grouped(shown), grouped(seen),
                                 skipped > 0 ? fmt::format("; {} were not looked at", grouped(skipped)) : ""));
}

void print_line(const Json& line, Terminal& terminal) {
    const std::string topology = line.value("topology", ""), node = line.value("node", "");
    const std::string who = topology.empty() ? "" : topology + (node.empty() ? "" : "/" + node) + ": ";
    terminal.print(fmt::format("{} {}: {}{}", line.value("time", ""), line.value("level", ""), who, line.value("text", "")));
}

// Follows one host; several would be told line by line in turn.
int follow_logs(const std::filesystem::path& socket, const HttpRequest& request, Format format, Terminal& terminal) {
    auto answer = follow_host(socket, request, [&](const std::string&, const std::string& data) {
        const Json line = Json::parse(data, nullptr, false);
        if (format == Format::kJson) terminal.print(data);
        else if (line.is_object()) print_line(line, terminal);
        return true;
    });
    if (answer && answer->status == 200) return kExitOk;  // the host has ended
    terminal.message("weir logs: " + (answer ? refusal_text(*answer) : answer.status().message()));
    return kExitUnreachable;
}

// What is found of a record is asked of servers, too.
constexpr std::chrono::seconds kLookingFor{120};

int why_record(const WhyArguments& arguments, const std::string& node, Terminal& terminal) {
    const auto found = find_owner("why", arguments.topology, node, arguments.data_dir, terminal);
    if (!found) return kExitUnreachable;
    const HttpRequest request{"GET", topology_path(found->summary.value("name", ""), "why"), {{"record", arguments.subject}}, ""};
    auto asked = ask_host(found->socket, request, kLookingFor);
    if (!asked || asked->status != 200) {
        terminal.message("weir why: " + (asked ? refusal_text(*asked) : asked.status().message()));
        return asked && asked->status == 400 ? kExitUsage : kExitUnreachable;
    }
    const Json answer = Json::parse(asked->body, nullptr, false);
    if (arguments.format == Format::kJson || !answer.is_object()) return terminal.print(json_text(answer)), kExitOk;
    for (const Json& finding : answer.value("findings", Json::array())) {
        const std::string about = finding.value("about", "");
        const bool is_of_node = about == "node" && finding.contains("node");
        terminal.print(fmt::format("{:<10}  {}{}", about, is_of_node ? finding.value("node", "") + " " : "", finding.value("text", "")));
    }
    return kExitOk;
}

}  // namespace

int tap_command(const TapArguments& arguments, Terminal& terminal) {
    const size_t dot = arguments.point.find('.');
    const std::string node = arguments.point.substr(0, dot), port = dot == std::string::npos ? "" : arguments.point.substr(dot + 1);
    const auto found = find_owner("tap", arguments.topology, node, arguments.data_dir, terminal);
    if (!found) return kExitUnreachable;
    HttpRequest request{"GET", topology_path(found->summary.value("name", ""), "tap"), {{"node", node}}, ""};
    if (!port.empty()) request.query.emplace_back("port", port);
    if (!arguments.where.empty()) request.query.emplace_back("where", arguments.where);
    if (arguments.records) request.query.emplace_back("n", std::to_string(*arguments.records));
    auto answer = follow_host(found->socket, request, [&](const std::string& name, const std::string& data) {
        if (name == "row") terminal.print(data);
        else if (const Json end = Json::parse(data, nullptr, false); end.is_object()) tell_end(end, terminal);
        return !terminal.has_output_failed();
    });
    if (answer && answer->status == 200) return kExitOk;
    terminal.message("weir tap: " + (answer ? refusal_text(*answer) : answer.status().message()));
    return answer && answer->status == 400 ? kExitUsage : kExitUnreachable;
}

int logs_command(const LogsArguments& arguments, Terminal& terminal) {
    const auto hosts = RunningHosts::find(arguments.data_dir, terminal);
    if (!hosts) return kExitUsage;
    HttpRequest request{"GET", "/v1/logs", {{"last", std::to_string(arguments.last)}}, ""};
    if (!arguments.node.empty()) request.query.emplace_back("node", arguments.node);
    if (!arguments.topology.empty()) request.query.emplace_back("topology", arguments.topology);
    std::vector<std::filesystem::path> sockets = hosts->sockets();
    if (!arguments.topology.empty()) {
        const Found* found = hosts->named(arguments.topology);
        if (found) sockets = {found->socket};
        else sockets.clear();
    }
    if (sockets.empty()) {
        terminal.message("weir: " + hosts->not_found(arguments.topology));
        return kExitUnreachable;
    }
    if (arguments.follow) {
        if (sockets.size() > 1) {
            terminal.message(fmt::format("weir logs: {} hosts run in this folder: choose by --topology which of them to follow", sockets.size()));
            return kExitUsage;
        }
        request.query.emplace_back("follow", "true");
        return follow_logs(sockets.front(), request, arguments.format, terminal);
    }
    Json all = Json::array();
    for (const auto& socket : sockets)
        if (const auto lines = read_from(socket, request, "logs", terminal); lines && lines->is_array())
            for (const Json& line : *lines) all.push_back(line);
    if (arguments.format == Format::kJson) return terminal.print(json_text(all)), kExitOk;
    for (const Json& line : all) print_line(line, terminal);
    return kExitOk;
}

int why_command(const WhyArguments& arguments, Terminal& terminal) {
    const size_t at = arguments.subject.find('@');  // no topology has one in its name
    if (at != std::string::npos) return why_record(arguments, arguments.subject.substr(0, at), terminal);
    if (!arguments.topology.empty() && !arguments.subject.empty()) {
        terminal.message("weir why: --topology is for a record: NODE@PARTITION:OFFSET");
        return kExitUsage;
    }
    const auto found = find_topology(arguments.subject.empty() ? arguments.topology : arguments.subject, arguments.data_dir, terminal);
    if (!found) return kExitUnreachable;
    const auto answer = read_from(found->socket, {"GET", topology_path(found->summary.value("name", ""), "why"), {}, ""}, "why", terminal);
    if (!answer || !answer->is_object()) return kExitUnreachable;
    if (arguments.format == Format::kJson) return terminal.print(json_text(*answer)), kExitOk;
    for (const Json& finding : answer->value("findings", Json::array()))
        terminal.print(fmt::format("{:<9}  {}", finding.value("about", ""), finding.value("text", "")));
    return kExitOk;
}

}  // namespace weir::host
