// The threads that serve connections: a fixed number, and a bounded queue before them.
//
// Threads: enqueue and shutdown on the server's own.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include <httplib.h>

namespace weir::host {

class ConnectionThreads : public httplib::TaskQueue {
public:
    ConnectionThreads(size_t threads, size_t most_waiting) : most_waiting_(most_waiting) {
        for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
    }

    // Waits while the queue is full: then no further connection is accepted.
    void enqueue(std::function<void()> connection) override {
        std::unique_lock lock(mutex_);
        taken_.wait(lock, [this] { return queue_.size() < most_waiting_ || ending_; });
        queue_.push_back(std::move(connection));
        come_.notify_one();
    }

    void shutdown() override {
        {
            const std::lock_guard lock(mutex_);
            ending_ = true;
        }
        come_.notify_all();
        taken_.notify_all();
        for (std::thread& thread : threads_) thread.join();
    }

private:
    void run() {
        for (;;) {
            std::unique_lock lock(mutex_);
            come_.wait(lock, [this] { return !queue_.empty() || ending_; });
            if (queue_.empty()) return;
            const auto connection = std::move(queue_.front());
            queue_.pop_front();
            lock.unlock();
            taken_.notify_one();
            connection();
        }
    }

    const size_t most_waiting_;
    std::mutex mutex_;
    std::condition_variable come_, taken_;
    std::deque<std::function<void()>> queue_;
    bool ending_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace weir::host
