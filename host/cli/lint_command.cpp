// `weir lint`.
#include <fmt/format.h>

#include "host/cli/commands.hpp"
#include "host/cli/json_text.hpp"
#include "host/cli/signals.hpp"
#include "host/cli/terminal.hpp"
#include "host/cli/topology_files.hpp"
#include "host/cli/topology_set.hpp"
#include "host/engine/outside_check.hpp"
#include "host/engine/wakeup.hpp"
#include "host/exit_codes.hpp"
#include "host/text/nearest.hpp"
#include "host/topology/code_guide.hpp"
#include "host/topology/scalar.hpp"

namespace weir::host {
namespace {

int explain(const std::string& name, Terminal& terminal) {
    const CodeInfo* code = find_code(name);
    const RunGuide* of_runs = find_run_guide(name);
    if (code != nullptr) terminal.print(explain_code(*code) + (of_runs != nullptr ? "\nOf a run:\n\n" : ""));
    if (of_runs != nullptr) terminal.print(explain_code(*of_runs));
    if (code != nullptr || of_runs != nullptr) return kExitOk;
    std::vector<std::string> names;
    for (const RunGuide& one : run_guides()) names.emplace_back(one.text);
    for (const CodeInfo& one : all_codes()) names.emplace_back(one.text);
    const std::string nearest = nearest_name(name, names);
    terminal.message(fmt::format("weir lint: there is no code {}{}\n   see: docs/lint.md, or `weir lint --reference`", ticked(name),
                                 nearest.empty() ? "" : "; nearest: " + ticked(nearest)));
    return kExitUsage;
}

std::string github_text(const TopologySet& topologies) {
    std::string out;
    for (const Diagnostic* diagnostic : topologies.diagnostics().sorted()) out += to_github(*diagnostic) + "\n";
    return out;
}

// Looks at servers; a plan of which something is wrong there is gone behind it. False: it was told to stop.
bool look_outside(TopologySet& topologies) {
    Wakeup wakeup;
    const Signals signals(wakeup);
    ServersAway away;
    for (auto& entry : topologies.entries()) {
        const size_t before = topologies.diagnostics().error_count();
        if (entry.plan) check_outside(*entry.plan, topologies.diagnostics(), signals.requested(), away);
        if (topologies.diagnostics().error_count() > before) entry.plan.reset();
        if (signals.requested()) return false;
    }
    return true;
}

std::string people_text(TopologySet& topologies, const TopologyFiles& files) {
    std::string out = topologies.text(true);
    for (const auto& entry : topologies.entries())
        if (entry.plan) out += entry.path.string() + ": ok\n";
    for (const auto& path : files.passed_over)
        out += path.string() + ": no topology, since it has no `nodes`\n";
    return out;
}

}  // namespace

int lint_command(const LintArguments& arguments, Terminal& terminal) {
    if (arguments.reference) {
        terminal.print(lint_reference());
        return kExitOk;
    }
    if (!arguments.explain.empty()) return explain(arguments.explain, terminal);
    auto plugins = open_plugins(arguments.topologies.plugin_dirs);
    auto files = find_topologies(arguments.topologies.files);
    for (const Status& status : {plugins.status(), files.status()}) {
        if (status.ok()) continue;
        terminal.message("weir lint: " + status.message());
        return kExitUsage;
    }
    TopologyArguments all = arguments.topologies;
    all.files = files->topologies;
    TopologySet topologies(*plugins);
    topologies.load(all, {true, arguments.connect_timeout});
    if (arguments.deep && !look_outside(topologies)) return kExitOk;
    switch (arguments.format) {
        case LintFormat::kText: terminal.print(people_text(topologies, *files)); break;
        case LintFormat::kJson: terminal.print(json_text(topologies.diagnostics().json())); break;
        case LintFormat::kGithub: terminal.print(github_text(topologies)); break;
    }
    return topologies.exit_code();
}

}  // namespace weir::host
