#include "host/cli/data_dir.hpp"

#include <cstdlib>

namespace weir::host {

Result<std::filesystem::path> default_data_dir() {
    if (const char* state = std::getenv("XDG_STATE_HOME"); state && *state == '/')
        return std::filesystem::path(state) / "weir";
    if (const char* home = std::getenv("HOME"); home && *home == '/')
        return std::filesystem::path(home) / ".local" / "state" / "weir";
    return Status::config("", "state is kept under $XDG_STATE_HOME or $HOME, and neither is set: say where with --data-dir");
}

Result<std::filesystem::path> chosen_data_dir(const std::filesystem::path& given) {
    if (!given.empty()) return given;
    return default_data_dir();
}

}  // namespace weir::host
