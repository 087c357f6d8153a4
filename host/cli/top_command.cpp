// `weir top`: the nodes of what runs, with the rates of the last moment.
#include <algorithm>
#include <map>
#include <thread>

#include <fmt/format.h>

#include "host/cli/commands.hpp"
#include "host/cli/report.hpp"
#include "host/cli/running_hosts.hpp"
#include "host/cli/table.hpp"
#include "host/cli/terminal.hpp"
#include "host/engine/clock.hpp"
#include "host/exit_codes.hpp"

namespace weir::host {
namespace {

using Clock = std::chrono::steady_clock;

// What the hosts said of their topologies at one moment.
struct Sample {
    Clock::time_point time;
    std::map<std::string, Json> topologies;  // by name
};

Sample take_sample(const std::vector<Found>& topologies) {
    Sample out{Clock::now(), {}};
    for (const Found& one : topologies) {
        const std::string name = one.summary.value("name", "");
        auto answer = ask_host(one.socket, {"GET", topology_path(name), {}, ""}, kQuickly);
        Json details = answer && answer->status == 200 ? Json::parse(answer->body, nullptr, false) : Json();
        if (details.is_object()) out.topologies.emplace(name, std::move(details));
    }
    return out;
}

// The node of that name as it was before; null: it was not there.
Json node_before(const Sample& before, const std::string& topology, const std::string& node) {
    const auto found = before.topologies.find(topology);
    if (found == before.topologies.end()) return nullptr;
    for (const Json& one : found->second.value("nodes", Json::array()))
        if (one.value("node", "") == node) return one;
    return nullptr;
}

// How much of a count was added since, a second. A count that began anew has no rate.
double rate(const Json& now, const Json& then, const char* name, double seconds) {
    if (!then.is_object() || seconds <= 0) return 0;
    return std::max(0.0, (now.value(name, 0.0) - then.value(name, 0.0)) / seconds);
}

std::string rate_text(double rate) { return rate < 10 && rate > 0 ? fmt::format("{:.1f}", rate) : grouped(static_cast<int64_t>(rate + 0.5)); }

std::string share_text(double share) { return fmt::format("{:.0f} %", std::clamp(share, 0.0, 1.0) * 100); }

std::string queue_text(const Json& node) {
    const auto room = node.value("queue_room", int64_t{0});
    return room == 0 ? "" : share_text(static_cast<double>(node.value("queued", int64_t{0})) / static_cast<double>(room));
}

std::string behind_text(const Json& node) {
    std::string out = lag_text(node, system_now());
    const Json metrics = node.value("metrics", Json::object());
    if (metrics.contains("lag")) out += fmt::format("{}{} records", out.empty() ? "" : ", ", grouped(metrics["lag"].get<int64_t>()));
    return out;
}

std::string text_of(const Sample& before, const Sample& now) {
    std::string out;
    const double seconds = std::chrono::duration<double>(now.time - before.time).count();
    for (const auto& [name, details] : now.topologies) {
        const double workers = details.value("workers", 1.0);
        out += fmt::format("{}{}: {}, {} records, {} epochs, {} restarts\n", out.empty() ? "" : "\n", name, details.value("state", ""),
                           grouped(details.value("records", int64_t{0})), grouped(details.value("epochs", int64_t{0})),
                           grouped(details.value("restarts", int64_t{0})));
        Table table({"NODE", "OPERATOR", "IN/S", "OUT/S", "BUSY", "HELD UP", "QUEUE", "BEHIND", "ERRORS/S", "ERRORS", "LATE"});
        for (size_t column = 2; column <= 10; ++column) table.align_right(column);
        for (const Json& node : details.value("nodes", Json::array())) {
            const Json then = node_before(before, name, node.value("node", ""));
            const auto per_second = [&](const char* count) { return rate(node, then, count, seconds); };
            table.add({node.value("node", ""), node.value("operator", ""), rate_text(per_second("rows_in")), rate_text(per_second("rows_out")),
                       share_text(per_second("busy_s") / workers), share_text(per_second("backpressured_s") / workers), queue_text(node),
                       behind_text(node), rate_text(per_second("errors")), grouped(node.value("errors", int64_t{0})),
                       grouped(node.value("late", int64_t{0}))});
        }
        out += table.text();
    }
    return out;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> out;
    for (size_t begin = 0; begin < text.size();) {
        const size_t end = std::min(text.find('\n', begin), text.size());
        out.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return out;
}

// Those that are asked about; empty: what is wrong has been said.
std::vector<Found> chosen(const TopArguments& arguments, Terminal& terminal) {
    const auto hosts = RunningHosts::find(arguments.data_dir, terminal);
    if (!hosts) return {};
    const Found* named = arguments.topology.empty() ? nullptr : hosts->named(arguments.topology);
    if (hosts->all().empty() || (!arguments.topology.empty() && !named)) {
        terminal.message("weir: " + hosts->not_found(arguments.topology));
        return {};
    }
    return named ? std::vector<Found>{*named} : hosts->all();
}

}  // namespace

int top_command(const TopArguments& arguments, Terminal& terminal) {
    const std::vector<Found> topologies = chosen(arguments, terminal);
    if (topologies.empty()) return kExitUnreachable;
    const bool is_live = terminal.is_live() && !arguments.times;
    Sample before = take_sample(topologies);
    for (int64_t n = 0; !arguments.times || n < *arguments.times; ++n) {
        std::this_thread::sleep_until(before.time + arguments.interval);
        Sample now = take_sample(topologies);
        if (now.topologies.empty()) {
            terminal.set_live({});
            terminal.message("weir top: what ran has ended");
            return kExitOk;
        }
        const std::string text = text_of(before, now);
        if (is_live) terminal.set_live(lines_of(text));
        else terminal.print(n == 0 ? text : "\n" + text);
        if (terminal.has_output_failed()) return kExitFailed;
        before = std::move(now);
    }
    return kExitOk;
}

}  // namespace weir::host
