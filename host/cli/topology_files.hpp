// Which topologies a command line names by files and folders.
//
// Pure but for the file system; any thread.
#pragma once

#include <filesystem>
#include <vector>

#include <weir/result.hpp>

namespace weir::host {

struct TopologyFiles {
    std::vector<std::filesystem::path> topologies;
    // YAML files of folders without `nodes`: records, parameters, what others include.
    std::vector<std::filesystem::path> passed_over;
};

// Files as they are; of folders and theirs all *.yaml and *.yml, sorted, but for tests (*.test.yaml) and what is
// hidden. WEIR_E_CONFIG: a folder cannot be read, or has no topology.
Result<TopologyFiles> find_topologies(const std::vector<std::filesystem::path>& given);

// The same for tests: files as they are; of folders all *.test.yaml and *.test.yml. WEIR_E_CONFIG: none is there.
Result<std::vector<std::filesystem::path>> find_tests(const std::vector<std::filesystem::path>& given);

}  // namespace weir::host
