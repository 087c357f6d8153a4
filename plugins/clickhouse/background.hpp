// One blocking piece of work on a thread of its own, seen from a function that may return WEIR_PENDING and is called again.
#pragma once

#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include <weir/result.hpp>

namespace weir::clickhouse {

// One user at a time. Going, it waits for the work: whoever wants it to end soon cancels what it waits for.
class Background {
public:
    Background() = default;
    ~Background() {
        if (thread_.joinable()) thread_.join();
    }
    Background(const Background &) = delete;
    Background &operator=(const Background &) = delete;

    // The first call starts `work`; then Status::pending() until it is done and `wake` was called, then its result, again and
    // again.
    Status run(std::function<Status()> work, std::function<void()> wake) {
        if (!thread_.joinable())
            thread_ = std::thread([this, work = std::move(work), wake = std::move(wake)] {
                Status status = work();
                {
                    std::lock_guard lock(mutex_);
                    status_ = std::move(status);
                    done_ = true;
                }
                wake();
            });
        std::lock_guard lock(mutex_);
        return done_ ? status_ : Status::pending();
    }

private:
    std::thread thread_;
    std::mutex mutex_;
    bool done_ = false;
    Status status_;
};

}  // namespace weir::clickhouse
