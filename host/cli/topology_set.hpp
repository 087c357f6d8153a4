// The topology files of one command line: read, checked and planned together, so that all errors of all files are
// told at once.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/cli/arguments.hpp"
#include "host/cli/plugins.hpp"
#include "host/engine/plan.hpp"
#include "host/topology/topology.hpp"

namespace weir::host {

class TopologySet {
public:
    explicit TopologySet(PluginSet& plugins) : plugins_(plugins), resolver_(plugins) {}
    // One that has its plugins.
    static std::shared_ptr<TopologySet> with(PluginSet plugins);

    // Reads and checks all files, then makes their instances. A name of --set or of a params file must exist in
    // at least one of the files. `options.check_only`: nothing will be run.
    void load(const TopologyArguments& arguments, const PlanOptions& options);
    // One topology out of a text; `name` stands for the file in messages.
    void load_text(const std::string& name, std::string text, const std::vector<std::string>& sets,
                   const PlanOptions& options);

    // kExitOk, or what is wrong: kExitUsage, kExitPluginRefused; kExitUnreachable where all that is wrong is a server.
    int exit_code() const;
    // Everything that is to be said, as text; each thing once, even if several files have it.
    std::string text(bool with_notes) const;
    const Diagnostics& diagnostics() const { return diagnostics_; }
    Diagnostics& diagnostics() { return diagnostics_; }

    // By file; null where there are errors.
    struct Entry {
        std::filesystem::path path;
        std::shared_ptr<Topology> topology;
        std::unique_ptr<Plan> plan;  // goes before the topology
        std::shared_ptr<SourceTexts> texts = {};  // that it was read from; of load
    };
    std::vector<Entry>& entries() { return entries_; }
    const PluginSet& plugins() const { return plugins_; }

    // An entry's plan anew, after its plan was taken. WEIR_E_CONFIG with what is wrong now. Any thread: the sets of a process make
    // plans one after the other, since plugins are looked up by one thread at a time.
    Result<std::unique_ptr<Plan>> plan_again(const Entry& entry);

private:
    void add_entry(const std::filesystem::path& path, std::optional<Topology> loaded, std::shared_ptr<SourceTexts> texts = nullptr);
    void plan_all(const PlanOptions& options);
    void refuse_equal_names();
    std::vector<const PluginProblem*> reasons() const;

    PluginSet& plugins_;
    PluginResolver resolver_;
    Diagnostics diagnostics_;
    std::vector<Entry> entries_;
    PlanOptions plan_options_;
};

}  // namespace weir::host
