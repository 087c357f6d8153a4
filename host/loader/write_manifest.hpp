// Writing a plugin's description into its file, for modules that are built without weir_add_plugin.
#pragma once

#include <filesystem>
#include <string>

#include <weir/result.hpp>

#include "host/loader/manifest.hpp"

namespace weir::host {

// Loads the module (its static initializers run, init does not), describes it, and replaces the section
// .weir.manifest of the file. Needs objcopy (binutils). The file is replaced as a whole or not at all; one that
// is in use stays valid for its users. WEIR_E_CONFIG as describe_file; WEIR_E_FATAL when it cannot be written.
Result<PluginInfo> write_manifest(const std::filesystem::path& path);

}  // namespace weir::host
