// The thread of a connection for calls that block: metadata, offsets, topic creation, starting and stopping
// partitions. Workers post to it and return WEIR_PENDING.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <weir/result.hpp>

namespace weir::kafka {

// Any thread, unless said otherwise.
class ControlThread {
public:
    ControlThread();
    // Ends after the running task, which sees stopping() and sleeps that end at once; drops the others.
    ~ControlThread();

    void post(std::function<void()> task);
    // `tick` runs on the thread about every kTick, between tasks.
    uint64_t add_tick(std::function<void()> tick);
    // When it returns, the tick does not run and will not. Not to be called from a tick.
    void remove_tick(uint64_t id);
    // Inside tasks: waits; false: the thread is to end.
    bool sleep(std::chrono::milliseconds time);
    bool stopping();
    void stop();

private:
    struct Tick {
        uint64_t id;
        std::function<void()> run;
    };
    void run();
    void run_ticks();

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> tasks_;
    bool stopping_ = false;
    std::mutex ticks_mutex_;  // held while ticks run
    std::vector<Tick> ticks_;
    uint64_t last_tick_id_ = 0;
    std::thread thread_;
};

// One blocking call on the control thread, seen from a function that may return WEIR_PENDING and is called
// again. One user at a time; when it goes, the result is dropped and nobody is woken.
class Deferred {
public:
    Deferred() = default;
    ~Deferred();
    Deferred(const Deferred &) = delete;
    Deferred &operator=(const Deferred &) = delete;

    // The first call posts `work`; then Status::pending() until it is done and `wake` was called, then its
    // result, again and again. `work` may outlive this object: it captures nothing that does not.
    Status run(ControlThread &thread, std::function<Status()> work, std::function<void()> wake);

private:
    struct State {
        std::mutex mutex;
        bool done = false;
        Status status;
        std::function<void()> wake;  // empty: nobody waits
    };
    std::shared_ptr<State> state_;
};

}  // namespace weir::kafka
