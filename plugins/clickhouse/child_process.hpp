// A child process with a pipe to its standard input and one from its standard output, a session of its own (so that Ctrl-C at
// the terminal is not for it), and the default signals. Errors of the system are fatal. One thread at a time.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <weir/result.hpp>

namespace weir::clickhouse {

class ChildProcess {
public:
    static Result<ChildProcess> start(const std::vector<std::string> &command);
    ChildProcess(ChildProcess &&o) noexcept;
    ChildProcess &operator=(ChildProcess &&) = delete;
    // Kills it where it still runs.
    ~ChildProcess();

    pid_t pid() const { return pid_; }
    // A line that it wrote. None: it has ended, or `stop` is readable.
    std::optional<std::string> read_line(int stop);
    // Ends its standard input, and waits; kills it where it has not ended within `patience`.
    void end(std::chrono::milliseconds patience);
    // Waits for its end and says how that was: `exit 1`, `signal 9`.
    std::string wait();

private:
    ChildProcess() = default;
    pid_t pid_ = -1;
    int in_ = -1, out_ = -1;
    std::string unread_, ended_;
};

}  // namespace weir::clickhouse
