// What a session says: on the terminal, and in the log of whoever asks for it.
#include <algorithm>

#include <fmt/format.h>

#include <weir/abi.h>

#include "host/admin/log_ring.hpp"
#include "host/cli/session.hpp"
#include "host/cli/terminal.hpp"
#include "host/engine/clock.hpp"
#include "host/exit_codes.hpp"
#include "host/text/spans.hpp"

namespace weir::host {
namespace {

constexpr auto kRedraw = std::chrono::milliseconds(250);
constexpr auto kPlainLines = std::chrono::milliseconds(2000);

}  // namespace

// Without what a line of the log has anyway. Any thread.
void Session::log(uint32_t level, const std::string& topology, const std::string& text) {
    const std::string prefix = topology + ": ";
    const size_t begin = text.starts_with(prefix) ? prefix.size() : 0;
    LogRing::of_process().add({0, 0, level, topology, "", text.substr(begin, text.find_last_not_of('\n') + 1 - begin)});
}

// Any thread.
void Session::tell(uint32_t level, const std::string& topology, const std::string& text) {
    log(level, topology, text);
    if (!options_.is_quiet || level >= WEIR_LOG_WARNING) terminal_.message(text);
}

void Session::introduce() {
    if (options_.is_quiet) return;
    std::string text;
    const auto members = all();
    for (const Member& member : members) text += graph_text(*member->run().topology(), member->file().string());
    for (const Member& member : members)
        if (!member->is_durable()) text += state_notice(*member->run().topology());
    terminal_.message(text);
}

// On the supervisor's thread.
void Session::tell_restart(const Hosted& member, const RestartNotice& notice) {
    const std::string of = notice.attempts ? fmt::format(" of {}", *notice.attempts) : "";
    tell(WEIR_LOG_WARNING, member.name(), fmt::format("warning[retryable]: topology `{}`: {}; restart {}{} in {}", member.name(),
                                                      notice.failure, notice.attempt, of, span_text(notice.delay)));
    wakeup_.notify();
}

void Session::tell_failure(Hosted& member) {
    tell(WEIR_LOG_ERROR, member.name(), member.why());
    if (!member.ends_host) return;
    if (exit_code_ == kExitOk) exit_code_ = member.exit_code();
    const auto members = all();
    const bool others_run = std::any_of(members.begin(), members.end(), [](const Member& m) { return !m->is_over; });
    if (!others_run || stopping_ == StopMode::kCheckpoint) return;
    if (!options_.is_quiet) terminal_.message("stopping the other topologies");
    stop_all(StopMode::kCheckpoint);
}

std::chrono::milliseconds Session::line_interval() const { return terminal_.is_live() ? kRedraw : kPlainLines; }

void Session::show_rates() {
    if (options_.is_quiet) return;
    const auto now = std::chrono::steady_clock::now();
    if (now < next_line_) return;
    next_line_ = now + line_interval();
    const auto members = all();
    size_t width = 0;
    for (const Member& member : members) width = std::max(width, member->name().size());
    std::vector<std::string> lines;
    for (const Member& member : members) {
        if (member->is_over || member->state() != Hosted::State::kRuns) continue;
        lines.push_back(fmt::format("{:6.1f} s  {:<{}}  {}", std::chrono::duration<double>(now - started_).count(),
                                    member->name(), width, line_of(*member, now)));
    }
    if (terminal_.is_live()) return terminal_.set_live(std::move(lines));
    for (const std::string& line : lines) terminal_.message(line);
}

std::string Session::line_of(Hosted& member, std::chrono::steady_clock::time_point now) {
    const auto waiting = member.run().waiting();
    if (!waiting) {
        const RunStats stats = member.run().stats();
        const std::string lag = lag_text(stats, system_now());
        return member.meter.line(counts_of(stats), now) + (lag.empty() ? "" : "  " + lag);
    }
    const auto left = std::chrono::duration_cast<std::chrono::microseconds>(std::max(waiting->due, now) - now);
    return fmt::format("restart {} in {}: {}", waiting->attempt, span_text(left), waiting->failure);
}

void Session::summarize() {
    if (options_.is_quiet) return;
    for (const Member& member : all())
        if (!member->summary.empty()) terminal_.message(member->summary);
}

}  // namespace weir::host
