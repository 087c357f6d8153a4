// Reads a whole file.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

namespace weir::host {

// Its bytes, at most `limit` + 1 of them (so that a caller sees that it is larger). On failure nullopt, and
// `problem` says why, as in "No such file or directory". Regular files only: no pipe makes lint wait.
std::optional<std::string> read_file(const std::filesystem::path& path, std::size_t limit,
                                     std::string& problem);

}  // namespace weir::host
