// `weir pause`, `resume` and `stop`: holding topologies that run, and ending them.
#include <fmt/format.h>

#include "host/cli/commands.hpp"
#include "host/cli/report.hpp"
#include "host/cli/running_hosts.hpp"
#include "host/cli/terminal.hpp"
#include "host/exit_codes.hpp"

namespace weir::host {
namespace {

constexpr std::chrono::seconds kEnding{3600};  // until its last rows are written

// The answer's JSON; or what is wrong has been said.
std::optional<Json> ask_for(const Found& found, const std::string& what, const Json& body, std::chrono::seconds timeout, Terminal& terminal) {
    const std::string name = found.summary.value("name", "");
    auto answer = ask_host(found.socket, {"POST", topology_path(name, what), {}, body.dump()}, timeout);
    if (answer && answer->status == 200) return Json::parse(answer->body, nullptr, false);
    if (answer && answer->status != 404) terminal.message(fmt::format("weir {}: {}", what, refusal_text(*answer)));
    else terminal.message(fmt::format("weir {}: `{}` has ended meanwhile", what, name));
    return std::nullopt;
}

int hold(const HoldArguments& arguments, const char* what, const char* done, Terminal& terminal) {
    const auto found = find_topology(arguments.topology, arguments.data_dir, terminal);
    if (!found) return kExitUnreachable;
    if (!ask_for(*found, what, Json::object(), kQuickly, terminal)) return kExitUnreachable;
    terminal.print(fmt::format("{} {}", arguments.topology, done));
    return kExitOk;
}

// Positions alone are enough to go on from.
const char* kept_text(const Found& found) {
    return found.summary.value("durable", false) ? "; begun again it goes on behind its last epoch" : "; nothing of it is kept";
}

}  // namespace

int pause_command(const HoldArguments& arguments, Terminal& terminal) {
    return hold(arguments, "pause", "is paused: its sources are not polled until `weir resume`, its epochs go on", terminal);
}

int resume_command(const HoldArguments& arguments, Terminal& terminal) { return hold(arguments, "resume", "goes on", terminal); }

int stop_command(const StopArguments& arguments, Terminal& terminal) {
    const auto found = find_topology(arguments.topology, arguments.data_dir, terminal);
    if (!found) return kExitUnreachable;
    Json body = {{"drain", arguments.drain}};
    const bool saves = !arguments.savepoint.empty();
    if (saves) body["savepoint"] = arguments.savepoint == kSavepointOfNow ? Json(true) : Json(arguments.savepoint);
    const auto answer = ask_for(*found, "stop", body, saves ? kEnding : kQuickly, terminal);
    if (!answer) return saves ? kExitState : kExitUnreachable;
    const char* rest = arguments.drain ? ", as at the end of its input" : kept_text(*found);
    if (!saves) return terminal.print(fmt::format("{} ends{}", arguments.topology, rest)), kExitOk;
    const Json savepoint = answer->value("savepoint", Json::object());
    terminal.print(fmt::format("{} has ended{}; savepoint {}: epoch {}", arguments.topology, arguments.drain ? rest : "",
                               savepoint.value("name", ""), savepoint.value("epoch", uint64_t{0})));
    return kExitOk;
}

int remove_command(const RemoveArguments& arguments, Terminal& terminal) {
    const auto found = find_topology(arguments.topology, arguments.data_dir, terminal);
    if (!found) return kExitUnreachable;
    HttpRequest request{"DELETE", topology_path(arguments.topology), {}, ""};
    if (arguments.drain) request.query.emplace_back("drain", "true");
    auto answer = ask_host(found->socket, request, kEnding);
    if (!answer || answer->status != 200) {
        terminal.message("weir remove: " + (answer ? refusal_text(*answer) : answer.status().message()));
        return answer && answer->status == 404 ? kExitUnreachable : kExitFailed;
    }
    terminal.print(fmt::format("{} is removed{}", arguments.topology, kept_text(*found)));
    return kExitOk;
}

}  // namespace weir::host
