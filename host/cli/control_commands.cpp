// `weir status`, `plan`, `apply`, `set`: what is asked of hosts that run.
#include <algorithm>
#include <optional>
#include <thread>

#include <fmt/format.h>

#include "host/cli/changes.hpp"
#include "host/cli/commands.hpp"
#include "host/cli/json_text.hpp"
#include "host/cli/report.hpp"
#include "host/cli/running_hosts.hpp"
#include "host/cli/supervise.hpp"
#include "host/cli/table.hpp"
#include "host/cli/terminal.hpp"
#include "host/control/hosts.hpp"
#include "host/engine/clock.hpp"
#include "host/exit_codes.hpp"
#include "host/topology/topology.hpp"

namespace weir::host {
namespace {

constexpr std::chrono::seconds kApplying{3600};
constexpr std::chrono::seconds kComingBack{60};
constexpr std::chrono::milliseconds kAskAgain{100};
constexpr size_t kShownCheckpoints = 10;  // --format json has more

// The name that the file gives its topology, which needs no plugin to be read.
std::optional<std::string> name_in(const std::filesystem::path& file, Terminal& terminal) {
    Diagnostics diagnostics;
    if (auto name = topology_name(file, diagnostics)) return name;
    terminal.message(diagnostics.text(false));
    return std::nullopt;
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

// What is to be known of it beside its nodes: that it does not run, and a change that did not go well.
void print_standing(const Json& details, Terminal& terminal) {
    const std::string why = details.value("why", "");
    if (!details.contains("nodes")) terminal.print(fmt::format("{} is {}{}", details.value("name", ""), details.value("state", ""), why.empty() ? "" : ": " + why));
    const Json last = details.value("last_change", Json::object());
    if (!last.contains("why")) return;
    terminal.print(fmt::format("the last change ({}, {}) was not taken: {}\n", last.value("file", ""), last.value("time", ""), last.value("why", "")));
}

void print_nodes(const Json& details, Terminal& terminal) {
    Table table({"NODE", "OPERATOR", "IN", "OUT", "ERRORS", "BEHIND"});
    for (const size_t column : {2, 3, 4, 5}) table.align_right(column);
    for (const Json& node : details["nodes"])
        table.add({node.value("node", ""), node.value("operator", ""), grouped(node.value("rows_in", int64_t{0})),
                   node.value("kind", "") == "sink" ? "-" : grouped(node.value("rows_out", int64_t{0})), grouped(node.value("errors", int64_t{0})),
                   lag_text(node, system_now())});
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

// What a host answers of one topology; null: nothing.
Json details_of(const std::filesystem::path& socket, const std::string& name) {
    auto answer = ask_host(socket, {"GET", topology_path(name), {}, ""}, kQuickly);
    return answer && answer->status == 200 ? Json::parse(answer->body, nullptr, false) : Json();
}

// The host was gone before it answered. One that is supervised comes back, and knows what became of the change: as an answer of it.
std::optional<Json> answer_of_next(const Found& found, const std::string& id) {
    const std::string name = found.summary.value("name", "");
    const auto until = std::chrono::steady_clock::now() + kComingBack;
    for (; std::chrono::steady_clock::now() < until; std::this_thread::sleep_for(kAskAgain)) {
        for (const auto& socket : control_sockets(found.socket.parent_path().parent_path())) {
            const Json details = details_of(socket, name);
            if (!details.is_object() || details.value("state", "") == "starting") continue;
            const Json last = details.value("last_change", Json::object());
            const bool is_known = last.value("id", "") == id;
            const bool is_taken = is_known && last.value("result", "") == "taken";
            if (is_taken) return Json{{"text", "the host died, and was begun again with the new graph"}};
            const std::string why = is_known ? last.value("why", "") : "the host died before it was on trial";
            return Json{{"title", "the change was refused"}, {"detail", why + "; it was begun again as it was"}, {"rolled_back", true}};
        }
    }
    return std::nullopt;
}

// The answer's JSON; or what is wrong has been said. `what`: behind the topology's name in the API, or nothing.
std::optional<Json> ask_change(const Found& found, const char* command, const char* what, const Json& body, Terminal& terminal) {
    auto answer = ask_host(found.socket, {"POST", topology_path(found.summary.value("name", ""), what), {}, body.dump()}, kApplying);
    const Json json = answer ? Json::parse(answer->body, nullptr, false) : Json();
    if (json.is_object()) return json;
    const bool is_supervised = found.summary.value("supervised", false);
    if (!answer && is_supervised && body.contains("id")) {
        terminal.message(fmt::format("weir {}: the host has died; waiting for it to come back", command));
        if (auto told = answer_of_next(found, body["id"].get<std::string>())) return told;
    }
    terminal.message(fmt::format("weir {}: {}", command, answer ? "the host's answer is none" : answer.status().message()));
    if (!answer) terminal.message("   `weir run --data-dir DIR` begins it again with what it ran, and `weir status NAME` says then what became of the change");
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
    for (const Json& one : answer.value("shadowed", Json::array())) text += fmt::format("! {}\n", one.value("text", ""));
    while (text.ends_with('\n')) text.pop_back();
    if (!answer.contains("exit_code") && !text.empty()) terminal.print(text);
}

// `command`: by which it is asked for.
int apply(const Found& found, const char* command, Json body, Format format, Terminal& terminal) {
    body["id"] = new_host_id();
    const auto answer = ask_change(found, command, "", body, terminal);
    if (!answer) return kExitUnreachable;
    print_change(*answer, format, terminal);
    if (answer->contains("detail")) {
        const bool is_text = answer->contains("exit_code");
        terminal.message(is_text ? (*answer)["detail"].get<std::string>()
                                 : fmt::format("weir {}: {}: {}", command, answer->value("title", ""), answer->value("detail", "")));
        return code_of(*answer);
    }
    if (format == Format::kText && answer->contains("epoch"))
        terminal.print(applied_text(answer->value("epoch", uint64_t{0}), answer->value("pause_ms", 0.0)));
    return kExitOk;
}

}  // namespace

int status_command(const StatusArguments& arguments, Terminal& terminal) {
    const auto hosts = RunningHosts::find(arguments.data_dir, terminal);
    if (!hosts) return kExitUsage;
    if (arguments.topology.empty()) {
        if (hosts->all().empty() && hosts->is_any_silent()) return kExitUnreachable;
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
    const Json details = details_of(found->socket, arguments.topology);
    if (!details.is_object()) {
        terminal.message(fmt::format("weir status: `{}` has ended meanwhile", arguments.topology));
        return kExitUnreachable;
    }
    if (arguments.format == Format::kJson) return terminal.print(json_text(details)), kExitOk;
    print_standing(details, terminal);
    if (!details.contains("nodes")) return kExitOk;
    print_nodes(details, terminal);
    print_checkpoints(details.value("checkpoints", Json::object()), terminal);
    return kExitOk;
}

int plan_command(const ChangeArguments& arguments, Terminal& terminal) {
    const auto name = name_in(arguments.file, terminal);
    if (!name) return kExitUsage;
    const auto found = find_topology(*name, arguments.data_dir, terminal);
    if (!found) return kExitUnreachable;
    const auto answer = ask_change(*found, "plan", "plan", change_body(arguments), terminal);
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
    const auto hosts = RunningHosts::find(arguments.data_dir, terminal);
    if (!hosts) return kExitUnreachable;
    if (const Found* found = hosts->named(*name)) return apply(*found, "apply", change_body(arguments), arguments.format, terminal);
    const auto& sockets = hosts->sockets();
    if (!arguments.add || sockets.empty()) {
        terminal.message(fmt::format("weir: {}{}", hosts->not_found(*name), sockets.empty() ? "" : fmt::format("; to add `{}` to the host there: --add", *name)));
        return kExitUnreachable;
    }
    if (sockets.size() > 1) {
        terminal.message(fmt::format("weir apply: --add: {} hosts run there, and `{}` is new to all of them: give a host that is to stay a data directory of its own",
                                     sockets.size(), *name));
        return kExitUsage;
    }
    return apply({sockets.front(), {{"name", *name}}}, "apply", change_body(arguments), arguments.format, terminal);
}

int set_command(const SetArguments& arguments, Terminal& terminal) {
    const auto found = find_topology(arguments.topology, arguments.data_dir, terminal);
    if (!found) return kExitUnreachable;
    ChangeArguments change;
    change.sets = arguments.sets;
    return apply(*found, "set", change_body(change), arguments.format, terminal);
}

}  // namespace weir::host
