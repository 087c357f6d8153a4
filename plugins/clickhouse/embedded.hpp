// The embedded engine: a current ClickHouse on this machine, in a child process (engine/main.cpp) that this starts, looks after and
// starts again when it dies. One for each data folder in a process, shared by the connections that name it.
//
// The child opens the engine's own ports on the loopback and ends with this process. An engine that died comes back at the
// same ports, if they are still free, after a pause that doubles from kFirstPause to kLastPause.
//
// Threads: [any]. Starting, looking after and ending the child is the work of a thread of its own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include <weir/result.hpp>

namespace weir::clickhouse {

// Where the engine answers, and as whom it is asked.
struct EngineAddress {
    std::string url;  // http://127.0.0.1:PORT
    std::string user, password;
};

// Where libchdb and weir-clickhouse are: WEIR_LIBCHDB and WEIR_CLICKHOUSE_ENGINE, otherwise the user's and the system's data
// folders, and libexec beside the executable's folder. config: one of them is not there, with what to do.
struct EngineFiles {
    std::string library, program;
    static Result<EngineFiles> find();
};

class Engine {
public:
    using Log = std::function<void(uint32_t level, const std::string &text)>;
    static constexpr std::chrono::milliseconds kFirstPause{100}, kLastPause{10'000};
    static constexpr std::chrono::seconds kLockWait{10};  // for the engine of a host that was killed to be gone
    static constexpr std::chrono::seconds kStopWait{30};  // for it to end in order, before it is killed

    // The engine of a data folder, which is made if it is not there; starts it, and does not wait for it. `log` is called, from
    // the engine's thread, until the handle goes. The last handle to go ends the engine, and waits for that.
    class Handle;
    static Result<Handle> acquire(const std::string &folder, Log log);

    ~Engine();
    Engine(const Engine &) = delete;
    Engine &operator=(const Engine &) = delete;

    // retryable: it starts, for the first time or again. config: it cannot.
    Result<EngineAddress> address() const;

private:
    using Clock = std::chrono::steady_clock;

    Engine(std::string folder, EngineFiles files);
    void run();
    // One life of the child. How long it answered; 0: it never did.
    Clock::duration live();
    // What its end means, by what it said and how it ended.
    Clock::duration on_end(const std::string &said, const std::string &how, Clock::time_point ready);
    void become(Status status, EngineAddress address = {});
    void on_ready(const std::string &ports, pid_t child);
    bool is_stopping() const;
    // False: it is to end.
    bool pause(std::chrono::milliseconds time);
    void log(uint32_t level, const std::string &text) const;

    const std::string folder_;
    const EngineFiles files_;
    Clock::time_point locked_since_{};  // of the thread, as what follows
    bool was_ever_ready_ = false;
    int stop_[2] = {-1, -1};            // a pipe whose end tells the thread to stop

    mutable std::mutex mutex_;  // guards what follows
    std::list<Log> logs_;
    Status status_;  // OK: it answers
    EngineAddress address_;
    bool stopping_ = false;
    std::condition_variable stopped_;
    std::thread thread_;  // the last: it uses all that stands before it
};

class Engine::Handle {
public:
    Handle() = default;
    Handle(std::shared_ptr<Engine> engine, Log log);
    Handle(Handle &&o) noexcept : engine_(std::move(o.engine_)), log_(o.log_) {}
    Handle &operator=(Handle &&o) noexcept {
        std::swap(engine_, o.engine_);
        std::swap(log_, o.log_);
        return *this;
    }
    ~Handle();

    explicit operator bool() const { return engine_ != nullptr; }
    const Engine *operator->() const { return engine_.get(); }

private:
    std::shared_ptr<Engine> engine_;
    std::list<Log>::iterator log_;
};

}  // namespace weir::clickhouse
