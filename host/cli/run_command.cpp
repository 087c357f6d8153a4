// `weir run` and `weir lint`.
#include <sys/resource.h>

#include <algorithm>
#include <fstream>

#include <fmt/format.h>

#include "host/cli/commands.hpp"
#include "host/cli/data_dir.hpp"
#include "host/cli/session.hpp"
#include "host/cli/terminal.hpp"
#include "host/exit_codes.hpp"

namespace weir::host {
namespace {

int64_t peak_rss_bytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss * 1024;
}

bool write_stats(const std::filesystem::path& path, const RunStats& stats, Terminal& terminal) {
    std::ofstream file(path);
    file << stats_json(stats, peak_rss_bytes()).dump() << "\n";
    file.close();
    if (file.good()) return true;
    terminal.message(fmt::format("weir: cannot write {} (--stats-json)", path.string()));
    return false;
}

}  // namespace

int run_command(const RunArguments& arguments, Terminal& terminal) {
    auto plugins = open_plugins(arguments.topologies.plugin_dirs);
    if (!plugins) {
        terminal.message("weir: " + plugins.status().message());
        return kExitUsage;
    }
    TopologySet topologies(*plugins);
    topologies.load(arguments.topologies, {false, arguments.connect_timeout});
    terminal.message(topologies.text(false));
    if (const int code = topologies.exit_code(); code != kExitOk) return code;

    SessionOptions options{arguments.duration, arguments.records, arguments.quiet,
                           arguments.data_dir,  !arguments.data_dir.empty(), arguments.reset, arguments.allow_loss};
    const auto& entries = topologies.entries();
    const bool keeps = std::any_of(entries.begin(), entries.end(), [](auto& entry) { return Session::keeps_state(*entry.plan); });
    if (!options.is_data_dir_given && keeps) {
        auto data_dir = default_data_dir();
        if (!data_dir) {
            terminal.message("weir: " + data_dir.status().message());
            return kExitUsage;
        }
        options.data_dir = *data_dir;
    }
    Session session(topologies, options, terminal);
    const int code = session.run();
    if (arguments.stats_json.empty() || write_stats(arguments.stats_json, session.first_stats(), terminal)) return code;
    return code != kExitOk ? code : kExitUsage;
}

int lint_command(const LintArguments& arguments, Terminal& terminal) {
    auto plugins = open_plugins(arguments.topologies.plugin_dirs);
    if (!plugins) {
        terminal.message("weir: " + plugins.status().message());
        return kExitUsage;
    }
    TopologySet topologies(*plugins);
    topologies.load(arguments.topologies, {true, kDefaultConnectTimeout});
    if (arguments.format == Format::kJson) {
        terminal.print(topologies.diagnostics().json().dump(2));
        return topologies.exit_code();
    }
    std::string text = topologies.text(true);
    for (const auto& entry : topologies.entries())
        if (entry.plan) text += entry.path.string() + ": ok\n";
    terminal.print(text);
    return topologies.exit_code();
}

}  // namespace weir::host
