// The plugins of a command, as the engine wants them.
#pragma once

#include <string>

#include "host/cli/arguments.hpp"
#include "host/loader/resolver.hpp"
#include "host/loader/plugin_set.hpp"

namespace weir::host {

class Terminal;

// Operators out of a PluginSet. A plugin that is refused is WEIR_E_UNSUPPORTED, so that Plan can tell it from
// a configuration that an operator refused. Threads: those of PluginSet.
class PluginResolver : public OperatorResolver {
public:
    // `plugins` must outlive it and everything resolved.
    explicit PluginResolver(PluginSet& plugins) : plugins_(plugins) {}

    Result<ResolvedOperator> resolve(const OperatorInfo& info) override;
    const void* extension(const OperatorInfo& info, const char* id) override;
    const Catalog& catalog() const override { return plugins_.catalog(); }

private:
    PluginSet& plugins_;
};

// Looks through the built-in folder, WEIR_PLUGIN_PATH and `dirs`. WEIR_E_CONFIG: a folder of --plugin-dir is not
// there. What is odd about them is logged; files that cannot be used are not: see problem_text. HostServices must be
// set up. `loader`: that of a set of before, where the process has one. `builds` take the place of what is found; of one whose copy is
// gone what is found is used, with a warning in the log.
Result<PluginSet> open_plugins(const PluginDirs& dirs, std::shared_ptr<ModuleLoader> loader = nullptr, const PluginBuilds& builds = {});

// Files that were found and cannot be used, one a line; empty if there are none.
std::string problem_text(const SearchResult& found);

}  // namespace weir::host
