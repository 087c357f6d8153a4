// `weir run`.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "host/cli/commands.hpp"
#include "host/cli/data_dir.hpp"
#include "host/cli/savepoints.hpp"
#include "host/cli/session.hpp"
#include "host/cli/terminal.hpp"
#include "host/engine/clock.hpp"
#include "host/exit_codes.hpp"

namespace weir::host {
namespace {

int64_t peak_rss_bytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss * 1024;
}

// The file of --stats-json.
class StatsFile {
public:
    // Opens it, so that a name that cannot be written is known before anything runs. Its content stays until write().
    explicit StatsFile(const std::filesystem::path& path) : path_(path) {
        if (!path.empty()) fd_ = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
        error_ = is_wanted() && fd_ < 0 ? errno : 0;
    }
    ~StatsFile() {
        if (fd_ >= 0) close(fd_);
    }
    StatsFile(const StatsFile&) = delete;
    StatsFile& operator=(const StatsFile&) = delete;

    bool is_wanted() const { return !path_.empty(); }
    bool is_good() const { return error_ == 0; }
    std::string problem() const {
        return fmt::format("weir: cannot write {} (--stats-json): {}", path_.string(), std::strerror(error_));
    }

    void write(const RunStats& stats) {
        const std::string text = stats_json(stats, peak_rss_bytes(), system_now()).dump() + "\n";
        const bool is_file = ftruncate(fd_, 0) == 0 || errno == EINVAL;  // a pipe cannot be cut
        const auto size = static_cast<ssize_t>(text.size());
        if (!is_file || ::write(fd_, text.data(), text.size()) != size) error_ = errno != 0 ? errno : EIO;
    }

private:
    const std::filesystem::path path_;
    int fd_ = -1;
    int error_ = 0;
};

// Empty: there is nothing against one, or none was asked for.
std::string why_no_savepoint(const RunArguments& arguments, const std::vector<TopologySet::Entry>& entries,
                             const SessionOptions& options) {
    if (arguments.savepoint.empty()) return "";
    if (entries.size() > 1) return fmt::format("it is of one topology, and these are {}: run that one by itself", entries.size());
    const Plan& plan = *entries[0].plan;
    if (!Session::is_kept_nowhere(plan, options)) return "";
    const std::string& name = plan.topology().name;
    if (!plan.has_state()) return fmt::format("no node of topology `{}` has any state", name);
    for (const auto& connection : plan.connections())
        if (connection->is_ephemeral())
            return fmt::format("the state of topology `{}` is not kept, since connection `{}` is to a broker that is gone with this "
                               "process. Name one that stays (--set), or a folder for state all the same (--data-dir)",
                               name, connection->name());
    return fmt::format("the state of topology `{}` is not kept", name);
}

// Copies the savepoint of --savepoint, to begin from. What is wrong has been said where it is not kExitOk.
int begin_from_savepoint(const RunArguments& arguments, const TopologySet::Entry& entry, SessionOptions& options,
                         Terminal& terminal) {
    if (arguments.savepoint.empty()) return kExitOk;
    const std::string& name = entry.topology->name;
    auto copy = copy_savepoint(options.data_dir, name, arguments.savepoint, options.reset,
                               "Run it without --savepoint to go on with that, or with --reset, too, to forget it");
    if (copy) {
        options.savepoint = std::move(*copy);
        options.reset = false;
        return kExitOk;
    }
    terminal.message(fmt::format("error[state]: {}", copy.status().message()));
    return kExitState;
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

    StatsFile stats(arguments.stats_json);
    if (!stats.is_good()) {
        terminal.message(stats.problem());
        return kExitUsage;
    }
    SessionOptions options{arguments.duration, arguments.records, arguments.quiet,
                           arguments.data_dir,  !arguments.data_dir.empty(), arguments.reset, {},
                           arguments.reset        ? OutsideStart::kIgnore
                           : arguments.from_group ? OutsideStart::kTake
                                                  : OutsideStart::kRefuse,
                           arguments.allow_loss,
                           arguments.topologies,
                           arguments.connect_timeout,
                           arguments.watch,
                           {},
                           {}};
    auto admin = AdminPort::make(arguments.listen);
    if (!admin) {
        terminal.message("weir run: " + admin.status().message());
        return kExitUsage;
    }
    options.admin = std::move(*admin);
    const auto& entries = topologies.entries();
    if (const std::string why = why_no_savepoint(arguments, entries, options); !why.empty()) {
        terminal.message("weir run: --savepoint: " + why);
        return kExitUsage;
    }
    const bool keeps = std::any_of(entries.begin(), entries.end(), [](auto& entry) { return Session::keeps_state(*entry.plan); });
    if (!options.is_data_dir_given && keeps) {
        auto data_dir = default_data_dir();
        if (!data_dir) {
            terminal.message("weir: " + data_dir.status().message());
            return kExitUsage;
        }
        options.data_dir = *data_dir;
    }
    if (auto data_dir = chosen_data_dir(options.data_dir)) options.control_dir = *data_dir;
    if (const int code = begin_from_savepoint(arguments, entries.front(), options, terminal); code != kExitOk) return code;
    Session session(topologies, options, terminal);
    const int code = session.run();
    if (!stats.is_wanted()) return code;
    stats.write(session.first_stats());
    if (stats.is_good()) return code;
    terminal.message(stats.problem());
    return code != kExitOk ? code : kExitFailed;
}

}  // namespace weir::host
