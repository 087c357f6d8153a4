// Finding plugins: which files there are, what they say of themselves, and what is wrong with them.
//
// Folders in order: `../lib/weir/plugins` of the executable, those of WEIR_PLUGIN_PATH, those of --plugin-dir.
// Every `*.so` in them is a plugin. What it offers is read from its section .weir.manifest, or, where it has
// none, by loading it.
//
// Two files of one plugin id: the same content is one plugin, quietly. In a later folder, a file takes the place
// of that of an earlier one, with a note: this is how one tries a new build. Two in one folder are refused both,
// since nothing says which is meant. Two plugins that offer operators of one name (and kind group): in one folder the
// second one is refused; from a later folder the operator takes the place of the earlier one, with a warning.
//
// A broken file is a problem in a list and stops nothing: only who needs an operator of it is concerned.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "host/loader/manifest.hpp"

namespace weir::host {

struct PluginDir {
    std::filesystem::path path;
    std::string origin;     // "--plugin-dir", "WEIR_PLUGIN_PATH", "built in"
    bool required = false;  // that it is not there is an error, otherwise of no interest
    std::vector<std::filesystem::path> files = {};  // these of it alone; empty: all
};

struct PluginProblem {
    enum class Level { kNote, kWarning, kError };

    Level level = Level::kError;
    std::filesystem::path path;          // the file, or a folder
    std::string plugin;                  // its id where known
    std::vector<std::string> operators;  // that it offers, or would have offered, where known
    std::string message;                 // begins with the path; says what to do
};

struct SearchResult {
    Catalog catalog;
    std::vector<PluginProblem> problems;
    std::vector<PluginDir> dirs;  // that were looked at, in order
};

// `../lib/weir/plugins` of the executable; empty if that is not known.
std::filesystem::path built_in_plugin_dir();

// The folders in order. `plugin_path` is the value of WEIR_PLUGIN_PATH: folders separated by colons.
std::vector<PluginDir> plugin_dirs(std::string_view plugin_path,
                                   const std::vector<std::filesystem::path>& command_line);
// The same with this process's environment.
std::vector<PluginDir> plugin_dirs(const std::vector<std::filesystem::path>& command_line);

// Looks through the folders. Loads only files without a manifest section. [host]
SearchResult find_plugins(std::vector<PluginDir> dirs);

}  // namespace weir::host
