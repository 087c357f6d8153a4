#include "host/topology/command_output.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "host/topology/scalar.hpp"

namespace weir::host {
namespace {

using Clock = std::chrono::steady_clock;

// A child in a process group of its own, with a pipe from its standard output.
class Child {
public:
    ~Child() {
        if (out_ >= 0) close(out_);
        if (pid_ <= 0) return;
        kill(-pid_, SIGKILL);
        while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
        }
    }

    // 0, or an errno.
    int start(const std::string& command) {
        int pipe_ends[2];
        if (pipe2(pipe_ends, O_CLOEXEC) != 0) return errno;
        out_ = pipe_ends[0];
        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attributes;
        posix_spawn_file_actions_init(&actions);
        posix_spawnattr_init(&attributes);
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
        sigset_t defaults;  // SIGPIPE is ignored in this process
        sigemptyset(&defaults);
        sigaddset(&defaults, SIGPIPE);
        posix_spawnattr_setsigdefault(&attributes, &defaults);
        posix_spawnattr_setpgroup(&attributes, 0);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
        char shell[] = "sh", option[] = "-c";
        std::string text = command;
        char* const words[] = {shell, option, text.data(), nullptr};
        const int error = posix_spawn(&pid_, "/bin/sh", &actions, &attributes, words, environ);
        posix_spawn_file_actions_destroy(&actions);
        posix_spawnattr_destroy(&attributes);
        close(pipe_ends[1]);
        if (error != 0) pid_ = -1;
        return error;
    }

    enum class Read { kMore, kEnd, kTimeout, kFailed };
    Read read_some(std::string& text, Clock::time_point until) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
        pollfd wanted{out_, POLLIN, 0};
        const int ready = poll(&wanted, 1, static_cast<int>(std::max<long>(left, 0)));
        if (ready == 0) return Read::kTimeout;
        char buffer[4096];
        const ssize_t n = ready < 0 ? -1 : read(out_, buffer, sizeof buffer);
        if (n < 0) return errno == EINTR ? Read::kMore : Read::kFailed;
        text.append(buffer, static_cast<std::size_t>(n));
        return n == 0 ? Read::kEnd : Read::kMore;
    }

    // How it ended: empty, or what is wrong with that. It has closed its output; what does not end then is killed.
    std::string wait(Clock::time_point until) {
        int status = 0;
        pid_t ended = 0;
        while ((ended = waitpid(pid_, &status, WNOHANG)) == 0 && Clock::now() < until) poll(nullptr, 0, 1);
        if (ended != pid_) return "it has closed its output and does not end";
        pid_ = -1;
        if (WIFSIGNALED(status)) return fmt::format("signal {} ended it", WTERMSIG(status));
        return WEXITSTATUS(status) == 0 ? "" : fmt::format("it ended with exit code {}", WEXITSTATUS(status));
    }

private:
    pid_t pid_ = -1;
    int out_ = -1;
};

}  // namespace

std::optional<std::string> command_output(const std::string& command, std::size_t limit, std::chrono::milliseconds patience,
                                          std::string& problem) {
    const auto until = Clock::now() + patience;
    Child child;
    if (const int error = child.start(command); error != 0) {
        problem = std::strerror(error);
        return std::nullopt;
    }
    std::string text;
    auto read = Child::Read::kMore;
    while (read == Child::Read::kMore && text.size() <= limit) read = child.read_some(text, until);
    if (text.size() > limit) {
        problem = fmt::format("it printed more than {} bytes", limit);
    } else if (read == Child::Read::kTimeout) {
        problem = "it took longer than " + duration_text(std::chrono::microseconds(patience).count());
    } else if (read == Child::Read::kFailed) {
        problem = std::strerror(errno);
    } else {
        problem = child.wait(until);
    }
    if (!problem.empty()) return std::nullopt;
    return text;
}

}  // namespace weir::host
