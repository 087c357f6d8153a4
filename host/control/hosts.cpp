#include "host/control/hosts.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <string>

namespace weir::host {
namespace {

constexpr const char* kFolder = "control";
constexpr const char* kSuffix = ".sock";

// 0: it is none.
pid_t process_of(const std::filesystem::path& socket) {
    const std::string name = socket.stem().string();
    pid_t process = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), process);
    return socket.extension() == kSuffix && error == std::errc() && end == name.data() + name.size() ? process : 0;
}

}  // namespace

std::filesystem::path control_socket(const std::filesystem::path& data_dir) {
    return data_dir / kFolder / (std::to_string(getpid()) + kSuffix);
}

std::vector<std::filesystem::path> control_sockets(const std::filesystem::path& data_dir) {
    std::vector<std::filesystem::path> sockets;
    std::error_code error;
    for (std::filesystem::directory_iterator entry(data_dir / kFolder, error), end; !error && entry != end; entry.increment(error)) {
        const pid_t process = process_of(entry->path());
        if (process <= 0) continue;
        std::error_code ignored;
        if (kill(process, 0) != 0 && errno == ESRCH) std::filesystem::remove(entry->path(), ignored);
        else sockets.push_back(entry->path());
    }
    std::sort(sockets.begin(), sockets.end(), [](const auto& a, const auto& b) { return process_of(a) < process_of(b); });
    return sockets;
}

}  // namespace weir::host
