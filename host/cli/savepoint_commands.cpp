// `weir savepoint …`.
#include <fmt/format.h>

#include "host/cli/commands.hpp"
#include "host/cli/data_dir.hpp"
#include "host/cli/json_text.hpp"
#include "host/cli/report.hpp"
#include "host/cli/savepoints.hpp"
#include "host/cli/table.hpp"
#include "host/cli/terminal.hpp"
#include "host/exit_codes.hpp"

namespace weir::host {
namespace {

int refuse_savepoint(const Status& status, Terminal& terminal) {
    terminal.message("weir: " + status.message());
    return kExitState;
}

std::string names_text(const std::vector<std::string>& names) {
    std::string out;
    for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
    return out;
}

Json json_of(const SavepointInfo& info) {
    Json out = {{"topology", info.topology}, {"name", info.name}};
    if (!info.fault.empty()) return out["error"] = info.fault, out;
    out.update({{"created", info.created}, {"epoch", info.epoch}, {"bytes", info.bytes}, {"nodes", info.nodes}});
    return out;
}

std::string table_of(const std::vector<SavepointInfo>& all) {
    Table table({"TOPOLOGY", "NAME", "CREATED", "EPOCH", "BYTES", "NODES"});
    table.align_right(3);
    table.align_right(4);
    for (const SavepointInfo& info : all) {
        const bool is_good = info.fault.empty();
        table.add({info.topology, info.name, info.created, is_good ? grouped(static_cast<int64_t>(info.epoch)) : "",
                   is_good ? grouped(static_cast<int64_t>(info.bytes)) : "",
                   is_good ? names_text(info.nodes) : "cannot be read"});
    }
    return table.text();
}

// What is in it: its states, and where its sources were.
Result<Json> details_of(const StateStore& store) {
    Json out = {{"states", Json::array()}, {"positions", positions_of(store)}};
    auto summaries = live_summaries(store);
    if (!summaries) return summaries.status();
    for (const StateSummary& s : *summaries)
        out["states"].push_back({{"node", s.node},
                                 {"state", s.state},
                                 {"version", s.version},
                                 {"entries", s.entries},
                                 {"bytes", s.bytes}});
    return out;
}

std::string details_text(const Json& details) {
    Table states({"NODE", "STATE", "VERSION", "ENTRIES", "BYTES"});
    for (size_t column = 1; column < 5; ++column) states.align_right(column);
    for (const Json& s : details["states"])
        states.add({s["node"], s["state"].dump(), s["version"].dump(), grouped(s["entries"]), grouped(s["bytes"])});
    Table positions({"SOURCE", "SPLIT", "POSITION"});
    for (const Json& p : details["positions"])
        positions.add({p.value("node", ""), p.value("split", ""), p.value("position", "")});
    return "\n" + states.text() + (details["positions"].empty() ? "" : "\n" + positions.text());
}

}  // namespace

int savepoint_ls_command(const SavepointArguments& arguments, Terminal& terminal) {
    auto data_dir = chosen_data_dir(arguments.data_dir);
    if (!data_dir) return refuse_savepoint(data_dir.status(), terminal);
    const auto all = list_savepoints(*data_dir, arguments.topology);
    if (arguments.format == Format::kText) return terminal.print(table_of(all)), kExitOk;
    Json list = Json::array();
    for (const SavepointInfo& info : all) list.push_back(json_of(info));
    terminal.print(json_text(list));
    return kExitOk;
}

int savepoint_create_command(const SavepointArguments& arguments, Terminal& terminal) {
    auto data_dir = chosen_data_dir(arguments.data_dir);
    if (!data_dir) return refuse_savepoint(data_dir.status(), terminal);
    const std::string name = arguments.name.empty() ? savepoint_name_of_now() : arguments.name;
    if (Status s = create_savepoint(*data_dir, arguments.topology, name); !s.ok()) return refuse_savepoint(s, terminal);
    const SavepointInfo info = describe_savepoint(*data_dir, arguments.topology, name);
    if (!info.fault.empty()) return refuse_savepoint(Status::fatal(info.fault), terminal);
    if (arguments.format == Format::kJson)
        terminal.print(json_text(json_of(info)));
    else
        terminal.print(fmt::format("{} {}: epoch {}{}", info.topology, name, info.epoch,
                                   info.nodes.empty() ? ", positions of its sources alone: no operator keeps state" : ""));
    return kExitOk;
}

int savepoint_show_command(const SavepointArguments& arguments, Terminal& terminal) {
    auto data_dir = chosen_data_dir(arguments.data_dir);
    if (!data_dir) return refuse_savepoint(data_dir.status(), terminal);
    const SavepointInfo info = describe_savepoint(*data_dir, arguments.topology, arguments.name);
    auto store = open_for_reading(savepoint_path(*data_dir, arguments.topology, arguments.name));
    if (!store) return refuse_savepoint(store.status(), terminal);
    auto details = details_of(**store);
    if (!details) return refuse_savepoint(details.status(), terminal);
    Json out = json_of(info);
    out.update(*details);
    terminal.print(arguments.format == Format::kJson ? json_text(out) : table_of({info}) + details_text(*details));
    return kExitOk;
}

int savepoint_restore_command(const SavepointArguments& arguments, Terminal& terminal) {
    auto data_dir = chosen_data_dir(arguments.data_dir);
    if (!data_dir) return refuse_savepoint(data_dir.status(), terminal);
    const Status restored =
        restore_savepoint(*data_dir, arguments.topology, arguments.name, arguments.replace,
                          fmt::format("Keep it by a savepoint of its own (weir savepoint create {}), then say --replace",
                                      arguments.topology));
    if (!restored.ok()) return refuse_savepoint(restored, terminal);
    terminal.message(fmt::format("the next run of `{}` begins from savepoint `{}`; what was written since will be written again",
                                 arguments.topology, arguments.name));
    return kExitOk;
}

}  // namespace weir::host
