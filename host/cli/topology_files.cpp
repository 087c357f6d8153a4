#include "host/cli/topology_files.hpp"

#include <algorithm>
#include <string>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "host/text/nearest.hpp"
#include "host/topology/read_file.hpp"
#include "host/topology/yaml_tree.hpp"

namespace weir::host {
namespace {

bool is_hidden(const std::filesystem::path& path) { return path.filename().string().starts_with('.'); }

bool is_test(const std::filesystem::path& path) {
    const std::string name = path.filename().string();
    return name.ends_with(".test.yaml") || name.ends_with(".test.yml");
}

bool is_yaml(const std::filesystem::path& path) {
    return !is_test(path) && (path.extension() == ".yaml" || path.extension() == ".yml");
}

// What cannot be read or is no YAML is taken for one, so that it is told.
bool is_topology(const std::filesystem::path& path) {
    std::string problem;
    auto text = read_file(path, kMaxYamlBytes, problem);
    if (!text) return true;
    Diagnostics ignored;
    const auto root = parse_yaml(SourceFile::create(path.string(), std::move(*text)), ignored);
    if (!root || root->is_null()) return true;
    return std::any_of(root->keys.begin(), root->keys.end(),
                       [](const YamlKey& key) { return key.text == "nodes" || !nearest_name(key.text, {"nodes"}).empty(); });
}

// Those that `wanted` takes, sorted, without what is hidden.
Result<std::vector<std::filesystem::path>> files_in(const std::filesystem::path& folder, bool (*wanted)(const std::filesystem::path&)) {
    std::vector<std::filesystem::path> files;
    std::error_code error;
    std::filesystem::recursive_directory_iterator at(folder, error);
    for (; !error && at != std::filesystem::recursive_directory_iterator(); at.increment(error)) {
        std::error_code ignored;
        if (is_hidden(at->path())) {
            at.disable_recursion_pending();
        } else if (wanted(at->path()) && at->is_regular_file(ignored)) {
            files.push_back(at->path());
        }
    }
    if (error) return Status::config("", fmt::format("the folder {} cannot be read: {}", folder.string(), error.message()));
    std::sort(files.begin(), files.end());
    return files;
}

Status add_folder(const std::filesystem::path& folder, TopologyFiles& out) {
    auto files = files_in(folder, is_yaml);
    if (!files) return files.status();
    const std::size_t before = out.topologies.size();
    for (auto& file : *files) {
        auto& list = is_topology(file) ? out.topologies : out.passed_over;
        list.push_back(file.lexically_normal());
    }
    if (out.topologies.size() > before) return {};
    return Status::config("", fmt::format("the folder {} has no topology: no *.yaml with `nodes` in it", folder.string()));
}

}  // namespace

Result<TopologyFiles> find_topologies(const std::vector<std::filesystem::path>& given) {
    TopologyFiles out;
    for (const auto& path : given) {
        std::error_code ignored;
        if (!std::filesystem::is_directory(path, ignored)) {
            out.topologies.push_back(path);
        } else if (Status status = add_folder(path, out); !status.ok()) {
            return status;
        }
    }
    return out;
}

Result<std::vector<std::filesystem::path>> find_tests(const std::vector<std::filesystem::path>& given) {
    std::vector<std::filesystem::path> out;
    for (const auto& path : given) {
        std::error_code ignored;
        if (!std::filesystem::is_directory(path, ignored)) {
            out.push_back(path);
            continue;
        }
        auto files = files_in(path, is_test);
        if (!files) return files.status();
        if (files->empty()) return Status::config("", fmt::format("the folder {} has no test: no *.test.yaml", path.string()));
        for (const auto& file : *files) out.push_back(file.lexically_normal());
    }
    return out;
}

}  // namespace weir::host
