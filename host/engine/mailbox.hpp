// Work that other threads leave for one thread: rare things, such as epochs and splits, never records.
#pragma once

#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "host/engine/wakeup.hpp"

namespace weir::host {

class Mailbox {
public:
    explicit Mailbox(Wakeup& owner) : owner_(owner) {}

    void post(std::function<void()> work) {  // any thread
        {
            std::lock_guard lock(mutex_);
            work_.push_back(std::move(work));
        }
        owner_.notify();
    }

    // Does all of it, in the order in which it came. True if there was any. [owner]
    bool run() {
        std::vector<std::function<void()>> work;
        {
            std::lock_guard lock(mutex_);
            work.swap(work_);
        }
        for (auto& one : work) one();
        return !work.empty();
    }

    bool empty() {  // any thread
        std::lock_guard lock(mutex_);
        return work_.empty();
    }

private:
    Wakeup& owner_;
    std::mutex mutex_;
    std::vector<std::function<void()>> work_;
};

}  // namespace weir::host
