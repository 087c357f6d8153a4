#include "host/cli/terminal.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "host/text/secrets.hpp"
#include "host/topology/source_file.hpp"

namespace weir::host {
namespace {

constexpr std::size_t kDefaultColumns = 80;
constexpr std::string_view kLineUp = "\033[A";
constexpr std::string_view kEraseBelow = "\033[J";

bool is_set(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0';
}

bool can_redraw() {
    const char* term = std::getenv("TERM");
    return isatty(STDERR_FILENO) != 0 && !is_set("NO_COLOR") && term != nullptr && std::string_view(term) != "dumb";
}

std::size_t terminal_columns() {
    winsize size{};
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kDefaultColumns;
    return size.ws_col;
}

// 0, or the errno of what went wrong.
int write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = write(fd, text.data(), text.size());
        if (written >= 0) {
            text.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            pollfd room{fd, POLLOUT, 0};
            poll(&room, 1, -1);
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

// Whether both end in one terminal, file or pipe: what is written to one could tear a line of the other.
bool are_one(int a, int b) {
    struct stat about_a {}, about_b {};
    return fstat(a, &about_a) == 0 && fstat(b, &about_b) == 0 && about_a.st_dev == about_b.st_dev &&
           about_a.st_ino == about_b.st_ino;
}

}  // namespace

Terminal::Terminal()
    : is_live_(can_redraw()),
      is_shared_(isatty(STDOUT_FILENO) != 0 || are_one(STDOUT_FILENO, STDERR_FILENO)) {}

void Terminal::print(std::string_view text) {
    if (text.empty()) return;
    std::lock_guard output_lock(output_mutex_);
    if (output_ != Output::kOpen) return;
    const int error = is_shared_ ? write_beside_live(STDOUT_FILENO, text) : write_lines(STDOUT_FILENO, text);
    if (error == 0) return;
    // With the lock: nobody believes that something was printed before the process knows that it was not.
    output_ = error == EPIPE ? Output::kClosed : Output::kFailed;
    if (output_ == Output::kFailed)
        message(fmt::format("weir: cannot write to standard output: {}", std::strerror(error)));
    const auto& callback = output_ == Output::kClosed ? on_output_closed_ : on_output_failed_;
    if (callback) callback();
}

void Terminal::message(std::string_view text) {
    // There is no place to complain of an error here.
    if (!text.empty()) write_beside_live(STDERR_FILENO, Secrets::of_process().hide(std::string(text)));
}

bool Terminal::has_output_failed() {
    std::lock_guard lock(output_mutex_);
    return output_ == Output::kFailed;
}

int Terminal::write_beside_live(int fd, std::string_view text) {
    std::lock_guard lock(mutex_);
    erase_live();
    const int error = write_lines(fd, text);
    draw_live();
    return error;
}

int Terminal::write_lines(int fd, std::string_view text) {
    const int error = write_all(fd, text);
    return error == 0 && !text.ends_with('\n') ? write_all(fd, "\n") : error;
}

void Terminal::set_live(std::vector<std::string> lines) {
    if (!is_live_) return;
    std::lock_guard lock(mutex_);
    erase_live();
    live_ = std::move(lines);
    draw_live();
}

// The cursor stands at the end of the last line.
void Terminal::erase_live() {
    if (drawn_ == 0) return;
    std::string codes = "\r";
    for (std::size_t i = 1; i < drawn_; ++i) codes += kLineUp;
    write_all(STDERR_FILENO, codes + std::string(kEraseBelow));
    drawn_ = 0;
}

void Terminal::draw_live() {
    if (live_.empty()) return;
    // The last column stays free: a terminal that wraps there would scroll.
    const std::size_t columns = terminal_columns() - 1;
    std::string text;
    for (const std::string& line : live_) {
        for (const std::string& piece : wrap_columns(line, columns)) {
            text += (drawn_ == 0 ? "" : "\n") + piece;
            ++drawn_;
        }
    }
    write_all(STDERR_FILENO, text);
}

std::vector<std::string> wrap_columns(std::string_view text, std::size_t columns) {
    constexpr std::string_view kGap = "  ", kIndent = "          ";
    std::vector<std::string> lines;
    std::string line;
    while (!text.empty()) {
        // A part with the blanks before it.
        const std::size_t begin = std::min(text.find_first_not_of(' '), text.size());
        const std::size_t end = std::min(text.find(kGap, begin), text.size());
        const std::string_view part = text.substr(0, end);
        const bool fits = static_cast<std::size_t>(count_columns(line) + count_columns(part)) <= columns;
        if (line.empty() || fits) {
            line += part;
        } else {
            lines.push_back(cut_columns(line, columns));
            line = std::string(kIndent).append(text.substr(begin, end - begin));
        }
        text.remove_prefix(end);
    }
    lines.push_back(cut_columns(line, columns));
    return lines;
}

std::string cut_columns(std::string_view text, std::size_t columns) {
    if (static_cast<std::size_t>(count_columns(text)) <= columns) return std::string(text);
    std::size_t end = 0;
    for (std::size_t column = 0; end < text.size(); ++end) {
        const bool is_first_byte = (static_cast<unsigned char>(text[end]) & 0xC0) != 0x80;
        if (is_first_byte && ++column >= columns) break;
    }
    return std::string(text.substr(0, end)) + "…";
}

}  // namespace weir::host
