#include "host/engine/trial.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include <weir/row_json.hpp>

#include "host/engine/connections.hpp"
#include "host/engine/plan.hpp"
#include "host/engine/run_stats.hpp"
#include "host/topology/scalar.hpp"

namespace weir::host {
namespace {

// Where most rows failed, and why: "`pairs`: out-of-range, null".
std::string worst_text(const std::vector<NodeStats>& nodes) {
    const auto worst = std::max_element(nodes.begin(), nodes.end(), [](const NodeStats& a, const NodeStats& b) { return a.errors < b.errors; });
    std::string out = fmt::format("`{}`: ", worst->id);
    for (size_t i = 0; i < worst->error_codes.size(); ++i) out += (i ? ", " : "") + worst->error_codes[i].first;
    return out;
}

std::vector<bool> upstream_of(const Topology& topology, size_t node) {
    std::vector<bool> out(topology.nodes.size());
    out[node] = true;
    for (size_t i = topology.nodes.size(); i-- > 0;)  // each node stands behind those that it reads
        for (const Edge& edge : topology.edges)
            if (edge.to_node == static_cast<int>(i) && out[i]) out[static_cast<size_t>(edge.from_node)] = true;
    return out;
}

const NodeTime* find_time(const RunProgress& progress, size_t node) {
    const auto found = std::find_if(progress.times.begin(), progress.times.end(), [&](const NodeTime& one) { return one.node == node; });
    return found == progress.times.end() ? nullptr : &*found;
}

}  // namespace

// Of a node with event time: the latest that its rows had, before the trial and at its end.
struct Trial::Clock {
    size_t node = 0;
    std::optional<int64_t> before, now;
    bool was_there = false;  // the graph before had its source
    bool becomes_idle = false;
    bool has_moved() const { return now && (!before || *now > *before); }
};

std::string Trial::judge(int64_t records, int64_t foreseen, const RunProgress& now) const {
    if (records < kMinRecords) return "";
    const std::vector<NodeStats> nodes = node_stats(plan_);
    if (std::string why = judge_errors(nodes, records, foreseen); !why.empty()) return why;
    if (!terms_.judges_time) return "";
    const std::vector<Clock> clocks = clocks_at(now);
    for (const NodeTime& one : now.times) {
        if (nodes[one.node].rows_in == 0) continue;
        if (std::string why = judge_node(one, clocks); !why.empty()) return why;
    }
    return "";
}

std::string Trial::judge_errors(const std::vector<NodeStats>& nodes, int64_t records, int64_t foreseen) const {
    int64_t failed = -foreseen;
    for (const NodeStats& node : nodes) failed += node.errors;
    const double share = static_cast<double>(failed) / static_cast<double>(records);
    const double bound = terms_.max_errors.value_or(terms_.errors_before + TrialSpec::kMoreErrors);
    if (failed <= 0 || share <= bound) return "";
    const std::string allowed = terms_.max_errors
                                    ? fmt::format("`max_errors: {:g}%` of `trial:` allows", 100 * *terms_.max_errors)
                                    : fmt::format("{:.1f}%, which is ten percent above what failed before; `trial: {{ max_errors: … }}` sets another bound", 100 * bound);
    return fmt::format("in its trial {:.1f}% of {} records failed, more than {}. Most of them at {}", 100 * share, records, allowed, worst_text(nodes));
}

std::vector<Trial::Clock> Trial::clocks_at(const RunProgress& now) const {
    const Topology& topology = plan_.topology();
    std::vector<Clock> out;
    for (size_t i = 0; i < topology.nodes.size(); ++i) {
        const NodeSpec& spec = topology.nodes[i];
        if (!spec.event_time) continue;
        Clock clock{i, {}, {}, false, spec.event_time->idle_after.has_value()};
        const auto look = [&](const RunProgress& at, std::optional<int64_t>& latest) {
            bool is_there = false;
            for (const SplitPosition& one : at.positions) {
                if (topology.nodes[one.node].name() != spec.name()) continue;
                is_there = true;
                if (one.time) latest = std::max(latest.value_or(*one.time), *one.time);
            }
            const NodeTime* time = find_time(at, i);
            if (time && time->greatest) latest = std::max(latest.value_or(*time->greatest), *time->greatest);
            return is_there || time;
        };
        clock.was_there = look(before_, clock.before);
        look(now, clock.now);
        out.push_back(clock);
    }
    return out;
}

// It may stand where it stood because time does: only where times come that would have to move it, something is wrong.
std::string Trial::judge_node(const NodeTime& now, const std::vector<Clock>& clocks) const {
    const Topology& topology = plan_.topology();
    const size_t node = now.node;
    const NodeTime* before = find_time(before_, node);
    const int64_t* const stood = before && before->watermark ? &*before->watermark : nullptr;
    if (now.watermark && (!stood || *now.watermark > *stood)) return "";
    const std::vector<bool> upstream = upstream_of(topology, node);
    const bool others_move = std::any_of(clocks.begin(), clocks.end(), [&](const Clock& one) { return upstream[one.node] && one.has_moved(); });
    const std::string& name = topology.nodes[node].name();
    for (const Clock& clock : clocks) {
        if (!upstream[clock.node] || clock.node == node) continue;
        const NodeSpec& source = topology.nodes[clock.node];
        if (stood && clock.has_moved() && *clock.now < *stood)
            return fmt::format("in its trial the watermark of `{}` stood still at {}, since no row of `{}` is later than {} by `{}`: all are late. Is that the "
                               "column that says when a row was, in the right unit? Older rows are read by a topology that begins with the new file",
                               name, format_timestamp(*stood), source.name(), format_timestamp(*clock.now), source.event_time->column);
        if (!clock.now && !clock.was_there && !clock.becomes_idle && others_move)
            return fmt::format("in its trial the watermark of `{}` stood still{}, since `{}` is new and gave no row, and all wait for it. Let it be waited for "
                               "less: `event_time: {{ column: {}, idle_after: 30s }}`",
                               name, stood ? " at " + format_timestamp(*stood) : "", source.name(), source.event_time->column);
    }
    return "";
}

std::string too_long(const Plan& plan, std::chrono::microseconds trial) {
    const ConnectionInstance* decider = plan.decider();
    const auto bound = decider ? decider->transaction_bound() : std::nullopt;
    if (!bound || trial <= bound->time - Trial::kPatience) return "";
    return fmt::format("a trial of {} is longer than a transaction of connection `{}` may be open, {} ({}): expected {} at most, so that its first record may "
                       "take its time, or more there",
                       duration_text(trial.count()), decider->name(), duration_text(bound->time.count()), bound->name,
                       duration_text(std::max<int64_t>(0, (bound->time - Trial::kPatience).count())));
}

}  // namespace weir::host
