// How a worker sleeps and is woken: an eventfd, written only while the worker sleeps or is about to.
#pragma once

#include <atomic>
#include <chrono>
#include <optional>

namespace weir::host {

class Wakeup {
public:
    Wakeup();
    ~Wakeup();
    Wakeup(const Wakeup&) = delete;
    Wakeup& operator=(const Wakeup&) = delete;

    void notify();  // any thread

    // Clears and returns whether notify was called since the last take. [worker]
    bool take() { return pending_.exchange(false, std::memory_order_acq_rel); }

    bool is_pending() const { return pending_.load(); }

    // Sleeps until notify, or for so long at most; returns at once if notify was called since take. [worker]
    void sleep(std::optional<std::chrono::microseconds> at_most);

private:
    int fd_;
    std::atomic<bool> pending_{false};
    std::atomic<bool> sleeping_{false};
};

}  // namespace weir::host
