// `weir run`.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "host/cli/commands.hpp"
#include "host/cli/data_dir.hpp"
#include "host/cli/savepoints.hpp"
#include "host/cli/run_records.hpp"
#include "host/cli/session.hpp"
#include "host/cli/supervise.hpp"
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
    if (arguments.savepoint.empty() || entries.empty()) return "";
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

// Empty: what is given goes together.
std::string why_not_without_files(const RunArguments& arguments) {
    const auto of_files = [](const char* option) { return fmt::format("{} is of files, and none is named: what is noted goes on as it is", option); };
    if (arguments.reset) return of_files("--reset");
    if (!arguments.savepoint.empty()) return of_files("--savepoint");
    if (arguments.from_group) return of_files("--from-group");
    if (!arguments.allow_loss.empty()) return of_files("--allow-loss");
    if (arguments.watch) return of_files("--watch");
    if (!arguments.topologies.params_files.empty()) return of_files("--params");
    return "";
}

// What is noted of topologies that run, by name.
std::map<std::string, RunRecord> noted_in(const std::filesystem::path& data_dir) {
    std::map<std::string, RunRecord> out;
    const RunRecords records(data_dir);
    for (const std::string& name : records.names())
        if (auto record = records.read(name)) out.emplace(name, std::move(*record));
    return out;
}

// A --set that nobody takes; empty: there is none. What is noted takes its secrets from them, and nothing else.
std::string unused_set(const RunArguments& arguments, const std::map<std::string, RunRecord>& noted) {
    for (const std::string& set : arguments.topologies.sets) {
        const std::string name = set_name(set);
        const auto has = [&](const auto& one) {
            const auto& secrets = one.second.graph.secrets;
            return std::find(secrets.begin(), secrets.end(), name) != secrets.end();
        };
        if (std::none_of(noted.begin(), noted.end(), has))
            return fmt::format("--set {}: without files it gives secrets that are not noted, and no topology has one of that name; change a parameter with `weir set`", name);
    }
    return "";
}

// What is to be loaded of the files: those that this host has not noted, if it died and is begun again.
TopologyArguments files_to_load(const RunArguments& arguments, const std::optional<Supervision>& supervision, const std::map<std::string, RunRecord>& noted) {
    TopologyArguments out = arguments.topologies;
    if (!supervision || supervision->restarts == 0) return out;
    std::erase_if(out.files, [&](const std::filesystem::path& file) {
        Diagnostics told_by_load;
        const auto name = topology_name(file, told_by_load);
        const auto found = name ? noted.find(*name) : noted.end();
        return found != noted.end() && found->second.host == supervision->host;
    });
    for (const std::string& set : out.sets) out.may_lack.push_back(set_name(set));
    return out;
}

// Where it notes what it runs, and what it brings back. WEIR_E_CONFIG: why it cannot.
Result<StayOptions> stay_options(const RunArguments& arguments, const std::optional<Supervision>& supervision) {
    StayOptions out;
    const bool has_files = !arguments.topologies.files.empty();
    out.stays = arguments.stay || !has_files;
    out.host = supervision ? supervision->host : new_host_id();
    if (supervision) {
        out.supervisor = supervision->supervisor;
        out.died = supervision->died;
    }
    const bool is_again = supervision && supervision->restarts > 0;
    out.brings_back = out.stays || is_again;
    if (!out.stays) out.only_of = out.host;
    if (arguments.data_dir.empty() && !out.stays && !supervision) return out;
    auto dir = chosen_data_dir(arguments.data_dir);
    if (!dir) return dir.status();
    out.records_dir = *dir;
    return out;
}

}  // namespace

int run_command(const RunArguments& arguments, Terminal& terminal) {
    const auto supervision = take_supervision();
    if (arguments.supervise && arguments.records) {
        terminal.message("weir run: --records counts from 0 again in each process, and --supervise begins others: leave one of them out");
        return kExitUsage;
    }
    if (arguments.supervise && !supervision) return supervise(arguments.words, terminal);
    auto stay = stay_options(arguments, supervision);
    if (!stay) {
        terminal.message("weir: " + stay.status().message());
        return kExitUsage;
    }
    const auto noted = stay->brings_back ? noted_in(stay->records_dir) : std::map<std::string, RunRecord>();
    if (arguments.topologies.files.empty()) {
        std::string why = why_not_without_files(arguments);
        if (why.empty()) why = unused_set(arguments, noted);
        if (!why.empty()) {
            terminal.message("weir run: " + why);
            return kExitUsage;
        }
        if (noted.empty() && !arguments.quiet)
            terminal.message(fmt::format("nothing is noted in {} yet: `weir apply FILE --add` adds a topology", stay->records_dir.string()));
    }
    auto plugins = open_plugins(arguments.topologies.plugin_dirs);
    if (!plugins) {
        terminal.message("weir: " + plugins.status().message());
        return kExitUsage;
    }
    auto topologies = TopologySet::with(std::move(*plugins));
    topologies->load(files_to_load(arguments, supervision, noted), {false, arguments.connect_timeout});
    terminal.message(topologies->text(false));
    if (const int code = topologies->exit_code(); code != kExitOk) return code;

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
                           {},
                           *stay};
    auto admin = AdminPort::make(arguments.listen);
    if (!admin) {
        terminal.message("weir run: " + admin.status().message());
        return kExitUsage;
    }
    options.admin = std::move(*admin);
    const auto& entries = topologies->entries();
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
    if (options.data_dir.empty()) options.data_dir = options.control_dir;  // of what is added
    if (!entries.empty())
        if (const int code = begin_from_savepoint(arguments, entries.front(), options, terminal); code != kExitOk) return code;
    Session session(topologies, options, terminal);
    topologies.reset();  // the graphs hold it, until others have taken the place of all of them
    const int code = session.run();
    if (!stats.is_wanted()) return code;
    stats.write(session.first_stats());
    if (stats.is_good()) return code;
    terminal.message(stats.problem());
    return code != kExitOk ? code : kExitFailed;
}

}  // namespace weir::host
