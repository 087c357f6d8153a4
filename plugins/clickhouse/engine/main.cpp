// weir-clickhouse LIBCHDB FOLDER HOST: the ClickHouse engine of a host, in a process of its own.
//
// A process of its own, since libchdb does not stand another malloc than glibc's in its process, and so that an engine that dies
// takes nothing with it. HOST is the process id of the host, which starts this (plugins/clickhouse/embedded.hpp), and with
// which this ends.
//
// On standard output one line: `ready HTTP_PORT NATIVE_PORT`, `locked TEXT` (another process has the folder; exit 3), or
// `failed TEXT` (exit 1). Standard input: its end closes the engine in order, as SIGTERM does; exit 0 then.
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <thread>

#include "folder.hpp"

namespace weir_clickhouse {
namespace {

constexpr int kExitFailed = 1, kExitLocked = 3;
constexpr int kListenPollMs = 10;
constexpr int kWatchMs = 2'000;  // between looks at the port
constexpr timeval kKillTimeout{5, 0};

// The session of the engine itself: it opens the ports and then waits until it is killed. (To wait at standard input instead would
// need the right to read any file, and `default`, whose session this is, has no password.)
constexpr const char *kSession =
    "SYSTEM START LISTEN TCP;\n"
    "SYSTEM START LISTEN HTTP;\n"
    "SELECT sleep(0.1) FROM system.numbers SETTINGS max_block_size = 1 FORMAT Null";
constexpr const char *kEndSession = "KILL QUERY WHERE query LIKE 'SELECT sleep(0.1) FROM system.numbers SETTINGS%' ASYNC";

class Library {
public:
    explicit Library(const char *path) {
        void *library = ::dlopen(path, RTLD_NOW | RTLD_LOCAL);
        if (!library) throw std::runtime_error(std::string("the engine cannot be loaded: ") + ::dlerror());
        find(library, "chdb_query_cmdline", run_);
        find(library, "chdb_set_signal_handlers_enabled", set_signal_handlers_);
        set_signal_handlers_(0);  // its handlers would hang a process that crashes instead of ending it
    }
    // Until the session ends. What it says of failures goes to standard error.
    void run(const std::string &configuration) const {
        std::string config = "--config-file=" + configuration, name = "clickhouse", query = "--query", session = kSession;
        char *arguments[] = {name.data(), config.data(), query.data(), session.data()};
        run_(4, arguments);
    }

private:
    template <class F>
    static void find(void *library, const char *name, F &function) {
        function = reinterpret_cast<F>(::dlsym(library, name));
        if (!function) throw std::runtime_error(std::string("the engine has no ") + name + ": it is too old, or no libchdb");
    }
    void *(*run_)(int, char **) = nullptr;
    void (*set_signal_handlers_)(int) = nullptr;
};

// Whether this very process listens on a port: to ask at the port would not say who answers.
bool listens(int port) {
    DIR *all = ::opendir("/proc/self/fd");
    bool found = false;
    while (const dirent *one = all && !found ? ::readdir(all) : nullptr) {
        const int fd = std::atoi(one->d_name);
        int accepts = 0;
        sockaddr_in address{};
        socklen_t accepts_size = sizeof accepts, size = sizeof address;
        found = ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &accepts_size) == 0 && accepts &&
                ::getsockname(fd, reinterpret_cast<sockaddr *>(&address), &size) == 0 && ntohs(address.sin_port) == port;
    }
    if (all) ::closedir(all);
    return found;
}

// Ends the session from outside. False: it could not be asked.
bool end_session(const Folder &folder) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &kKillTimeout, sizeof kKillTimeout);
    ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &kKillTimeout, sizeof kKillTimeout);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<uint16_t>(folder.http_port()));
    const std::string body = kEndSession;
    const std::string request = std::string("POST / HTTP/1.0\r\nX-ClickHouse-User: ") + kUser + "\r\nX-ClickHouse-Key: " + folder.password() +
                                "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    char answer[] = "HTTP/1.0 200";
    const bool asked = ::connect(fd, reinterpret_cast<sockaddr *>(&address), sizeof address) == 0 &&
                       ::send(fd, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size()) &&
                       ::recv(fd, answer, sizeof answer - 1, MSG_WAITALL) == sizeof answer - 1;
    ::close(fd);
    return asked && std::strcmp(answer + 8, " 200") == 0;
}

// What the host hears, for as long as it listens.
class Host {
public:
    explicit Host(pid_t pid) {
        // Nothing of the host's stays open here: neither its files nor its connections to servers.
        if (::close_range(STDERR_FILENO + 1, ~0U, 0) != 0) std::_Exit(kExitFailed);
        out_ = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        // The kernel ends this with the thread that started it; the check is for a host that was gone before the call.
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != pid) std::_Exit(0);
        sigset_t set;
        ::sigemptyset(&set);
        ::sigaddset(&set, SIGTERM);
        ::sigaddset(&set, SIGINT);
        ::sigprocmask(SIG_BLOCK, &set, nullptr);  // in every thread to come, too
        ::signal(SIGPIPE, SIG_IGN);
        signals_ = ::signalfd(-1, &set, SFD_CLOEXEC);
    }
    void say(const std::string &word, std::string text) const {
        for (char &c : text)
            if (c == '\n') c = ' ';
        const std::string line = word + " " + text + "\n";
        if (::write(out_, line.data(), line.size()) < 0) std::_Exit(kExitFailed);  // nobody is there
    }
    // Whether it, or a signal, asks for the end within so many milliseconds, or until `other` is readable.
    bool asks_for_end(int milliseconds, int other = -1) const {
        pollfd fds[] = {{STDIN_FILENO, POLLIN, 0}, {signals_, POLLIN, 0}, {other, POLLIN, 0}};
        return ::poll(fds, 3, milliseconds) > 0 && (fds[0].revents || fds[1].revents);
    }

private:
    int out_ = -1, signals_ = -1;
};

// Runs the engine until it ends or is asked to.
[[noreturn]] void serve(const Host &host, const Library &library, const Folder &folder) {
    int ended[2];
    if (::pipe2(ended, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    std::atomic<bool> runs{true};
    std::thread engine([&] {
        library.run(folder.path() + "/config.xml");
        runs = false;
        ::close(ended[1]);
    });
    bool end = false;
    while (runs && !end && !(listens(folder.http_port()) && listens(folder.native_port()))) end = host.asks_for_end(kListenPollMs);
    if (runs && !end) {
        host.say("ready", std::to_string(folder.http_port()) + " " + std::to_string(folder.native_port()));
        while (runs && !end) {
            end = host.asks_for_end(kWatchMs, ended[0]);
            if (!end && runs && !listens(folder.http_port())) {  // everybody may say SYSTEM STOP LISTEN
                host.say("failed", "its port was closed by a query");
                std::_Exit(kExitFailed);
            }
        }
    }
    if (!end) {
        const std::string words = folder.last_words();
        host.say("failed", words.empty() ? "the engine ended and did not say why" : words);
        std::_Exit(kExitFailed);
    }
    if (runs && !end_session(folder)) std::_Exit(kExitFailed);
    engine.join();
    std::_Exit(0);
}

}  // namespace
}  // namespace weir_clickhouse

int main(int argc, char **argv) {
    using namespace weir_clickhouse;
    if (argc != 4) {
        static constexpr char kUsage[] = "usage: weir-clickhouse LIBCHDB FOLDER HOST\nRuns the engine of `embedded: FOLDER`; weir starts it.\n";
        return ::write(STDERR_FILENO, kUsage, sizeof kUsage - 1) < 0 ? 1 : 2;
    }
    const Host host(std::atoi(argv[3]));
    try {
        const Folder folder(argv[2]);
        folder.redirect_output();
        if (::chdir(folder.path().c_str()) != 0) throw std::runtime_error(folder.path() + " cannot be entered");
        const Library library(argv[1]);
        serve(host, library, folder);
    } catch (const Locked &locked) {
        host.say("locked", locked.by);
        std::_Exit(kExitLocked);
    } catch (const std::exception &error) {
        host.say("failed", error.what());
        std::_Exit(kExitFailed);  // as everywhere here: the library's destructors abort
    }
}
