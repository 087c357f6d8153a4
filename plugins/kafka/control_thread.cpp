#include "control_thread.hpp"

#include <pthread.h>

namespace weir::kafka {
namespace {
constexpr auto kTick = std::chrono::milliseconds(200);
}

ControlThread::ControlThread() : thread_([this] { run(); }) {
    pthread_setname_np(thread_.native_handle(), "kafka-control");
}

ControlThread::~ControlThread() { stop(); }

void ControlThread::stop() {
    {
        std::lock_guard lock(mutex_);
        stopping_ = true;
        changed_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
    std::deque<std::function<void()>> dropped;  // what they hold may call back here while it goes
    {
        std::lock_guard lock(mutex_);
        dropped.swap(tasks_);
    }
}

void ControlThread::post(std::function<void()> task) {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    tasks_.push_back(std::move(task));
    changed_.notify_all();
}

uint64_t ControlThread::add_tick(std::function<void()> tick) {
    std::lock_guard lock(ticks_mutex_);
    ticks_.push_back({++last_tick_id_, std::move(tick)});
    return last_tick_id_;
}

void ControlThread::remove_tick(uint64_t id) {
    std::lock_guard lock(ticks_mutex_);
    std::erase_if(ticks_, [&](const Tick &tick) { return tick.id == id; });
}

bool ControlThread::sleep(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, time, [&] { return stopping_; });
    return !stopping_;
}

bool ControlThread::stopping() {
    std::lock_guard lock(mutex_);
    return stopping_;
}

void ControlThread::run_ticks() {
    std::lock_guard lock(ticks_mutex_);
    for (const Tick &tick : ticks_) tick.run();
}

void ControlThread::run() {
    auto next_tick = std::chrono::steady_clock::now() + kTick;
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        bool work = changed_.wait_until(lock, next_tick, [&] { return stopping_ || !tasks_.empty(); });
        if (stopping_) break;
        std::function<void()> task;
        if (work) {
            task = std::move(tasks_.front());
            tasks_.pop_front();
        }
        lock.unlock();
        if (task) task();
        task = nullptr;
        if (std::chrono::steady_clock::now() >= next_tick) {
            run_ticks();
            next_tick = std::chrono::steady_clock::now() + kTick;
        }
        lock.lock();
    }
}

Deferred::~Deferred() {
    if (!state_) return;
    std::lock_guard lock(state_->mutex);
    state_->wake = nullptr;
}

Status Deferred::run(ControlThread &thread, std::function<Status()> work, std::function<void()> wake) {
    if (!state_) {
        state_ = std::make_shared<State>();
        state_->wake = std::move(wake);
        thread.post([state = state_, work = std::move(work)] {
            Status status = work();
            std::lock_guard lock(state->mutex);
            state->status = std::move(status);
            state->done = true;
            if (state->wake) state->wake();
        });
    }
    std::lock_guard lock(state_->mutex);
    return state_->done ? state_->status : Status::pending();
}

}  // namespace weir::kafka
