#include "host/engine/wakeup.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <ctime>
#include <system_error>

namespace weir::host {

Wakeup::Wakeup() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Wakeup::~Wakeup() { close(fd_); }

// pending_ before sleeping_ here, sleeping_ before pending_ in sleep(), both sequentially consistent: one of the
// two threads sees the other's flag.
void Wakeup::notify() {
    pending_.store(true);
    if (!sleeping_.load()) return;
    uint64_t one = 1;
    // Fails only when the counter is full, and then the sleeper wakes as well.
    [[maybe_unused]] auto written = write(fd_, &one, sizeof one);
}

void Wakeup::sleep(std::optional<std::chrono::microseconds> at_most) {
    sleeping_.store(true);
    if (!pending_.load()) {
        pollfd waiting{fd_, POLLIN, 0};
        timespec time{};
        if (at_most) {
            auto micros = at_most->count() > 0 ? at_most->count() : 0;
            time = {micros / 1'000'000, micros % 1'000'000 * 1000};
        }
        ppoll(&waiting, 1, at_most ? &time : nullptr, nullptr);
    }
    sleeping_.store(false);
    uint64_t ignored;
    [[maybe_unused]] auto got = read(fd_, &ignored, sizeof ignored);
}

}  // namespace weir::host
