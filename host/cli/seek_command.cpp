// `weir seek`: a source of a running topology reads on elsewhere.
#include <fmt/format.h>

#include "host/cli/commands.hpp"
#include "host/cli/json_text.hpp"
#include "host/cli/running_hosts.hpp"
#include "host/cli/table.hpp"
#include "host/cli/terminal.hpp"
#include "host/exit_codes.hpp"
#include "host/text/grouped.hpp"

namespace weir::host {
namespace {

constexpr std::chrono::seconds kSeeking{600};  // its trial is no longer

void print_places(const Json& answer, Terminal& terminal) {
    Table table({"SPLIT", "FROM", "TO"});
    for (const size_t column : {1, 2}) table.align_right(column);
    for (const Json& one : answer.value("splits", Json::array()))
        table.add({one.value("split", ""), grouped(one.value("from", int64_t{0})), grouped(one.value("to", int64_t{0}))});
    std::string text = table.text();
    for (const Json& note : answer.value("notes", Json::array())) text += fmt::format("note: {}\n", note.get<std::string>());
    while (text.ends_with('\n')) text.pop_back();
    terminal.print(text);
}

}  // namespace

int seek_command(const SeekArguments& arguments, Terminal& terminal) {
    const auto found = find_owner("seek", arguments.topology, arguments.node, arguments.data_dir, terminal);
    if (!found) return kExitUnreachable;
    const Json body = {{"node", arguments.node}, {"to", arguments.to}, {"dry_run", arguments.dry_run}};
    auto answer = ask_host(found->socket, {"POST", topology_path(found->summary.value("name", ""), "seek"), {}, body.dump()}, kSeeking);
    if (!answer) {
        terminal.message("weir seek: " + answer.status().message());
        return kExitUnreachable;
    }
    const Json json = Json::parse(answer->body, nullptr, false);
    if (answer->status != 200 || !json.is_object()) {
        terminal.message("weir seek: " + refusal_text(*answer));
        return json.is_object() && json.value("rolled_back", false) ? kExitFailed : kExitUsage;
    }
    if (arguments.format == Format::kJson) return terminal.print(json_text(json)), kExitOk;
    print_places(json, terminal);
    if (json.value("taken", false))
        terminal.print(fmt::format("`{}` reads on there behind epoch {}; no row was read for {:.0f} ms", arguments.node, json.value("epoch", uint64_t{0}),
                                   json.value("pause_ms", 0.0)));
    return kExitOk;
}

}  // namespace weir::host
