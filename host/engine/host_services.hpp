// The process's side of weir_host: memory, log and terminal for plugins and for the host's own SDK code.
//
// One of them a process. Threads: any, also concurrently.
#pragma once

#include <functional>
#include <string_view>

#include <weir/abi.h>

namespace weir::host {

class HostServices {
public:
    using Print = std::function<void(std::string_view)>;
    using Log = std::function<void(uint32_t level, std::string_view text)>;
    // A line, and who says it where that is known.
    struct LogLine {
        uint32_t level;
        std::string_view topology, node;  // or empty
        std::string_view text;            // without the node
    };
    using LogObserver = std::function<void(const LogLine& line)>;

    // Makes weir/memory.hpp usable in the host itself, too.
    static HostServices& get();

    const weir_host& abi() const { return abi_; }

    // Where whole lines for the user, and log lines, go. Standard output and standard error until set. Set them
    // before any plugin runs: not synchronized with use.
    void set_print(Print print) { print_ = std::move(print); }
    void set_log(Log log) { log_ = std::move(log); }
    // Is told of every line, too.
    void set_log_observer(LogObserver observer) { observer_ = std::move(observer); }

    void print(std::string_view text) const { print_(text); }
    void log(uint32_t level, std::string_view text) const {
        if (observer_) observer_({level, {}, {}, text});
        log_(level, text);
    }
    void log(const LogLine& line) const;

private:
    HostServices();

    weir_host abi_{};
    Print print_;
    Log log_;
    LogObserver observer_;
};

}  // namespace weir::host
