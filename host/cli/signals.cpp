#include "host/cli/signals.hpp"

#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "host/engine/wakeup.hpp"
#include "host/exit_codes.hpp"

namespace weir::host {
namespace {

std::atomic<bool> stop_requested{false};
std::atomic<int> direct{0}, passed_on{0};
std::atomic<pid_t> passes_on{0};
std::atomic<Wakeup*> woken{nullptr};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free && std::atomic<Wakeup*>::is_always_lock_free);

// Wakeup::notify is atomics and write(2): allowed in a handler.
void wake() {
    if (Wakeup* wakeup = woken.load()) wakeup->notify();
}

void on_signal(int, siginfo_t* info, void*) {
    const int saved = errno;
    const bool is_passed_on = info->si_code == SI_USER && info->si_pid != 0 && info->si_pid == passes_on.load();
    if ((is_passed_on ? passed_on : direct).fetch_add(1) > 0) _exit(kExitSignal);
    stop_requested.store(true);
    wake();
    errno = saved;
}

void handle(int signal) {
    struct sigaction action {};
    action.sa_sigaction = on_signal;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART | SA_SIGINFO;
    sigaction(signal, &action, nullptr);
}

}  // namespace

Signals::Signals(Wakeup& wakeup, pid_t supervisor) {
    woken.store(&wakeup);
    passes_on.store(supervisor);
    handle(SIGINT);
    handle(SIGTERM);
}

Signals::~Signals() {
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    woken.store(nullptr);
}

const std::atomic<bool>& Signals::requested() const { return stop_requested; }

void Signals::request() {
    if (stop_requested.exchange(true)) return;
    direct.store(1);
    passed_on.store(1);
    wake();
}

}  // namespace weir::host
