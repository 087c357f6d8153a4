// Where topologies keep their state: a folder for each under the data directory.
#pragma once

#include <filesystem>
#include <optional>

#include <weir/result.hpp>

namespace weir::host {

// `weir` under the user's state directory ($XDG_STATE_HOME, else ~/.local/state). WEIR_E_CONFIG without a home.
Result<std::filesystem::path> default_data_dir();

// What --data-dir says, or the default where that is empty.
Result<std::filesystem::path> chosen_data_dir(const std::filesystem::path& given);

}  // namespace weir::host
