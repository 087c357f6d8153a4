#include "child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

extern char **environ;

namespace weir::clickhouse {
namespace {

struct SpawnOptions {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;

    SpawnOptions(int in, int out) {
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
        posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
        posix_spawnattr_init(&attributes);
        sigset_t none, all;
        sigemptyset(&none);
        sigfillset(&all);
        posix_spawnattr_setsigmask(&attributes, &none);
        posix_spawnattr_setsigdefault(&attributes, &all);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
    ~SpawnOptions() {
        posix_spawn_file_actions_destroy(&actions);
        posix_spawnattr_destroy(&attributes);
    }
    SpawnOptions(const SpawnOptions &) = delete;
    SpawnOptions &operator=(const SpawnOptions &) = delete;
};

void close_all(std::initializer_list<int> fds) {
    for (const int fd : fds)
        if (fd >= 0) ::close(fd);
}

}  // namespace

Result<ChildProcess> ChildProcess::start(const std::vector<std::string> &command) {
    int in[2] = {-1, -1}, out[2] = {-1, -1};
    if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) {
        close_all({in[0], in[1]});
        return Status::fatal(command[0] + " cannot be started: " + std::strerror(errno));
    }
    std::vector<char *> arguments;
    for (const std::string &argument : command) arguments.push_back(const_cast<char *>(argument.c_str()));
    arguments.push_back(nullptr);
    SpawnOptions options(in[0], out[1]);
    ChildProcess child;
    const int error = ::posix_spawn(&child.pid_, arguments[0], &options.actions, &options.attributes, arguments.data(), environ);
    close_all({in[0], out[1]});
    child.in_ = in[1];
    child.out_ = out[0];
    if (error == 0) return child;
    child.pid_ = -1;
    return Status::fatal(command[0] + " cannot be started: " + std::strerror(error));
}

ChildProcess::ChildProcess(ChildProcess &&o) noexcept
    : pid_(std::exchange(o.pid_, -1)),
      in_(std::exchange(o.in_, -1)),
      out_(std::exchange(o.out_, -1)),
      unread_(std::move(o.unread_)),
      ended_(std::move(o.ended_)) {}

ChildProcess::~ChildProcess() {
    if (pid_ > 0 && ended_.empty()) {
        ::kill(pid_, SIGKILL);
        wait();
    }
    close_all({in_, out_});
}

std::optional<std::string> ChildProcess::read_line(int stop) {
    for (;;) {
        if (const size_t end = unread_.find('\n'); end != unread_.npos) {
            std::string line = unread_.substr(0, end);
            unread_.erase(0, end + 1);
            return line;
        }
        pollfd fds[] = {{out_, POLLIN, 0}, {stop, POLLIN, 0}};
        if (::poll(fds, 2, -1) < 0 && errno != EINTR) return {};
        if (fds[1].revents) return {};
        if (!fds[0].revents) continue;
        char bytes[1024];
        const ssize_t n = ::read(out_, bytes, sizeof bytes);
        if (n <= 0) return {};
        unread_.append(bytes, static_cast<size_t>(n));
    }
}

void ChildProcess::end(std::chrono::milliseconds patience) {
    if (!ended_.empty()) return;
    close_all({std::exchange(in_, -1)});
    const auto deadline = std::chrono::steady_clock::now() + patience;
    for (bool runs = true; runs;) {  // until it closes its standard output, which it does by ending
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        pollfd fd{out_, POLLIN, 0};
        char bytes[1024];
        const int ready = left.count() > 0 ? ::poll(&fd, 1, static_cast<int>(left.count())) : 0;
        if (ready == 0) ::kill(pid_, SIGKILL);
        runs = ready > 0 ? ::read(out_, bytes, sizeof bytes) > 0 : ready < 0 && errno == EINTR;
    }
    wait();
}

std::string ChildProcess::wait() {
    if (!ended_.empty()) return ended_;
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    ended_ = WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status)) : "exit " + std::to_string(WEXITSTATUS(status));
    return ended_;
}

}  // namespace weir::clickhouse
