// Tells when files have changed: their content, or that others have taken their place, as editors do it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace weir::host {

class Watcher {
public:
    // How often it looks; and how long a change must be over before it is told.
    static constexpr std::chrono::milliseconds kLook{200}, kSettled{400};

    // `paths`: files, and folders whose plugins are meant. `on_change` is called on a thread of its own, once for all that
    // changed together, while nothing else is told.
    Watcher(std::vector<std::filesystem::path> paths, std::function<void()> on_change);
    ~Watcher();
    Watcher(const Watcher&) = delete;
    Watcher& operator=(const Watcher&) = delete;

private:
    // Of each file that is there: its number, size and time of change.
    using Look = std::map<std::string, std::string>;
    Look look() const;
    void watch();
    bool sleep(std::chrono::milliseconds time);

    const std::vector<std::filesystem::path> paths_;
    const std::function<void()> on_change_;
    std::mutex mutex_;
    std::condition_variable ended_;
    bool end_ = false;
    std::thread thread_;
};

}  // namespace weir::host
