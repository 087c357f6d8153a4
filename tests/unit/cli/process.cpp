#include "process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace weir::test {
namespace {

constexpr int kPatience = 30'000;  // milliseconds

std::array<int, 2> make_pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    return ends;
}

// As a pipe: what is written to the second end is read from the first.
std::array<int, 2> make_terminal() {
    std::array<int, 2> ends{};
    const winsize size{24, 80, 0, 0};
    if (openpty(&ends[0], &ends[1], nullptr, nullptr, &size) != 0) throw std::runtime_error("openpty");
    for (const int end : ends) fcntl(end, F_SETFD, FD_CLOEXEC);
    return ends;
}

}  // namespace

Folder::Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "weir_cli_XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name);
    path_ = name;
}

Folder::~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

void Folder::write(const std::string& name, const std::string& text) const { std::ofstream(path_ / name) << text; }

std::string Folder::read(const std::string& name) const {
    std::stringstream text;
    text << std::ifstream(path_ / name).rdbuf();
    return text.str();
}

Process::Process(const std::vector<std::string>& arguments, const std::filesystem::path& folder,
                 const std::string& input, ErrorOutput error_output, const std::vector<std::string>& environment) {
    const char* binary = std::getenv("WEIR_BIN");
    if (binary == nullptr) throw std::runtime_error("WEIR_BIN is not set: run this through ctest");
    std::vector<std::string> words = {binary};
    words.insert(words.end(), arguments.begin(), arguments.end());
    start(std::move(words), folder, input, error_output, environment);
}

Process Process::shell(const std::string& script, const std::filesystem::path& folder) {
    return Process(Words{{"/bin/sh", "-c", script}}, folder);
}

void Process::start(std::vector<std::string> words, const std::filesystem::path& folder, const std::string& input,
                    ErrorOutput error_output, const std::vector<std::string>& environment) {
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const auto in = make_pipe(), out = make_pipe();
    const auto err = error_output == ErrorOutput::kTerminal ? make_terminal() : make_pipe();
    pid_ = fork();
    if (pid_ < 0) throw std::runtime_error("fork");
    if (pid_ == 0) {
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        dup2(err[1], STDERR_FILENO);
        setenv("XDG_STATE_HOME", state_.path().c_str(), 1);
        for (const std::string& variable : environment) putenv(const_cast<char*>(variable.c_str()));
        if (chdir(folder.c_str()) == 0) execv(argv[0], argv.data());
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    close(err[1]);
    out_ = out[0];
    err_ = err[0];
    // Small enough for the pipe's buffer.
    if (::write(in[1], input.data(), input.size()) != static_cast<ssize_t>(input.size()))
        throw std::runtime_error("write");
    close(in[1]);
}

Process::~Process() {
    if (pid_ > 0) {
        send(SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
    close_output();
    if (err_ >= 0) close(err_);
}

void Process::close_output() {
    if (out_ >= 0) close(out_);
    out_ = -1;
}

void Process::send(int signal) const { kill(pid_, signal); }

// False when both ends are closed, or nothing came for too long.
bool Process::read_some() {
    std::array<pollfd, 2> ends{{{is_output_left_ ? -1 : out_, POLLIN, 0}, {err_, POLLIN, 0}}};
    if (poll(ends.data(), ends.size(), kPatience) <= 0) {
        send(SIGKILL);
        return false;
    }
    for (pollfd& end : ends) {
        if (end.revents == 0) continue;
        std::array<char, 4096> bytes{};
        const ssize_t n = read(end.fd, bytes.data(), bytes.size());
        int& fd = end.fd == out_ ? out_ : err_;
        if (n > 0) {
            (end.fd == out_ ? outcome_.out : outcome_.err).append(bytes.data(), static_cast<size_t>(n));
        } else {
            close(fd);
            fd = -1;
        }
    }
    return out_ >= 0 || err_ >= 0;
}

bool Process::wait_for(const std::string& text) {
    auto is_there = [&] {
        return outcome_.out.find(text) != std::string::npos || outcome_.err.find(text) != std::string::npos;
    };
    while (!is_there())
        if (!read_some()) return is_there();
    return true;
}

Outcome Process::wait() {
    while (read_some()) {
    }
    int status = 0;
    rusage usage{};
    wait4(pid_, &status, 0, &usage);
    pid_ = -1;
    for (const timeval& time : {usage.ru_utime, usage.ru_stime})
        outcome_.cpu += std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
    outcome_.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return outcome_;
}

Outcome weir(const std::vector<std::string>& arguments, const std::filesystem::path& folder, const std::string& input) {
    return Process(arguments, folder, input).wait();
}

Outcome shell(const std::string& script, const std::filesystem::path& folder) {
    return Process::shell(script, folder).wait();
}

}  // namespace weir::test
