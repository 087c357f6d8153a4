#include "host/cli/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

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

// False if nobody reads on the other side.
bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = write(fd, text.data(), text.size());
        if (written >= 0) {
            text.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

}  // namespace

Terminal::Terminal() : is_live_(can_redraw()), output_is_terminal_(isatty(STDOUT_FILENO) != 0) {}

void Terminal::print(std::string_view text) { write_lines(STDOUT_FILENO, text); }

void Terminal::message(std::string_view text) { write_lines(STDERR_FILENO, text); }

void Terminal::write_lines(int fd, std::string_view text) {
    if (text.empty()) return;
    std::function<void()> closed;
    {
        std::lock_guard lock(mutex_);
        const bool is_output = fd == STDOUT_FILENO;
        if (is_output && output_closed_) return;
        const bool is_shared = !is_output || output_is_terminal_;
        if (is_shared) erase_live();
        bool good = write_all(fd, text);
        if (good && !text.ends_with('\n')) good = write_all(fd, "\n");
        if (is_shared) draw_live();
        if (is_output && !good) {
            output_closed_ = true;
            closed = on_output_closed_;
        }
    }
    if (closed) closed();
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
    for (const std::string& line : live_) text += (text.empty() ? "" : "\n") + cut_columns(line, columns);
    write_all(STDERR_FILENO, text);
    drawn_ = live_.size();
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
