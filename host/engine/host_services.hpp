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

    // Makes weir/memory.hpp usable in the host itself, too.
    static HostServices& get();

    const weir_host& abi() const { return abi_; }

    // Where whole lines for the user, and log lines, go. Standard output and standard error until set. Set them
    // before any plugin runs: not synchronized with use.
    void set_print(Print print) { print_ = std::move(print); }
    void set_log(Log log) { log_ = std::move(log); }

    void print(std::string_view text) const { print_(text); }
    void log(uint32_t level, std::string_view text) const { log_(level, text); }

private:
    HostServices();

    weir_host abi_{};
    Print print_;
    Log log_;
};

}  // namespace weir::host
