// The hosts that run in a data directory: each listens on `control/PID.sock`.
#pragma once

#include <filesystem>
#include <vector>

namespace weir::host {

// Of this process.
std::filesystem::path control_socket(const std::filesystem::path& data_dir);
// Of all that are there, by their process's number; those of processes that are gone are taken away.
std::vector<std::filesystem::path> control_sockets(const std::filesystem::path& data_dir);

}  // namespace weir::host
