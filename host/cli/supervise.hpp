// `weir run --supervise`: a process that only begins the host again when its process dies. The host is a child of it, and is gone
// when it is; signals are passed on; where the host ends by itself, so does this, with the same exit code.
//
// Threads: the main thread, while there is no other.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/topology/restart.hpp"

namespace weir::host {

class Terminal;

// How a supervised process was begun.
struct Supervision {
    pid_t supervisor = 0;
    std::string host;      // the same for all of its processes
    int64_t restarts = 0;  // it is begun again for the so manieth time; 0: it is the first
    std::string died;      // how the one before ended
};

// Of this process; none: nobody supervises it. It is known once: children are not supervised.
std::optional<Supervision> take_supervision();

// How a process ended by itself: "signal 9 (SIGKILL)".
std::string death_text(int wait_status);

// When a dead host is begun again, and how often in a row.
RestartSpec supervision_restarts();

// What names a host in what it notes: 16 hexadecimal digits.
std::string new_host_id();

// Runs the command line in a child until that ends by itself, or is to end. The exit code.
int supervise(const std::vector<std::string>& words, Terminal& terminal);

}  // namespace weir::host
