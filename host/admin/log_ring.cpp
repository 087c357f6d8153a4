#include "host/admin/log_ring.hpp"

#include <utility>

#include <weir/abi.h>

#include "host/engine/clock.hpp"
#include "host/text/secrets.hpp"

namespace weir::host {

LogRing& LogRing::of_process() {
    static LogRing ring;
    return ring;
}

void LogRing::add(LoggedLine line) {
    line.text = Secrets::of_process().hide(std::move(line.text));
    if (line.text.size() > kMostBytes) {
        size_t end = kMostBytes;
        while (end > 0 && (static_cast<unsigned char>(line.text[end]) & 0xc0) == 0x80) --end;  // no half characters
        line.text.resize(end);
        line.text += "…";
    }
    line.time = system_now();
    {
        const std::lock_guard lock(mutex_);
        line.number = ++last_;
        lines_.push_back(std::move(line));
        if (lines_.size() > kMost) lines_.pop_front();
    }
    came_.notify_all();
}

std::vector<LoggedLine> LogRing::behind(uint64_t since) const {
    const std::lock_guard lock(mutex_);
    std::vector<LoggedLine> out;
    for (const LoggedLine& line : lines_)
        if (line.number > since) out.push_back(line);
    return out;
}

void LogRing::wait(uint64_t since, std::chrono::milliseconds patience) const {
    std::unique_lock lock(mutex_);
    came_.wait_for(lock, patience, [&] { return last_ > since; });
}

const char* log_level_text(uint32_t level) {
    switch (level) {
        case WEIR_LOG_DEBUG: return "debug";
        case WEIR_LOG_INFO: return "info";
        case WEIR_LOG_WARNING: return "warning";
        default: return "error";
    }
}

}  // namespace weir::host
