// A topology file that is to take the place of what runs: loaded and planned beside it.
#pragma once

#include <memory>
#include <string>

#include "host/cli/arguments.hpp"
#include "host/cli/plugins.hpp"
#include "host/cli/run_record.hpp"
#include "host/cli/topology_set.hpp"
#include "host/engine/supervisor.hpp"

namespace weir::host {

// Holds all that its graph is made of; the graph holds it. Any thread, one at a time.
class Candidate : public std::enable_shared_from_this<Candidate> {
public:
    // Of the arguments' one file, with the plugins that are there now. Look at exit_code() first.
    static std::shared_ptr<Candidate> load(const TopologyArguments& arguments, const PlanOptions& options,
                                           std::shared_ptr<ModuleLoader> loader);

    // kExitOk, or what is wrong, as `weir run` would end, and its text.
    int exit_code() const { return exit_code_; }
    const std::string& text() const { return text_; }

    // REQUIRES of what follows: kExitOk.
    const Topology& topology() const { return *entry().topology; }
    Plan& plan() const { return *entry().plan; }
    // What it was made of. The arguments are those of load, with the texts that were read.
    const TopologyArguments& given() const { return given_; }
    const RecordedGraph& recorded() const { return recorded_; }
    PluginSet& plugins() const { return *plugins_; }
    Graph graph();
    std::unique_ptr<Plan> take_plan() { return std::move(entry().plan); }

private:
    Candidate() = default;
    TopologySet::Entry& entry() const { return topologies_->entries().front(); }

    std::unique_ptr<PluginSet> plugins_;
    std::unique_ptr<TopologySet> topologies_;
    TopologyArguments given_;
    RecordedGraph recorded_;
    int exit_code_ = 0;
    std::string text_;
};

}  // namespace weir::host
