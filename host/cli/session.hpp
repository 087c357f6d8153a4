// Several topologies running together in one process, from connecting to the last table.
//
// Each ends by itself. A failure that may pass is told, and the topology begins again as its `restart:` says; when one
// fails for good the others finish their epoch and stop. A signal stops all: the epoch is
// finished and state is kept. When standard output cannot be written to, the process ends at once, with kExitFailed:
// what was not committed by then is read again by the next run. `duration` and `records` end them as the end of their input would.
//
// Threads: the main thread.
#pragma once

#include <chrono>
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/cli/admin_port.hpp"
#include "host/cli/changes.hpp"
#include "host/cli/report.hpp"
#include "host/cli/signals.hpp"
#include "host/cli/topology_set.hpp"
#include "host/cli/watcher.hpp"
#include "host/http/server.hpp"
#include "host/engine/supervisor.hpp"
#include "host/engine/wakeup.hpp"
#include "host/serve/serving.hpp"

namespace weir::host {

class Terminal;

struct SessionOptions {
    std::optional<std::chrono::microseconds> duration;
    std::optional<int64_t> records;  // of each topology
    bool is_quiet = false;           // errors alone
    std::filesystem::path data_dir;  // a folder a topology
    bool is_data_dir_given = false;  // by the user: used for what would not be kept otherwise, too
    bool reset = false;
    std::filesystem::path savepoint;  // a copy to begin from; empty: none
    OutsideStart outside_start = OutsideStart::kRefuse;
    std::vector<std::string> allow_loss;
    TopologyArguments topologies;  // as given
    std::chrono::microseconds connect_timeout = kDefaultConnectTimeout;
    bool watch = false;                 // applies changes of the files as they come
    std::shared_ptr<AdminPort> admin;   // what is asked over TCP; null: nothing
    std::filesystem::path control_dir;  // the data directory in which it listens for what it is asked; empty: nowhere
};

class Session {
public:
    // Takes the plans out of `topologies`, which must outlive it. REQUIRES: no entry has errors.
    Session(TopologySet& topologies, const SessionOptions& options, Terminal& terminal);
    ~Session();

    // Whether a topology's state is kept without being asked to: it has some, and its broker outlives this process.
    static bool keeps_state(const Plan& plan) { return plan.has_state() && !plan.is_ephemeral(); }

    static bool is_kept_nowhere(const Plan& plan, const SessionOptions& options) {
        return !options.is_data_dir_given && !keeps_state(plan);
    }

    // Connects, starts, waits for all to end. The exit code; what went wrong has been said.
    int run();
    // What runs, for who asks while it does; as long as it lives. Any thread.
    struct Running {
        Supervisor* run;
        Changes* changes;
        bool is_durable;
    };
    std::vector<Running> running();
    // Asks for the end of a topology. False: it has ended. Any thread.
    bool stop(Supervisor& run, StopMode mode);
    // Where states and savepoints are kept. Any thread.
    const std::filesystem::path& data_dir() const { return options_.data_dir; }

    // Of the first topology. After run().
    RunStats first_stats() const { return members_.front().run->stats(); }

private:
    struct Member {
        const TopologySet::Entry* entry = nullptr;
        std::unique_ptr<Serving> serving;  // of a topology with `serve`; outlives its runs
        std::unique_ptr<Supervisor> run;
        std::unique_ptr<Changes> changes;
        RateMeter meter;
        bool joined = false;
        bool is_durable = false;
        std::string outcome = "done";
    };

    EpochsOptions epochs_options(const Plan& plan) const;
    void introduce();
    bool serve_views();
    bool listen();
    int end_of_listening();
    bool connect();
    void wait();
    std::optional<std::chrono::microseconds> next_pause() const;
    bool reap();
    void add_member(TopologySet& topologies, size_t index);
    TopologyArguments arguments_of(size_t index) const;
    void begin_control();
    void watch();
    void apply_files();
    void tell_restart(const Member& member, const RestartNotice& notice);
    std::string line_of(Member& member, std::chrono::steady_clock::time_point now);
    void tell_failure(Member& member);
    void stop_all(StopMode mode);
    std::chrono::milliseconds line_interval() const;
    void show_rates();
    void summarize();

    SessionOptions options_;
    Terminal& terminal_;
    Wakeup wakeup_;
    Signals signals_;
    std::deque<Member> members_;
    std::optional<StopMode> stopping_;
    std::chrono::steady_clock::time_point started_, next_line_;
    int exit_code_ = 0;
    std::unique_ptr<HttpServer> control_;  // these two ask the others: they go first
    std::unique_ptr<Watcher> watcher_;
};

}  // namespace weir::host
