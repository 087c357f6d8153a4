#include "host/cli/watcher.hpp"

#include <sys/stat.h>

#include <fmt/format.h>

namespace weir::host {
namespace {

void add(const std::filesystem::path& path, std::map<std::string, std::string>& to) {
    struct stat found {};
    if (stat(path.c_str(), &found) != 0) return;
    to[path.native()] = fmt::format("{} {} {}.{}", found.st_ino, found.st_size, found.st_mtim.tv_sec, found.st_mtim.tv_nsec);
}

}  // namespace

Watcher::Watcher(std::vector<std::filesystem::path> paths, std::function<void()> on_change)
    : paths_(std::move(paths)), on_change_(std::move(on_change)), thread_([this] { watch(); }) {}

Watcher::~Watcher() {
    {
        const std::lock_guard lock(mutex_);
        end_ = true;
    }
    ended_.notify_all();
    thread_.join();
}

Watcher::Look Watcher::look() const {
    Look out;
    for (const auto& path : paths_) {
        std::error_code error;
        if (!std::filesystem::is_directory(path, error)) {
            add(path, out);
            continue;
        }
        for (std::filesystem::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error))
            if (entry->path().extension() == ".so") add(entry->path(), out);
    }
    return out;
}

// False: it is over.
bool Watcher::sleep(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return !ended_.wait_for(lock, time, [this] { return end_; });
}

void Watcher::watch() {
    Look told = look();
    while (sleep(kLook)) {
        Look now = look();
        if (now == told) continue;
        for (Look before; before != now;) {
            before = std::move(now);
            if (!sleep(kSettled)) return;
            now = look();
        }
        told = std::move(now);
        on_change_();
    }
}

}  // namespace weir::host
