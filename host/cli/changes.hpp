// Changes of topologies that run: what each would mean, and making it.
//
// Threads: any; changes of one topology are made one after the other, or refused.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "host/cli/arguments.hpp"
#include "host/cli/run_record.hpp"
#include "host/engine/supervisor.hpp"
#include "host/reload/graph_diff.hpp"

namespace weir::host {

class ModuleLoader;

struct ChangeRequest {
    std::filesystem::path file;  // empty: what runs, as it was read
    bool reread = false;         // where no file is named: the one that runs as it is now
    std::vector<std::string> sets;
    std::vector<std::filesystem::path> params_files;
    std::vector<std::string> allow_loss;
    std::chrono::microseconds trial{0};
    std::string id;  // by which the one who asks knows it again, or empty
};

// A value of the file that one which was set keeps from holding.
struct HiddenValue {
    std::string parameter;
    std::string written, stays;  // in the file, and the one that holds; `***` for secrets
    std::string by;              // what set it
};
// "min_amount: the file says 10; 5 stays, set by `weir set`".
std::string hidden_text(const HiddenValue& one);

// What is said of a change that is made. `epoch`: the last one before it; 0: there is none.
std::string applied_text(uint64_t epoch, double pause_ms);

struct ChangeOutcome {
    enum class Kind {
        kNothing,   // there is nothing to change
        kPlanned,   // this is what it would do
        kTaken,     // the new graph runs
        kInvalid,   // the file is wrong; exit_code as of `weir run`
        kRefused,   // it cannot be made so, or would lose what nobody gave up; or another one is under way
        kRolledBack,  // it failed in its trial: the old graph runs
    };
    Kind kind = Kind::kNothing;
    int exit_code = 0;  // of kInvalid
    std::string why;    // it was not made
    GraphDiff diff;
    std::vector<HiddenValue> hidden;
    Applied applied;    // of kTaken and kRolledBack
};

struct SeekRequest {
    std::string node;             // a source
    // `earliest`, `latest` or a time with its zone, alone; or PARTITION:OFFSET, each partition that is named.
    std::vector<std::string> to;
    bool is_dry = false;  // only says what it would do
};

struct SeekOutcome {
    enum class Kind {
        kPlanned,
        kTaken,       // the source reads on there
        kWrong,       // the request is
        kRefused,     // it cannot be made so
        kRolledBack,  // it failed in its trial: the source goes on as before
    };
    struct Split {
        std::string split;
        int64_t from = 0, to = 0;  // offsets; `from`: as of the last epoch
    };
    Kind kind = Kind::kPlanned;
    std::string why;  // it was not made
    std::vector<Split> splits;
    std::vector<std::string> notes;  // what it means: a sentence each
    Applied applied;
};

// For the one who watches the run: what became of a change.
std::string change_text(const std::string& topology, const ChangeOutcome& outcome);

// "events/0 from 120 to 0, events/1 from 80 to 5": the first kMostPlaces of them.
inline constexpr size_t kMostPlaces = 8;
std::string places_text(const SeekOutcome& outcome);

// Where changes are noted, so that it is known of a host that died which of them it was at.
class ChangeLog {
public:
    virtual ~ChangeLog() = default;
    // Before anything is done. Where it is not ok, nothing is.
    virtual Status begins(const RecordedGraph& next, const ChangeRequest& request) = 0;
    // Of each that was looked at, whether it began or not. One at a time.
    virtual void ends(const ChangeRequest& request, const ChangeOutcome& outcome) = 0;
};

// Of one topology.
class Changes {
public:
    // `given`: what the run was begun with, its file first, with its texts. `loader` is the process's.
    Changes(Supervisor& run, ChangeLog& log, TopologyArguments given, bool is_durable, std::chrono::microseconds connect_timeout,
            std::shared_ptr<ModuleLoader> loader);

    ChangeOutcome plan(const ChangeRequest& request);
    // Blocks until the new graph has passed its trial, or it is rolled back.
    ChangeOutcome apply(const ChangeRequest& request);
    // Puts a source back, or ahead. As a change of the graph is made: at the end of an epoch, and taken with the next one.
    SeekOutcome seek(const SeekRequest& request);
    // What runs, as it was read, planned beside it with its connections. Look at exit_code() first.
    std::shared_ptr<class Candidate> again() const;
    std::filesystem::path file() const;

private:
    TopologyArguments merged(const ChangeRequest& request) const;
    ChangeOutcome apply_alone(const ChangeRequest& request);
    std::string reach_new_connections(const ChangeRequest& request, const Plan& next);
    ChangeOutcome prepare(const ChangeRequest& request, std::shared_ptr<class Candidate>& candidate);
    std::string why_not_seek(const Graph& running, Candidate& again) const;
    void seek_alone(const SeekRequest& request, SeekOutcome& out);

    Supervisor& run_;
    ChangeLog& log_;
    const bool is_durable_;  // its state is kept
    const std::chrono::microseconds connect_timeout_;
    const std::shared_ptr<ModuleLoader> loader_;
    std::mutex applying_;       // held by the one change that is made
    mutable std::mutex mutex_;  // guards given_
    TopologyArguments given_;   // of the graph that runs
    const size_t begun_with_;   // values that were set when it was begun, the first of those
};

}  // namespace weir::host
