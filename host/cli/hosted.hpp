// One topology of a host: from where it is begun, over its changes, to where it is taken away; and what is noted of it.
//
// Threads: what is said at each member.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "host/cli/candidate.hpp"
#include "host/cli/changes.hpp"
#include "host/cli/report.hpp"
#include "host/cli/run_records.hpp"
#include "host/engine/supervisor.hpp"
#include "host/serve/serving.hpp"

namespace weir::host {

// What a topology is begun with.
struct Beginning {
    Graph graph;
    std::unique_ptr<Plan> plan;
    TopologyArguments given;  // with the texts that were read
    RecordedGraph recorded;
    EpochsOptions epochs;
};

class Hosted : public ChangeLog {
public:
    enum class State {
        kStarting,  // it does not run yet; why() says what it waits for
        kRuns,
        kStopped,  // by a user, or with its host
        kEnded,    // by itself
        kFailed,   // for good; why()
    };

    // `told`: what is to be known of it, a line or more of a level of WEIR_LOG_*; any thread.
    using Tell = std::function<void(uint32_t level, const std::string& text)>;
    // `on_gone`: called when it is gone; any thread.
    Hosted(std::string name, std::filesystem::path file, Tell tell, std::function<void()> on_gone)
        : name_(std::move(name)), tell_(std::move(tell)), on_gone_(std::move(on_gone)), file_(std::move(file)) {}
    ~Hosted() override;  // REQUIRES: it does not run
    // Told behind the end of one: what it held is free.
    using Gone = std::shared_ptr<std::atomic<bool>>;
    Gone gone() const { return gone_; }
    // The end of the one that it is left of.
    Gone before() const { return before_; }

    const std::string& name() const { return name_; }
    // Any thread.
    std::filesystem::path file() const;
    State state() const { return state_.load(); }
    std::string why() const;
    std::optional<LastChange> last_change() const;

    // Makes the run, which is not begun. One thread, while it does not run, and so is drop.
    void equip(Beginning beginning, SupervisorOptions options, std::chrono::microseconds connect_timeout, const std::shared_ptr<ModuleLoader>& loader);
    void drop();
    // What is left of one serves nothing any more. One thread.
    void drop_views();
    // REQUIRES of these: equipped. Of `run` and `changes` any thread, once the state is kRuns, and as long as this lives.
    Supervisor& run() { return *run_; }
    const Supervisor& run() const { return *run_; }
    bool is_equipped() const { return run_ != nullptr; }
    Changes& changes() { return *changes_; }
    Serving* serving() { return serving_.get(); }
    bool is_durable() const { return is_durable_; }

    // Where it is noted from now on, as one that runs, once it does; `host`: which host notes it. Before it runs.
    void note_in(const RunRecords& records, std::unique_ptr<RunLock> lock, const std::string& host);
    // What was noted of it before. Before it runs.
    void adopt(RunRecord record);
    RunRecord record() const;
    bool is_noted() const;
    // What `before` is noted of, and the lock, are this one's now.
    void take_notes_of(Hosted& before);
    // The end of the trial that the host died in, of which `before` was noted. Not ok: it cannot be noted, and the topology must not run.
    Status note_trial(const RunRecord& before, bool is_taken, const std::string& died);
    // What is not noted is told. Any thread.
    void note(Standing standing);
    // It is not noted any more.
    Status forget();

    Status begins(const RecordedGraph& next, const ChangeRequest& request) override;
    void ends(const ChangeRequest& request, const ChangeOutcome& outcome) override;

    void set_state(State state, std::string why = "");
    // Whether it was stopped by a user.
    std::atomic<bool> is_asked_to_stop{false};
    // Whether rows could flow in it.
    std::atomic<bool> has_opened{false};
    // Whether a thread of its own begins it, again and again.
    std::atomic<bool> has_starter{false};
    // Ends what it waits for while it starts.
    std::atomic<bool> stop_starting{false};

    // What is left of one that is over: its name, why it ended, what is noted of it; this one notes nothing any more. `keeps_views`:
    // what it served is served on.
    std::shared_ptr<Hosted> rest(bool keeps_views);
    // Of one that failed: as `weir run` ends for it.
    int exit_code() const { return exit_code_; }
    // Before set_state.
    void set_exit_code(int code) { exit_code_ = code; }

    // Its run is joined. Set by the session's main thread.
    std::atomic<bool> is_over{false};

    // The session's main thread alone.
    RateMeter meter;
    std::thread starter;      // that begins it, where another thread than the main one does
    bool ends_host = false;   // where it fails, the others are stopped
    std::string ending = "done";
    std::string summary;      // of one that is over
    RunStats last_stats;      // likewise

private:
    Status write();

    const std::string name_;
    const Gone gone_ = std::make_shared<std::atomic<bool>>(false);
    Gone before_;  // null: it is left of none
    const Tell tell_;
    const std::function<void()> on_gone_;
    std::atomic<State> state_{State::kStarting};

    std::unique_ptr<Serving> serving_;  // of a topology with `serve`; outlives its runs
    std::unique_ptr<Supervisor> run_;
    std::unique_ptr<Changes> changes_;
    std::atomic<bool> is_durable_{false};
    std::atomic<int> exit_code_{0};

    mutable std::mutex mutex_;  // guards what follows
    std::filesystem::path file_;
    std::string why_;
    std::unique_ptr<RunLock> lock_;
    std::optional<RunRecords> records_;  // none: it is not noted
    RunRecord record_;
};

const char* state_text(Hosted::State state);

}  // namespace weir::host
