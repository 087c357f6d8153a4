#include "host/cli/plugins.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "host/engine/host_services.hpp"
#include "host/loader/staging.hpp"

namespace weir::host {
namespace {

// The copies that are there yet, as the last folder that is looked into.
std::vector<PluginDir> with_builds(std::vector<PluginDir> dirs, const PluginBuilds& builds) {
    PluginDir copies{default_staging_dir(), "as it ran before", false};
    for (const auto& [id, name] : builds) {
        std::filesystem::path file = copies.path / std::filesystem::path(name).filename();
        if (is_whole_copy(file)) copies.files.push_back(std::move(file));
        else HostServices::get().log(WEIR_LOG_WARNING, fmt::format("plugin {}: the build that ran before, {}, is not there any more: what the plugin folders have is used", id, file.native()));
    }
    if (!copies.files.empty()) dirs.push_back(std::move(copies));
    return dirs;
}

}  // namespace

Result<ResolvedOperator> PluginResolver::resolve(const OperatorInfo& info) {
    auto module = plugins_.module_for(info);
    if (!module) return Status::unsupported(module.status().message());
    auto descriptor = plugins_.descriptor(info);
    if (!descriptor) return Status::unsupported(descriptor.status().message());
    return ResolvedOperator{*descriptor, *module};
}

const void* PluginResolver::extension(const OperatorInfo& info, const char* id) {
    auto module = plugins_.module_for(info);
    return module ? (*module)->extension(id) : nullptr;
}

Result<PluginSet> open_plugins(const PluginDirs& dirs, std::shared_ptr<ModuleLoader> loader, const PluginBuilds& builds) {
    SearchResult found = find_plugins(with_builds(plugin_dirs(dirs), builds));
    for (const PluginProblem& problem : found.problems) {
        const bool is_named_dir = std::find(dirs.begin(), dirs.end(), problem.path) != dirs.end();
        if (is_named_dir && problem.level == PluginProblem::Level::kError) return Status::config("", problem.message);
        if (problem.level == PluginProblem::Level::kNote) HostServices::get().log(WEIR_LOG_INFO, problem.message);
        if (problem.level == PluginProblem::Level::kWarning) HostServices::get().log(WEIR_LOG_WARNING, problem.message);
    }
    if (!loader) loader = std::make_shared<ModuleLoader>(default_staging_dir(), &HostServices::get().abi());
    return PluginSet(std::move(found), std::move(loader));
}

std::string problem_text(const SearchResult& found) {
    std::string out;
    for (const PluginProblem& problem : found.problems)
        if (problem.level == PluginProblem::Level::kError) out += fmt::format("refused: {}\n", problem.message);
    return out;
}

}  // namespace weir::host
