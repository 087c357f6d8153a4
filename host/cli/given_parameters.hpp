// --set and --params over several topology files: a name has to exist in one of them, not in each.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "host/cli/arguments.hpp"
#include "host/topology/topology.hpp"

namespace weir::host {

class GivenParameters {
public:
    // Names that no file declares are reported here. With one file the loader does all of this by itself.
    GivenParameters(const TopologyArguments& arguments, Diagnostics& diagnostics);

    // For the arguments' file of that index.
    LoadOptions options_of(size_t file) const;

private:
    void check_name(const std::string& name, const Place& place, Diagnostics& diagnostics);
    void check_params_file(const std::filesystem::path& path, Diagnostics& diagnostics);

    const TopologyArguments& arguments_;
    std::vector<std::set<std::string>> declared_;  // by file
    std::set<std::string> unknown_;
};

}  // namespace weir::host
