// Files that a log's writer, or logrotate, has renamed: app.log.1, app.log-20240523 beside app.log.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "descriptor.hpp"

namespace weir::file {

// Whether `path` is what `live` may be called after a rotation: its name, `.` or `-`, and digits or a date.
bool is_rotated(std::string_view path, std::string_view live);

// The renamed files of `live`, the one that was written to last at the end.
std::vector<std::string> rotated_files(const std::string &live);

// Under which name the file lies now.
std::optional<std::string> find_rotated(const std::string &live, const Identity &identity);

// The file to read behind the one that was read: the renamed one that was written to next, or `live`.
std::string next_in_rotation(const std::string &live, const FileInfo &read);

}  // namespace weir::file
