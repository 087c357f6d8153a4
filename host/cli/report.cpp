#include "host/cli/report.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include <weir/row_json.hpp>

#include "host/text/spans.hpp"
#include "host/topology/ports.hpp"

namespace weir::host {
namespace {

constexpr auto kRateWindow = std::chrono::seconds(1);

size_t count_kind(const RunStats& stats, std::string_view kind) {
    return static_cast<size_t>(
        std::count_if(stats.nodes.begin(), stats.nodes.end(),
                      [&](const NodeStats& n) { return n.kind == kind && !n.is_clauses; }));
}

// A metric stands under its own name where only one operator can have it.
void add_metrics(const NodeStats& node, bool is_only, std::vector<Count>& counts) {
    for (const auto& metric : node.metrics)
        counts.push_back({is_only ? metric.name : node.id + " " + metric.name, metric.value, false});
}

// The node and the one that does its clauses, as one: from where it reads other nodes.
std::string inputs_text(const Topology& topology, const NodeSpec& node) {
    std::vector<std::string> names;
    for (const Edge& edge : topology.edges) {
        const NodeSpec& from = topology.nodes[static_cast<size_t>(edge.from_node)];
        const NodeSpec& to = topology.nodes[static_cast<size_t>(edge.to_node)];
        if (to.name() != node.id || from.name() == node.id) continue;
        std::string name = from.name() + (edge.from_port == default_output(*from.op) ? "" : "." + edge.from_port);
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));  // once, of all its parts
    }
    return names.empty() ? "" : fmt::format("<- {}", fmt::join(names, ", "));
}

// Where event time comes by. A sink has what its inputs have.
bool is_shown(const NodeStats& node) { return node.time && node.kind != "sink"; }

// "2024-05-23T12:34:56Z, held back by split `3`"
std::string watermark_text(const NodeStats::Time& time) {
    std::string out = time.watermark ? format_timestamp(*time.watermark) : "none yet";
    if (!time.held_by.empty()) out += fmt::format(", held back by {}`{}`", time.is_split ? "split " : "", time.held_by);
    return out;
}

std::string watermarks_text(const RunStats& stats) {
    size_t width = 0;
    for (const NodeStats& node : stats.nodes)
        if (is_shown(node)) width = std::max(width, node.id.size());
    std::string out;
    for (const NodeStats& node : stats.nodes)
        if (is_shown(node)) out += fmt::format("  watermark of {:<{}}  {}\n", node.id, width, watermark_text(*node.time));
    return out;
}

}  // namespace

std::string lag_text(const RunStats& stats, int64_t now) {
    const NodeStats* slowest = nullptr;
    for (const NodeStats& node : stats.nodes)
        if (is_shown(node) && !node.time->is_idle && (!slowest || node.time->watermark < slowest->time->watermark)) slowest = &node;
    if (!slowest) return "";
    const NodeStats::Time& time = *slowest->time;
    std::string out = fmt::format("watermark of {} ", slowest->id);
    if (!time.watermark) out += "none yet";
    else out += behind_text(*time.watermark, now) + (is_far_behind(*time.watermark, now) ? "" : " behind");
    if (!time.held_by.empty()) out += fmt::format(", held back by {}`{}`", time.is_split ? "split " : "", time.held_by);
    return out;
}

std::string lag_text(const Json& node, int64_t now) {
    constexpr int64_t kSecond = 1'000'000;
    if (!node.contains("watermark_lag_s")) return "";
    const double lag = node["watermark_lag_s"].get<double>() * kSecond;
    if (std::abs(lag) > static_cast<double>(INT64_MAX / 2)) return behind_text(INT64_MIN + 1, now);
    const int64_t watermark = now - std::llround(lag);
    // The clock has gone on since it was told: a moment that is far away is so to the second.
    return behind_text(is_far_behind(watermark, now) ? watermark / kSecond * kSecond : watermark, now);
}

std::vector<Count> counts_of(const RunStats& stats) {
    std::vector<Count> counts;
    const bool one_source = count_kind(stats, "source") == 1;
    const size_t operators = count_kind(stats, "operator");
    int64_t unread = 0, failed = 0;
    bool has_dead_letters = false;
    for (const NodeStats& node : stats.nodes) {
        unread += node.unwired;
        failed += node.errors;
        if (node.kind == "source")
            counts.push_back({one_source ? "read" : "read " + node.id, node.rows_out + node.errors, true});
        if (node.is_clauses) {
            add_metrics(node, operators == 1, counts);
        } else if (node.kind == "operator") {
            counts.push_back({node.id, node.rows_out, true});
            add_metrics(node, operators == 1, counts);
        }
        if (node.id == kDeadLettersNode) has_dead_letters = true;
        else if (node.kind == "sink" && operators == 0) counts.push_back({node.id, node.rows_in, true});
    }
    for (const NodeStats& node : stats.nodes)
        if (node.id == kDeadLettersNode) counts.push_back({"dead-lettered", node.rows_in, false});
    if (!has_dead_letters && failed > 0) counts.push_back({"refused rows", failed, false});
    if (unread > 0) counts.push_back({"rows to ports that nobody reads", unread, false});
    return counts;
}

RateMeter::Sample RateMeter::take(const std::vector<Count>& counts, Clock::time_point now) {
    Sample sample{now, {}, {}};
    for (const Count& count : counts) {
        sample.values.push_back(count.value);
        if (count.is_flow) sample.flows.push_back(count.label);
    }
    return sample;
}

void RateMeter::start(const std::vector<Count>& counts, Clock::time_point now) { samples_ = {take(counts, now)}; }

std::string RateMeter::line(const std::vector<Count>& counts, Clock::time_point now) {
    // Lines that are there only when they say something (refused rows) come last and have no rate.
    while (samples_.size() > 1 && now - samples_[1].time >= kRateWindow) samples_.pop_front();
    Sample last = take(counts, now);
    if (!samples_.empty() && samples_.back().flows != last.flows) samples_.clear();
    if (samples_.empty()) samples_.push_back(last);
    samples_.push_back(std::move(last));

    const Sample& first = samples_.front();
    const double seconds = std::chrono::duration<double>(now - first.time).count();
    std::string out;
    for (size_t i = 0; i < counts.size(); ++i) {
        if (!out.empty()) out += "  ";
        if (!counts[i].is_flow) {
            out += fmt::format("{} {}", counts[i].label, grouped(counts[i].value));
            continue;
        }
        const double rate = seconds > 0 ? static_cast<double>(counts[i].value - first.values[i]) / seconds : 0;
        out += fmt::format("{} {}/s", counts[i].label, grouped(std::llround(rate)));
    }
    return out;
}

std::string graph_text(const Topology& topology, const std::string& path) {
    size_t id_width = 0, op_width = 0;
    for (const NodeSpec& node : topology.nodes) {
        if (!node.of.empty()) continue;
        id_width = std::max(id_width, node.id.size());
        op_width = std::max(op_width, node.op->name.size());
    }
    std::string out = fmt::format("{} ({})\n", topology.name, path);
    for (const NodeSpec& node : topology.nodes) {
        if (!node.of.empty()) continue;
        std::string line =
            fmt::format("  {:<{}}  {:<{}}  {}", node.id, id_width, node.op->name, op_width, inputs_text(topology, node));
        line.erase(line.find_last_not_of(' ') + 1);
        out += line + "\n";
    }
    return out;
}

std::string state_notice(const Topology& topology) {
    std::string names;
    for (const NodeSpec& node : topology.nodes)
        if (node.op->state_kinds != 0 && node.op->is_a(OperatorKind::kOperator))
            names += fmt::format("{}`{}`", names.empty() ? "" : ", ", node.id);
    if (names.empty()) return "";
    return fmt::format("note: {}: the state of {} is kept in memory only: what waits there does not survive a "
                       "restart\n",
                       topology.name, names);
}

std::string summary_text(const Topology& topology, const RunStats& stats, const std::string& outcome) {
    const auto counts = counts_of(stats);
    const double seconds = std::chrono::duration<double>(stats.wall).count();
    size_t label_width = 0, value_width = 0;
    for (const Count& count : counts) {
        label_width = std::max(label_width, count.label.size());
        value_width = std::max(value_width, grouped(count.value).size());
    }
    std::string out = fmt::format("{}: {}", topology.name, outcome);
    if (seconds > 0) out += fmt::format(" after {:.1f} s", seconds);
    out += fmt::format(", {} {}\n", grouped(static_cast<int64_t>(stats.epochs)),
                       stats.epochs == 1 ? "epoch" : "epochs");
    if (stats.restarts > 0) {
        out.pop_back();
        out += fmt::format(", {} {}\n", stats.restarts, stats.restarts == 1 ? "restart" : "restarts");
    }
    for (const Count& count : counts) {
        out += fmt::format("  {:<{}}  {:>{}}", count.label, label_width, grouped(count.value), value_width);
        if (count.is_flow && seconds > 0)
            out += fmt::format("  {:>9}/s", grouped(std::llround(static_cast<double>(count.value) / seconds)));
        out += "\n";
    }
    return out + watermarks_text(stats);
}

Json stats_json(const RunStats& stats, int64_t peak_rss_bytes, int64_t now) {
    const double seconds = std::chrono::duration<double>(stats.wall).count();
    const auto records = static_cast<double>(stats.records);
    Json out;
    out["records"] = stats.records;
    out["cpu_ns_per_record"] = stats.records > 0 ? static_cast<double>(stats.cpu.count()) / records : 0.0;
    out["records_per_s"] = seconds > 0 ? records / seconds : 0.0;
    out["peak_rss_bytes"] = peak_rss_bytes;
    out["restarts"] = stats.restarts;
    for (const NodeStats& node : stats.nodes) {
        if (!is_shown(node)) continue;
        Json one = {{"node", node.id}, {"idle", node.time->is_idle}};
        if (node.time->watermark) one["watermark"] = format_timestamp(*node.time->watermark);
        if (node.time->watermark) one["lag_s"] = static_cast<double>(now - *node.time->watermark) / 1e6;
        if (!node.time->held_by.empty()) one[node.time->is_split ? "held_by_split" : "held_by_node"] = node.time->held_by;
        out["watermarks"].push_back(std::move(one));
    }
    return out;
}

}  // namespace weir::host
