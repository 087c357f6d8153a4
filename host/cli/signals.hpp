// SIGINT and SIGTERM: the first asks for a clean stop, the second ends the process at once, with exit code 130.
//
// Threads: made on the main thread, one at a time; requested() from any.
#pragma once

#include <atomic>

namespace weir::host {

class Wakeup;

class Signals {
public:
    // `wakeup` is notified by the first signal; it must outlive this.
    explicit Signals(Wakeup& wakeup);
    ~Signals();  // later signals do what they do by default
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;

    // Whether a stop was asked for.
    const std::atomic<bool>& requested() const;
    // As if a signal had come.
    void request();
};

}  // namespace weir::host
