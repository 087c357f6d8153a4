// `weir status`, `plan`, `apply`, `set`: what is asked of hosts that run.
#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "host/cli/commands.hpp"
#include "host/cli/json_text.hpp"
#include "host/cli/report.hpp"
#include "host/cli/running_hosts.hpp"
#include "host/cli/table.hpp"
#include "host/cli/terminal.hpp"
#include "host/exit_codes.hpp"
#include "host/topology/topology.hpp"

namespace weir::host {
namespace {

constexpr std::chrono::seconds kApplying{3600};
constexpr size_t kShownCheckpoints = 10;  // --format json has more

// The name that the file gives its topology, which needs no plugin to be read.
std::optional<std::string> name_in(const std::filesystem::path& file, Terminal& terminal) {
    Diagnostics diagnostics;
    if (auto name = topology_name(file, diagnostics)) return name;
    terminal.message(diagnostics.text(false));
    return std::nullopt;
}

std::string watermark_text(const Json& node) {
    return node.contains("watermark_lag_s") ? fmt::format("{:.1f} s", node["watermark_lag_s"].get<double>()) : "";
}

void print_all(const RunningHosts& hosts, Terminal& terminal) {
    Table table({"TOPOLOGY", "STATE", "RECORDS", "EPOCHS", "RESTARTS", "PROCESS", "FILE"});
    for (const size_t column : {2, 3, 4, 5}) table.align_right(column);
    for (const Found& one : hosts.all()) {
        const Json& s = one.summary;
        table.add({s.value("name", ""), s.value("state", ""), grouped(s.value("records", int64_t{0})), grouped(s.value("epochs", int64_t{0})),
                   grouped(s.value("restarts", int64_t{0})), std::to_string(s.value("process", int64_t{0})), s.value("file", "")});
    }
    terminal.print(hosts.all().empty() ? "no topology runs" : table.text());
}

void print_nodes(const Json& details, Terminal& terminal) {
    Table table({"NODE", "OPERATOR", "IN", "OUT", "ERRORS", "BEHIND"});
    for (const size_t column : {2, 3, 4, 5}) table.align_right(column);
    for (const Json& node : details["nodes"])
        table.add({node.value("node", ""), node.value("operator", ""), grouped(node.value("rows_in", int64_t{0})),
                   grouped(node.value("rows_out", int64_t{0})), grouped(node.value("errors", int64_t{0})), watermark_text(node)});
    terminal.print(table.text());
}

void print_checkpoints(const Json& checkpoints, Terminal& terminal) {
    Table table({"EPOCH", "BEGAN", "ALIGNED", "TOOK", "STATE", "RECORDS"});
    for (const size_t column : {0, 2, 3, 4, 5}) table.align_right(column);
    size_t left = kShownCheckpoints;
    for (const Json& one : checkpoints.value("recent", Json::array())) {
        if (left-- == 0) break;
        table.add({grouped(one.value("epoch", int64_t{0})), one.value("began", ""), fmt::format("{:.1f} ms", one.value("aligned_ms", 0.0)),
                   fmt::format("{:.1f} ms", one.value("took_ms", 0.0)), grouped(one.value("bytes", int64_t{0})), grouped(one.value("records", int64_t{0}))});
    }
    terminal.print("\n" + table.text());
}

// Absolute: the host may have another working folder.
std::string absolute_text(const std::filesystem::path& path) { return std::filesystem::absolute(path).lexically_normal().string(); }

Json change_body(const ChangeArguments& arguments) {
    Json body = {{"set", arguments.sets}, {"params", Json::array()}, {"allow_loss", arguments.allow_loss}, {"trial_us", arguments.trial.count()}};
    if (!arguments.file.empty()) body["file"] = absolute_text(arguments.file);
    for (const auto& path : arguments.params_files) body["params"].push_back(absolute_text(path));
    return body;
}

// The answer's JSON; or what is wrong has been said.
std::optional<Json> ask_change(const Found& found, const char* what, const Json& body, Terminal& terminal) {
    auto answer = ask_host(found.socket, {"POST", topology_path(found.summary.value("name", ""), what), {}, body.dump()}, kApplying);
    const Json json = answer ? Json::parse(answer->body, nullptr, false) : Json();
    if (json.is_object()) return json;
    terminal.message(fmt::format("weir {}: {}", what, answer ? "the host's answer is none" : answer.status().message()));
    return std::nullopt;
}

int code_of(const Json& answer) {
    if (answer.contains("exit_code")) return answer["exit_code"].get<int>();
    if (answer.value("rolled_back", false)) return kExitFailed;  // also where the loss was given up
    return answer.value("loses", false) ? kExitLoses : kExitUsage;
}

void print_change(const Json& answer, Format format, Terminal& terminal) {
    if (format == Format::kJson) return terminal.print(json_text(answer));
    std::string text = answer.value("text", "");
    for (const Json& one : answer.value("shadowed", Json::array())) text += fmt::format("  hidden: {}\n", one.get<std::string>());
    while (text.ends_with('\n')) text.pop_back();
    if (!answer.contains("exit_code")) terminal.print(text);
}

int apply(const Found& found, const Json& body, Format format, Terminal& terminal) {
    const auto answer = ask_change(found, "apply", body, terminal);
    if (!answer) return kExitUnreachable;
    print_change(*answer, format, terminal);
    if (answer->contains("detail")) {
        const bool is_text = answer->contains("exit_code");
        terminal.message(is_text ? (*answer)["detail"].get<std::string>()
                                 : fmt::format("weir apply: {}: {}", answer->value("title", ""), answer->value("detail", "")));
        return code_of(*answer);
    }
    if (format == Format::kText && answer->value("taken", false))
        terminal.print(fmt::format("applied behind epoch {}; no row was read for {:.0f} ms",
                                   answer->value("epoch", uint64_t{0}), answer->value("pause_ms", 0.0)));
    return kExitOk;
}

}  // namespace

int status_command(const StatusArguments& arguments, Terminal& terminal) {
    const auto hosts = RunningHosts::find(arguments.data_dir, terminal);
    if (!hosts) return kExitUsage;
    if (arguments.topology.empty()) {
        if (arguments.format == Format::kText) return print_all(*hosts, terminal), kExitOk;
        Json all = Json::array();
        for (const Found& one : hosts->all()) all.push_back(one.summary);
        terminal.print(json_text(all));
        return kExitOk;
    }
    const Found* found = hosts->named(arguments.topology);
    if (!found) {
        terminal.message("weir: " + hosts->not_found(arguments.topology));
        return kExitUnreachable;
    }
    auto answer = ask_host(found->socket, {"GET", topology_path(arguments.topology), {}, ""}, kQuickly);
    const Json details = answer ? Json::parse(answer->body, nullptr, false) : Json();
    if (!details.is_object() || !details.contains("nodes")) {
        terminal.message(fmt::format("weir status: `{}` has ended meanwhile", arguments.topology));
        return kExitUnreachable;
    }
    if (arguments.format == Format::kJson) return terminal.print(json_text(details)), kExitOk;
    print_nodes(details, terminal);
    print_checkpoints(details.value("checkpoints", Json::object()), terminal);
    return kExitOk;
}

int plan_command(const ChangeArguments& arguments, Terminal& terminal) {
    const auto name = name_in(arguments.file, terminal);
    if (!name) return kExitUsage;
    const auto found = find_topology(*name, arguments.data_dir, terminal);
    if (!found) return kExitUnreachable;
    const auto answer = ask_change(*found, "plan", change_body(arguments), terminal);
    if (!answer) return kExitUnreachable;
    print_change(*answer, arguments.format, terminal);
    if (answer->contains("detail")) {
        terminal.message((*answer)["detail"].get<std::string>());
        return code_of(*answer);
    }
    if (answer->value("loses", false) || !answer->value("refused", Json::array()).empty()) return kExitLoses;
    return answer->value("changes", false) ? kExitChanges : kExitOk;
}

int apply_command(const ChangeArguments& arguments, Terminal& terminal) {
    const auto name = name_in(arguments.file, terminal);
    if (!name) return kExitUsage;
    const auto found = find_topology(*name, arguments.data_dir, terminal);
    return found ? apply(*found, change_body(arguments), arguments.format, terminal) : kExitUnreachable;
}

int set_command(const SetArguments& arguments, Terminal& terminal) {
    const auto found = find_topology(arguments.topology, arguments.data_dir, terminal);
    if (!found) return kExitUnreachable;
    ChangeArguments change;
    change.sets = arguments.sets;
    return apply(*found, change_body(change), arguments.format, terminal);
}

}  // namespace weir::host
