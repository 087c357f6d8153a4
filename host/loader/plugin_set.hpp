// The plugins of a process: what was found, and the modules loaded of it as they are needed.
//
// Ownership: holds every module it has loaded until it goes; whoever makes something of a module holds it too.
// Threads: [host], one at a time; the catalog is constant.
#pragma once

#include <map>
#include <memory>
#include <string>

#include <weir/abi.h>
#include <weir/result.hpp>

#include "host/loader/module.hpp"
#include "host/loader/search.hpp"

namespace weir::host {

class PluginSet {
public:
    // `loader` is the process's one: sets of different times share it.
    PluginSet(SearchResult found, std::shared_ptr<ModuleLoader> loader);

    const Catalog& catalog() const { return found_.catalog; }
    const SearchResult& found() const { return found_; }
    const std::shared_ptr<ModuleLoader>& loader() const { return loader_; }

    // The module that offers the operator, loaded now if it was not. REQUIRES: op is of this catalog.
    // WEIR_E_CONFIG when it is refused: exit code 3.
    Result<std::shared_ptr<Module>> module_for(const OperatorInfo& op);
    // By plugin id; WEIR_E_CONFIG also when there is no such plugin.
    Result<std::shared_ptr<Module>> module_of(std::string_view plugin_id);

    // What was loaded so far of plugins that are not built in: the names of the copies (ModuleLoader), by plugin id.
    std::map<std::string, std::string> builds() const;

    // The descriptor of the operator; valid as long as its module is loaded, so at least as long as this.
    Result<const weir_operator*> descriptor(const OperatorInfo& op);

private:
    SearchResult found_;
    std::shared_ptr<ModuleLoader> loader_;
    std::map<std::string, std::shared_ptr<Module>, std::less<>> modules_;  // by plugin id
};

}  // namespace weir::host
