#include "host_slot.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace weir::kafka {
namespace {

constexpr int kMaxHosts = 256;      // of one topology and group on one machine
constexpr size_t kMaxName = 200;    // Kafka allows 249

// FNV-1a, 64 bit: socket names are short.
std::string hash_of(const std::string &text) {
    uint64_t h = 0xcbf29ce484222325;
    for (unsigned char c : text) h = (h ^ c) * 0x100000001b3;
    char hex[17];
    std::snprintf(hex, sizeof hex, "%016llx", static_cast<unsigned long long>(h));
    return hex;
}

std::string legal(std::string name) {
    for (char &c : name) {
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_';
        if (!plain) c = '-';
    }
    if (name.size() > kMaxName) name.resize(kMaxName);
    return name;
}

}  // namespace

Result<HostSlot> HostSlot::claim(const std::string &scope, const std::string &base) {
    char host[256] = "localhost";
    gethostname(host, sizeof host - 1);
    std::string name = legal(base + "-" + host);
    std::string lock = "weir/kafka/" + hash_of(scope + '\n' + name) + "/";
    for (int n = 0; n < kMaxHosts; ++n) {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0) return Status::fatal(std::string("no socket to be had: ") + std::strerror(errno));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::string path = lock + std::to_string(n);
        path.copy(address.sun_path + 1, sizeof address.sun_path - 1);
        auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + path.size());
        if (bind(fd, reinterpret_cast<sockaddr *>(&address), size) == 0) {
            HostSlot slot;
            slot.fd_ = fd;
            slot.name_ = name + "-" + std::to_string(n);
            return slot;
        }
        int why = errno;
        ::close(fd);
        if (why != EADDRINUSE)
            return Status::fatal(std::string("cannot claim a place in the consumer group: ") + std::strerror(why));
    }
    return Status::fatal("256 hosts of this topology run on this machine in one consumer group");
}

HostSlot::~HostSlot() {
    if (fd_ >= 0) ::close(fd_);
}

}  // namespace weir::kafka
