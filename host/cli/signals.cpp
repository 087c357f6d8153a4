#include "host/cli/signals.hpp"

#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "host/engine/wakeup.hpp"
#include "host/exit_codes.hpp"

namespace weir::host {
namespace {

std::atomic<bool> stop_requested{false};
std::atomic<Wakeup*> woken{nullptr};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<Wakeup*>::is_always_lock_free);

// Wakeup::notify is atomics and write(2): allowed in a handler.
void wake() {
    if (Wakeup* wakeup = woken.load()) wakeup->notify();
}

void on_signal(int) {
    const int saved = errno;
    if (stop_requested.exchange(true)) _exit(kExitSignal);
    wake();
    errno = saved;
}

void set_handler(int signal, void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    sigaction(signal, &action, nullptr);
}

}  // namespace

Signals::Signals(Wakeup& wakeup) {
    woken.store(&wakeup);
    set_handler(SIGINT, on_signal);
    set_handler(SIGTERM, on_signal);
}

Signals::~Signals() {
    set_handler(SIGINT, SIG_DFL);
    set_handler(SIGTERM, SIG_DFL);
    woken.store(nullptr);
}

const std::atomic<bool>& Signals::requested() const { return stop_requested; }

void Signals::request() {
    if (!stop_requested.exchange(true)) wake();
}

}  // namespace weir::host
