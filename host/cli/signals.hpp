// SIGINT and SIGTERM: the first asks for a clean stop, the second ends the process at once, with exit code 130. What a supervisor passes
// on may have come here, too, as to all of a terminal's or a service's processes: it is counted by itself.
//
// Threads: made on the main thread, one at a time; requested() from any.
#pragma once

#include <sys/types.h>

#include <atomic>

namespace weir::host {

class Wakeup;

class Signals {
public:
    // `wakeup` is notified by the first signal; it must outlive this. `supervisor`: the process that passes signals on; 0: none.
    explicit Signals(Wakeup& wakeup, pid_t supervisor = 0);
    ~Signals();  // later signals do what they do by default
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;

    // Whether a stop was asked for.
    const std::atomic<bool>& requested() const;
    // As if a signal had come.
    void request();
};

}  // namespace weir::host
