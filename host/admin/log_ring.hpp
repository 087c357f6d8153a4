// The last lines of the host's log, for who asks for them while it runs.
//
// Threads: any.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

namespace weir::host {

struct LoggedLine {
    uint64_t number = 0;  // from 1
    int64_t time = 0;     // microseconds since 1970
    uint32_t level = 0;   // WEIR_LOG_*
    std::string topology, node;  // or empty
    std::string text;
};

class LogRing {
public:
    static constexpr size_t kMost = 2000;            // lines
    static constexpr size_t kMostBytes = 4096;       // of a line; the rest is cut

    static LogRing& of_process();

    // Time and number are set here.
    void add(LoggedLine line);
    // Lines behind `since`, the oldest first.
    std::vector<LoggedLine> behind(uint64_t since) const;
    // Waits for one.
    void wait(uint64_t since, std::chrono::milliseconds patience) const;

private:
    mutable std::mutex mutex_;
    mutable std::condition_variable came_;
    std::deque<LoggedLine> lines_;
    uint64_t last_ = 0;
};

// "debug", "info", "warning", "error"
const char* log_level_text(uint32_t level);

}  // namespace weir::host
