// Everything the user sees goes through here: rows and tables to standard output, messages to standard error,
// and on a terminal a few live lines below them, which are taken away while something else is written and drawn
// again behind it. No line is ever torn by another.
//
// Messages do not wait for a reader of standard output who has stopped reading, unless both are one.
//
// Threads: any.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace weir::host {

class Terminal {
public:
    // Looks at the process's descriptors and its environment (TERM, NO_COLOR).
    Terminal();
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    // Whether there are live lines. Not with NO_COLOR, TERM=dumb or without a terminal: there plain lines are
    // to be written instead.
    bool is_live() const { return is_live_; }

    // Whole lines to standard output; a missing last newline is added.
    void print(std::string_view text);
    // Whole lines to standard error; likewise, without the secrets of topologies.
    void message(std::string_view text);
    // What the live lines say from now on, each wrapped to the width of the terminal; empty: none. Nothing if not live.
    void set_live(std::vector<std::string> lines);

    // Called once, when nobody reads standard output any more (`weir … | head`): what is printed from then on is
    // dropped. Set before other threads print, as the next one.
    void on_output_closed(std::function<void()> callback) { on_output_closed_ = std::move(callback); }
    // Called once, when standard output cannot be written to for another reason (a full disk), which a message has
    // said by then. Nothing is printed from then on; print returns on no thread before the callback has.
    void on_output_failed(std::function<void()> callback) { on_output_failed_ = std::move(callback); }
    // Whether that has happened.
    bool has_output_failed();

private:
    enum class Output { kOpen, kClosed, kFailed };

    // Both: 0, or the errno of what went wrong.
    int write_beside_live(int fd, std::string_view text);
    static int write_lines(int fd, std::string_view text);
    void erase_live();
    void draw_live();

    const bool is_live_;
    const bool is_shared_;  // standard output is a terminal, or the same as standard error
    std::mutex mutex_;      // of standard error and the live lines
    std::vector<std::string> live_;
    std::size_t drawn_ = 0;    // lines
    std::mutex output_mutex_;  // of standard output; before mutex_ where both are taken
    Output output_ = Output::kOpen;
    std::function<void()> on_output_closed_, on_output_failed_;
};

// `text` on as many lines as it takes, broken where two blanks separate its parts; what is too long by itself is cut.
std::vector<std::string> wrap_columns(std::string_view text, std::size_t columns);

// `text` cut to so many columns; an ellipsis stands for what is left out.
std::string cut_columns(std::string_view text, std::size_t columns);

}  // namespace weir::host
