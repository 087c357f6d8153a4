#include "host/loader/plugin_set.hpp"

#include <utility>

#include <fmt/format.h>

namespace weir::host {

PluginSet::PluginSet(SearchResult found, std::shared_ptr<ModuleLoader> loader)
    : found_(std::move(found)), loader_(std::move(loader)) {}

Result<std::shared_ptr<Module>> PluginSet::module_of(std::string_view plugin_id) {
    if (auto loaded = modules_.find(plugin_id); loaded != modules_.end()) return loaded->second;
    const PluginInfo* plugin = found_.catalog.plugin(plugin_id);
    if (!plugin)
        return Status::config("", fmt::format("there is no plugin `{}`; `weir plugin ls` shows those present",
                                              plugin_id));
    auto module = loader_->load(plugin->path);
    if (!module) return module.status();
    // The file may have been replaced since it was found.
    if ((*module)->info().id != plugin->id)
        return Status::config("", fmt::format("{}: was plugin `{}` and is now `{}`; start again",
                                              plugin->path.native(), plugin->id, (*module)->info().id));
    modules_.emplace(plugin_id, *module);
    return module;
}

Result<std::shared_ptr<Module>> PluginSet::module_for(const OperatorInfo& op) { return module_of(op.plugin); }

std::map<std::string, std::string> PluginSet::builds() const {
    const std::filesystem::path built_in = built_in_plugin_dir();
    std::map<std::string, std::string> out;
    for (const auto& [id, module] : modules_)
        if (module->info().path.parent_path() != built_in) out.emplace(id, module->staged_path().filename().string());
    return out;
}

Result<const weir_operator*> PluginSet::descriptor(const OperatorInfo& op) {
    auto module = module_for(op);
    if (!module) return module.status();
    if (const weir_operator* found = (*module)->find(op.name, op.kind)) return found;
    return Status::config("", fmt::format("{}: no longer offers `{}`; start again", (*module)->info().path.native(),
                                          op.name));
}

}  // namespace weir::host
