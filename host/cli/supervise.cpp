#include "host/cli/supervise.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <random>
#include <sstream>

#include <fmt/format.h>

#include "host/cli/session.hpp"
#include "host/cli/terminal.hpp"
#include "host/engine/restart_policy.hpp"
#include "host/exit_codes.hpp"
#include "host/text/spans.hpp"

namespace weir::host {
namespace {

// "SUPERVISOR HOST RESTARTS HOW-THE-ONE-BEFORE-DIED", from the supervisor to its child.
constexpr const char* kVariable = "WEIR_SUPERVISED";
constexpr int kCannotRun = 127;  // as shells say it
constexpr int kBySignal = 128;   // likewise, and the signal's number
constexpr int kPassedOn[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};

bool asks_for_end(int signal) { return signal == SIGTERM || signal == SIGINT || signal == SIGHUP || signal == SIGQUIT; }

class HostProcess {
public:
    explicit HostProcess(const std::vector<std::string>& words) : words_(words), host_(new_host_id()) {
        signal(SIGCHLD, SIG_DFL);  // who begins this may ignore it, and children would go untold
        sigemptyset(&waited_for_);
        for (const int signal : kPassedOn) sigaddset(&waited_for_, signal);
        sigaddset(&waited_for_, SIGCHLD);
        sigprocmask(SIG_BLOCK, &waited_for_, &before_);
    }
    ~HostProcess() { sigprocmask(SIG_SETMASK, &before_, nullptr); }
    HostProcess(const HostProcess&) = delete;
    HostProcess& operator=(const HostProcess&) = delete;

    // 0, or errno.
    int begin(int64_t restarts, const std::string& died) {
        std::vector<std::string> words = words_;
        std::vector<char*> argv;
        for (std::string& word : words) argv.push_back(word.data());
        argv.push_back(nullptr);
        const pid_t supervisor = getpid();
        const std::string variable = fmt::format("{} {} {} {}", supervisor, host_, restarts, died);
        pid_ = fork();
        if (pid_ < 0) return errno;
        if (pid_ > 0) return 0;
        // What it hangs in cannot keep it alive: a kill loses nothing that is committed.
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != supervisor) _exit(kCannotRun);
        sigprocmask(SIG_SETMASK, &before_, nullptr);
        setenv(kVariable, variable.c_str(), 1);
        execv("/proc/self/exe", argv.data());
        std::fprintf(stderr, "weir run: --supervise: /proc/self/exe: %s\n", std::strerror(errno));
        _exit(kCannotRun);
    }

    // Until it has ended; signals are passed on meanwhile. As waitpid has it.
    int wait() {
        for (;;) {
            siginfo_t info{};
            const int signal = sigwaitinfo(&waited_for_, &info);
            int status = 0;
            if (signal == SIGCHLD && waitpid(pid_, &status, WNOHANG) == pid_) return status;
            if (signal > 0 && signal != SIGCHLD) take(signal, info);
        }
    }

    // Whether nobody asked for the end meanwhile.
    bool pause(std::chrono::microseconds time) {
        const int64_t until = steady_time() + time.count();
        for (int64_t left = time.count(); left > 0 && !is_to_end_; left = until - steady_time()) {
            const timespec patience{left / 1'000'000, left % 1'000'000 * 1000};
            siginfo_t info{};
            const int signal = sigtimedwait(&waited_for_, &info, &patience);
            if (signal > 0 && asks_for_end(signal)) is_to_end_ = true;
        }
        return !is_to_end_;
    }

    bool is_to_end() const { return is_to_end_; }

private:
    // What a terminal sends, all processes that it has get.
    void take(int signal, const siginfo_t& info) {
        if (info.si_code != SI_KERNEL) kill(pid_, signal);
        if (asks_for_end(signal)) is_to_end_ = true;
    }

    const std::vector<std::string>& words_;
    const std::string host_;
    sigset_t waited_for_{}, before_{};
    pid_t pid_ = -1;
    bool is_to_end_ = false;
};

}  // namespace

std::optional<Supervision> take_supervision() {
    const char* text = std::getenv(kVariable);
    if (!text) return std::nullopt;
    Supervision out;
    std::istringstream in(text);
    in >> out.supervisor >> out.host >> out.restarts >> std::ws;
    std::getline(in, out.died);
    unsetenv(kVariable);
    if (out.supervisor != getppid() || out.host.empty()) return std::nullopt;
    return out;
}

std::string death_text(int wait_status) {
    const int signal = WTERMSIG(wait_status);
    const char* name = sigabbrev_np(signal);
    return fmt::format("signal {} ({})", signal, name ? fmt::format("SIG{}", name) : "unknown");
}

RestartSpec supervision_restarts() {
    RestartSpec spec;
    spec.delay = std::chrono::milliseconds(500);
    spec.max_delay = std::chrono::seconds(30);
    spec.attempts = 10;
    spec.reset_after = std::chrono::minutes(1);
    return spec;
}

std::string new_host_id() {
    std::random_device draw;
    return fmt::format("{:08x}{:08x}", draw(), draw());
}

int supervise(const std::vector<std::string>& words, Terminal& terminal) {
    HostProcess host(words);
    RestartPolicy policy(supervision_restarts(), std::random_device{}());
    std::string died;
    for (int64_t restarts = 0;; ++restarts) {
        const int64_t began = steady_time();
        if (const int error = host.begin(restarts, died); error != 0) {
            terminal.message(fmt::format("weir run: --supervise: no process can be begun: {}", std::strerror(error)));
            return kExitFailed;
        }
        const int status = host.wait();
        if (WIFEXITED(status)) return WEXITSTATUS(status);
        if (host.is_to_end()) return kBySignal + WTERMSIG(status);
        died = death_text(status);
        const int64_t now = steady_time();
        const auto delay = policy.failed(now, std::chrono::microseconds(now - began));
        if (!delay) {
            terminal.message(fmt::format("error[supervise]: the host was ended by {}. It is not begun again: {}", died, policy.why()));
            return kExitFailed;
        }
        terminal.message(fmt::format("warning[supervise]: the host was ended by {}; restart {} of {} in {}", died, policy.attempt(),
                                     *policy.spec().attempts, span_text(*delay)));
        if (!host.pause(*delay)) return kExitOk;
    }
}

}  // namespace weir::host
