// The address of a Unix socket whose path may be longer than an address has room for. Linux.
#pragma once

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <string>

namespace weir::host {

// Valid as long as it lives. Any thread.
class UnixAddress {
public:
    explicit UnixAddress(const std::filesystem::path& path) {
        address_.sun_family = AF_UNIX;
        std::string text = path.native();
        if (text.size() >= sizeof address_.sun_path) {  // by its folder's descriptor
            folder_ = open(path.parent_path().c_str(), O_PATH | O_CLOEXEC);
            text = "/proc/self/fd/" + std::to_string(folder_) + "/" + path.filename().native();
        }
        std::strncpy(address_.sun_path, text.c_str(), sizeof address_.sun_path - 1);
    }
    ~UnixAddress() {
        if (folder_ >= 0) close(folder_);
    }
    UnixAddress(const UnixAddress&) = delete;
    UnixAddress& operator=(const UnixAddress&) = delete;

    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address_); }
    static constexpr socklen_t size() { return sizeof(sockaddr_un); }

private:
    sockaddr_un address_{};
    int folder_ = -1;
};

}  // namespace weir::host
