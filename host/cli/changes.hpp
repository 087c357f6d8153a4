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
#include "host/engine/supervisor.hpp"
#include "host/reload/graph_diff.hpp"

namespace weir::host {

class ModuleLoader;

struct ChangeRequest {
    std::filesystem::path file;  // empty: that which runs
    std::vector<std::string> sets;
    std::vector<std::filesystem::path> params_files;
    std::vector<std::string> allow_loss;
    std::chrono::microseconds trial{0};
};

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
    std::vector<std::string> shadowed;  // values of the file that a --set of the run hides
    Applied applied;    // of kTaken and kRolledBack
};

// For the one who watches the run: what became of a change.
std::string change_text(const std::string& topology, const ChangeOutcome& outcome);

// Of one topology.
class Changes {
public:
    // `given`: what the run was begun with, its file first. `loader` is the process's.
    Changes(Supervisor& run, TopologyArguments given, bool is_durable, std::chrono::microseconds connect_timeout,
            std::shared_ptr<ModuleLoader> loader);

    ChangeOutcome plan(const ChangeRequest& request);
    // Blocks until the new graph has passed its trial, or it is rolled back.
    ChangeOutcome apply(const ChangeRequest& request);
    std::filesystem::path file() const;
    // The process's.
    const ModuleLoader& loader() const { return *loader_; }

private:
    TopologyArguments merged(const ChangeRequest& request) const;
    ChangeOutcome prepare(const ChangeRequest& request, std::shared_ptr<class Candidate>& candidate);

    Supervisor& run_;
    const bool is_durable_;  // its state is kept
    const std::chrono::microseconds connect_timeout_;
    const std::shared_ptr<ModuleLoader> loader_;
    mutable std::mutex mutex_;  // guards given_
    TopologyArguments given_;   // of the graph that runs
};

}  // namespace weir::host
