// `weir plugin generations`: what running hosts have of plugins in memory.
#include <fmt/format.h>

#include "host/cli/commands.hpp"
#include "host/cli/json_text.hpp"
#include "host/cli/running_hosts.hpp"
#include "host/cli/table.hpp"
#include "host/cli/terminal.hpp"
#include "host/control/client.hpp"
#include "host/exit_codes.hpp"
#include "host/text/grouped.hpp"

namespace weir::host {
namespace {

constexpr size_t kHashShown = 12;

std::string generations_text(const Json& host) {
    Table table({"PLUGIN", "VERSION", "HASH", "SINCE", "STATE", "USED BY"});
    for (const Json& one : host.value("generations", Json::array())) {
        std::string users;
        for (const Json& user : one.value("nodes", Json::array())) users += (users.empty() ? "" : ", ") + user.get<std::string>();
        table.add({one.value("plugin", ""), one.value("version", ""), one.value("hash", "").substr(0, kHashShown), one.value("since", ""),
                   one.value("state", ""), users});
    }
    std::string out = table.text();
    out += fmt::format("{} loaded, {} of them are gone and not listed", grouped(host.value("loads", int64_t{0})), grouped(host.value("forgotten", int64_t{0})));
    const int64_t stuck = host.value("stuck", int64_t{0});
    if (stuck > 0) out += fmt::format("; {} cannot be unloaded: the C library keeps them until the process ends", grouped(stuck));
    return out + "\n";
}

}  // namespace

int plugin_generations_command(const PluginGenerationsArguments& arguments, Terminal& terminal) {
    const auto hosts = RunningHosts::find(arguments.data_dir, terminal);
    if (!hosts) return kExitUsage;
    Json all = Json::array();
    std::string text;
    for (const auto& socket : hosts->sockets()) {
        auto answer = ask_host(socket, {"GET", "/v1/plugins", {}, ""}, kQuickly);
        Json one = answer ? Json::parse(answer->body, nullptr, false) : Json();
        if (!one.is_object()) {
            terminal.message(fmt::format("weir plugin generations: the host at {} gave no answer", socket.string()));
            return kExitUnreachable;
        }
        one["host"] = socket.stem().string();
        text += fmt::format("{}host {}\n{}", text.empty() ? "" : "\n", one["host"].get<std::string>(), generations_text(one));
        all.push_back(std::move(one));
    }
    if (arguments.format == Format::kJson) terminal.print(json_text(all));
    else terminal.print(text.empty() ? "no topology runs" : text.substr(0, text.size() - 1));
    return kExitOk;
}

}  // namespace weir::host
