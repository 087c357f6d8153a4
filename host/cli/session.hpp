// Topologies that run together in one process: those of the command line, those that the data directory has a note of, and
// those that are added while it runs.
//
// Each ends by itself. A failure that may pass is told, and the topology begins again as its `restart:` says. When one of the
// command line fails for good the others finish their epoch and stop, unless the host is to stay: then they go on, and the host
// does, too, when nothing runs any more. A topology that was added leaves the others alone in any case. A signal stops all: the
// epoch is finished and state is kept. When standard output cannot be written to, the process ends at once, with kExitFailed:
// what was not committed by then is read again by the next run. `duration` and `records` end them as the end of their input would.
//
// What runs is noted in the data directory (run_records.hpp), changes before they are tried: a host that begins there without
// files goes on with it.
//
// Threads: the main thread, but where it says so.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "host/cli/admin_port.hpp"
#include "host/cli/changes.hpp"
#include "host/cli/hosted.hpp"
#include "host/cli/report.hpp"
#include "host/cli/run_records.hpp"
#include "host/cli/signals.hpp"
#include "host/cli/topology_set.hpp"
#include "host/cli/watcher.hpp"
#include "host/http/server.hpp"
#include "host/engine/supervisor.hpp"
#include "host/engine/wakeup.hpp"

namespace weir::host {

class Terminal;

// How a host keeps what it runs.
struct StayOptions {
    bool stays = false;                 // also when nothing runs
    bool brings_back = false;           // what is noted in the data directory
    std::string only_of;                // that is noted of this host alone; empty: of any
    std::string host;                   // which one this is: the same behind a death
    pid_t supervisor = 0;               // that begins it again; 0: none
    std::string died;                   // how the process before it ended; empty: there was none
    std::filesystem::path records_dir;  // the data directory whose notes it writes; empty: none
};

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
    StayOptions stay;
};

// What became of a topology that was to be added.
struct Addition {
    int exit_code = 0;       // as `weir run` would end
    std::string text;        // what is wrong; empty: it runs
    bool is_refused = false;  // since the host cannot take it now
    size_t nodes = 0;
    uint64_t resumed_at = 0;  // behind that epoch; 0: it began
};

class Session {
public:
    // Takes the plans out of `topologies`, which each graph of them holds. REQUIRES: no entry has errors.
    Session(const std::shared_ptr<TopologySet>& topologies, const SessionOptions& options, Terminal& terminal);
    ~Session();

    // Whether a topology's state is kept without being asked to: it has some, and its broker outlives this process.
    static bool keeps_state(const Plan& plan) { return plan.has_state() && !plan.is_ephemeral(); }

    static bool is_kept_nowhere(const Plan& plan, const SessionOptions& options) {
        return !options.is_data_dir_given && !keeps_state(plan);
    }

    // Connects, starts, waits for all to end. The exit code; what went wrong has been said.
    int run();

    // What follows is for who asks while it runs. Any thread.
    struct Running {
        Supervisor* run;
        Changes* changes;
        bool is_durable;
        std::shared_ptr<Hosted> hosted;  // holds the others
    };
    std::vector<Running> running() const;
    std::optional<Running> running(const std::string& name) const;
    // Also those that do not run, or not yet.
    std::vector<std::shared_ptr<Hosted>> all() const;
    // Null: there is none.
    std::shared_ptr<Hosted> find(const std::string& name) const;
    // Asks for the end of a topology, which stays known. False: it has ended.
    bool stop(const Running& one, StopMode mode);
    // The same of one that waits to begin.
    bool stop_starting(const std::string& name);
    // The same of one that has failed: it is known as stopped from then on, and a host that comes back leaves it so.
    bool stop_failed(const std::string& name);
    // Begins a topology that does not run, in place of what ended under that name. Blocks until rows can flow in it.
    Addition add(const std::string& name, const ChangeRequest& request);
    // Makes a change, and tells what became of it.
    ChangeOutcome apply(const Running& one, const ChangeRequest& request);
    // Puts a source to another place, and tells what became of it.
    SeekOutcome seek(const Running& one, const SeekRequest& request);
    // Ends it where it runs, waits for that, and forgets it; its state stays. WEIR_E_CONFIG: there is none, or it is just begun;
    // else it cannot be forgotten.
    Status remove(const std::string& name, StopMode mode);
    bool stays() const { return options_.stay.stays; }
    // Of all plugins of the process.
    ModuleLoader& loader() { return *loader_; }
    bool is_supervised() const { return options_.stay.supervisor != 0; }
    // Where states and savepoints are kept.
    const std::filesystem::path& data_dir() const { return options_.data_dir; }

    // Of the first topology; of a host without any nothing. After run().
    RunStats first_stats() const;

private:
    using Member = std::shared_ptr<Hosted>;
    struct Attempt;

    Member make(const std::string& name, const std::filesystem::path& file);
    void equip(Hosted& member, Beginning beginning);
    void note(Hosted& member);
    void add_given(const std::shared_ptr<TopologySet>& topologies, size_t index);
    EpochsOptions epochs_options(const Plan& plan, bool is_first) const;
    TopologyArguments arguments_of(const TopologySet::Entry& entry) const;
    void introduce();
    bool serve_views();
    Status serve_views(Hosted& member);
    bool listen();
    int end_of_listening();
    bool connect();
    void start(Hosted& member);
    void wait();
    std::optional<std::chrono::microseconds> next_pause() const;
    bool reap();
    void take_end(Hosted& member);
    void begin_control();
    void watch();
    void apply_files();

    // session_add.cpp
    void bring_back();
    void forget_ended(const RunRecords& records, const std::string& name);
    void begin_noted(Hosted& member);
    Attempt try_begin(Hosted& member);
    Attempt begin_graph(Hosted& member, const RecordedGraph& graph);
    Attempt connect(Hosted& member);
    Attempt settle_trial(Hosted& member);
    Result<TopologyArguments> added_arguments(const Hosted* before, const ChangeRequest& request) const;
    Addition begin_added(Hosted& member, Hosted* before, const TopologyArguments& arguments, const ChangeRequest& request);
    Addition opened(Hosted& member, uint64_t resumed_at);
    Member reserve(const std::string& name, const std::filesystem::path& file, Addition& why_not, Member& before);
    void put(const Hosted::Gone& place, Member member);
    void wait_over(Member member);

    void tell(uint32_t level, const std::string& topology, const std::string& text);
    static void log(uint32_t level, const std::string& topology, const std::string& text);
    void tell_restart(const Hosted& member, const RestartNotice& notice);
    std::string line_of(Hosted& member, std::chrono::steady_clock::time_point now);
    void tell_failure(Hosted& member);
    void stop_all(StopMode mode);
    std::chrono::milliseconds line_interval() const;
    void show_rates();
    void summarize();

    SessionOptions options_;
    Terminal& terminal_;
    const std::shared_ptr<ModuleLoader> loader_;
    Wakeup wakeup_;
    Signals signals_;
    mutable std::mutex mutex_;          // guards members_ and is_over of each, and stopping_
    std::condition_variable changed_;   // one of those, or that one has opened
    std::vector<Member> members_;       // in the order in which they came
    std::optional<StopMode> stopping_;
    std::chrono::steady_clock::time_point started_, next_line_;
    int exit_code_ = 0;
    std::unique_ptr<HttpServer> control_;  // these two ask the others: they go first
    std::unique_ptr<Watcher> watcher_;
};

// How a failure is told, and how a process that could not begin for it ends. `is_opening`: before rows could flow.
std::string error_text(const Supervisor& run, const Status& status, bool is_opening, const std::string& what);
int exit_code_of(const Status& status, bool is_opening);
// Microseconds on the steady clock.
inline int64_t steady_time() {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}
// Of a failure of a run that is joined.
std::string failure_text(const Supervisor& run, bool is_durable);

}  // namespace weir::host
