// Failpoints and seeded bugs: for tests that end the process at a named step, or break a promise on purpose.
//
//   WEIR_FAILPOINT("store.commit.written");            between two steps: the process may end or stop here
//   if (WEIR_FAILS("kafka.commit.request")) ...        the same; and true where the step is to fail
//   if (WEIR_BUG("skip-dirty-key")) ...                true where the build is to have this bug
//
// They are there where WEIR_FAILPOINTS is defined; everywhere else the macros are nothing, or `false`. Use them in
// sources, not in headers: a header would then differ between the two builds. Names are literals, each used once, so
// that a test finds all of them in the sources.
//
// Environment
//   WEIR_FAILPOINT  NAME:ACTION[:N],...  at the Nth time (default 1) that the point NAME is reached: `kill` is SIGKILL,
//                   `stop` SIGSTOP, `pause` holds the thread for 50 ms, `error` makes WEIR_FAILS true, once. The
//                   point tells standard error first.
//   WEIR_BUG        the one bug to have
//
// Threads: [any].
#pragma once

#ifndef WEIR_FAILPOINTS

#define WEIR_FAILPOINT(name) static_cast<void>(0)
#define WEIR_FAILS(name) false
#define WEIR_BUG(name) false

#else

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <cstdlib>
#include <deque>
#include <string>
#include <string_view>

#define WEIR_FAILPOINT(name) static_cast<void>(::weir::failpoint::reach(name))
#define WEIR_FAILS(name) ::weir::failpoint::reach(name)
#define WEIR_BUG(name) ::weir::failpoint::has_bug(name)

namespace weir::failpoint {

struct Armed {
    std::string name, action;
    long at = 1;
    std::atomic<long> reached{0};
};

inline std::string_view cut(std::string_view &text, char separator) {
    const auto end = text.find(separator);
    const auto front = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    return front;
}

inline std::deque<Armed> read_environment() {
    std::deque<Armed> all;
    const char *given = std::getenv("WEIR_FAILPOINT");
    for (std::string_view rest = given ? given : ""; !rest.empty();) {
        std::string_view one = cut(rest, ',');
        Armed &armed = all.emplace_back();
        armed.name = cut(one, ':');
        armed.action = cut(one, ':');
        std::from_chars(one.data(), one.data() + one.size(), armed.at);
    }
    return all;
}

// Whether the step is to fail.
inline bool reach(std::string_view name) {
    static std::deque<Armed> all = read_environment();
    for (Armed &armed : all) {
        if (armed.name != name || armed.reached.fetch_add(1) + 1 != armed.at) continue;
        const std::string told = "failpoint " + armed.name + ": " + armed.action + "\n";
        if (::write(STDERR_FILENO, told.data(), told.size()) < 0) ::abort();
        if (armed.action == "error") return true;
        if (armed.action == "pause")
            ::poll(nullptr, 0, 50);
        else
            ::raise(armed.action == "kill" ? SIGKILL : SIGSTOP);
    }
    return false;
}

inline bool has_bug(std::string_view name) {
    static const char *const bug = std::getenv("WEIR_BUG");
    return bug && name == bug;
}

}  // namespace weir::failpoint

#endif
