// `weir explain` and `weir graph`.
#include "host/cli/commands.hpp"
#include "host/cli/explain.hpp"
#include "host/cli/json_text.hpp"
#include "host/cli/terminal.hpp"
#include "host/cli/topology_set.hpp"
#include "host/exit_codes.hpp"

namespace weir::host {
namespace {

// Plans the files without running them and lets `tell` speak of each.
template <class Tell>
int tell_of(const TopologyArguments& arguments, Terminal& terminal, Tell tell) {
    auto plugins = open_plugins(arguments.plugin_dirs);
    if (!plugins) {
        terminal.message("weir: " + plugins.status().message());
        return kExitUsage;
    }
    TopologySet topologies(*plugins);
    topologies.load(arguments, {true, kDefaultConnectTimeout});
    terminal.message(topologies.text(false));
    if (const int code = topologies.exit_code(); code != kExitOk) return code;
    for (auto& entry : topologies.entries()) tell(*entry.plan, entry.path.string());
    return kExitOk;
}

}  // namespace

int explain_command(const ExplainArguments& arguments, Terminal& terminal) {
    Json all = Json::array();
    std::string text;
    const int code = tell_of(arguments.topologies, terminal, [&](Plan& plan, const std::string& path) {
        if (arguments.format == Format::kJson)
            all.push_back(explain_json(plan, path));
        else
            text += (text.empty() ? "" : "\n") + explain_text(plan, path);
    });
    if (code == kExitOk) terminal.print(arguments.format == Format::kJson ? json_text(all) : text);
    return code;
}

int graph_command(const GraphArguments& arguments, Terminal& terminal) {
    std::string text;
    const int code = tell_of(arguments.topologies, terminal, [&](Plan& plan, const std::string&) {
        text += arguments.dot ? dot_text(plan) : mermaid_text(plan);
    });
    if (code == kExitOk) terminal.print(text);
    return code;
}

}  // namespace weir::host
