#include "host/cli/plugins.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "host/engine/host_services.hpp"

namespace weir::host {

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

Result<PluginSet> open_plugins(const PluginDirs& dirs, std::shared_ptr<ModuleLoader> loader) {
    SearchResult found = find_plugins(plugin_dirs(dirs));
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
