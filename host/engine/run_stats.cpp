#include "host/engine/run_stats.hpp"

#include <algorithm>

#include "host/engine/item.hpp"
#include "host/engine/plan.hpp"

namespace weir::host {
namespace {

const char* kind_name(uint32_t kind) {
    return kind == WEIR_KIND_SOURCE ? "source" : kind == WEIR_KIND_SINK ? "sink" : "operator";
}

int64_t value_of(const std::atomic<int64_t>& counter) { return counter.load(std::memory_order_relaxed); }

void add_code(const std::string& code, int64_t rows, NodeStats& out) {
    const auto same = std::find_if(out.error_codes.begin(), out.error_codes.end(), [&](const auto& one) { return one.first == code; });
    if (same == out.error_codes.end()) out.error_codes.emplace_back(code, rows);
    else same->second += rows;
}

// What waits, what is done, and what holds it up.
void add_flow(const NodeCounters& counters, NodeStats& out) {
    out.batches_in += value_of(counters.batches_in);
    out.bytes_in += value_of(counters.bytes_in);
    out.bytes_out += value_of(counters.bytes_out);
    out.late += value_of(counters.late);
    out.combined += value_of(counters.combined);
    out.busy += std::chrono::nanoseconds(value_of(counters.busy_ns));
    const int64_t since = value_of(counters.blocked_since);
    out.is_blocked = out.is_blocked || since != 0;
    out.blocked += std::chrono::nanoseconds(value_of(counters.blocked_ns) + (since ? std::max<int64_t>(0, coarse_now() - since) : 0));
    out.queued += value_of(counters.queued);
    out.state_bytes += value_of(counters.state_bytes);
    out.splits += value_of(counters.splits);
    out.is_assigned = out.is_assigned || counters.assigned.load(std::memory_order_relaxed);
    out.passed = std::min(out.passed, counters.passed.load(std::memory_order_relaxed));
    counters.codes.each([&](const std::string& code, int64_t rows) { add_code(code, rows, out); });
}

void add_counters(const Instance& instance, NodeStats& out) {
    const NodeCounters& counters = instance.counters();
    add_flow(counters, out);
    out.rows_in += counters.rows_in.load(std::memory_order_relaxed);
    out.rows_out += counters.rows_out.load(std::memory_order_relaxed);
    out.errors += counters.errors.load(std::memory_order_relaxed);
    out.unwired += counters.unwired.load(std::memory_order_relaxed);
    const auto& metrics = instance.metrics().all();
    for (size_t i = 0; i < metrics.size(); ++i) {
        if (i == out.metrics.size()) out.metrics.push_back({metrics[i].name, metrics[i].type, 0, metrics[i].doc});
        out.metrics[i].value += metrics[i].value.load(std::memory_order_relaxed);
    }
}

// A split, or the node that the watermark comes from; a node's own clauses are that node to users.
void name_holder(Plan& plan, size_t index, uint32_t worker, NodeStats::Time& out) {
    const std::string& own = plan.nodes()[index].instance().node().name();
    for (;;) {
        const PlannedNode& node = plan.nodes()[index];
        const TimeGauge& gauge = node.instance(worker).time();
        const uint64_t number = gauge.held_by();
        out.held_by = gauge.split_name(number);
        out.is_split = !out.held_by.empty();
        const auto& spec = node.instance(worker).node().event_time;
        if (out.is_split && spec && !spec->idle_after) out.silent_since = gauge.held_since();
        if (node.event_time || number >= node.inputs.size()) return;
        index = static_cast<size_t>(plan.topology().edges[static_cast<size_t>(node.inputs[number])].from_node);
        out.held_by = plan.topology().nodes[index].name();
        if (out.held_by != own) return;
    }
}

// The least of those that are not idle, or, where all are, the greatest. Who has said nothing yet holds the others back.
NodeStats::Time time_of(Plan& plan, size_t index) {
    const auto& instances = plan.nodes()[index].instances;
    NodeStats::Time out;
    out.is_idle = std::all_of(instances.begin(), instances.end(),
                              [](const auto& instance) { return instance->time().state() == TimeGauge::kIdle; });
    const Instance* chosen = nullptr;
    for (const auto& instance : instances) {
        if (!out.is_idle && instance->time().state() == TimeGauge::kIdle) continue;
        const int64_t mine = instance->time().watermark(), best = chosen ? chosen->time().watermark() : mine;
        if (!chosen || (out.is_idle ? mine > best : mine < best)) chosen = instance.get();
    }
    // What it was is read once more: meanwhile all may have become idle, or none.
    if (!chosen) return out;
    if (const int64_t watermark = chosen->time().watermark(); watermark != INT64_MIN) out.watermark = watermark;
    if (!out.is_idle) name_holder(plan, index, chosen->worker(), out);
    return out;
}

// Whether a node has any to do with event time: it declares it, reads one that has, or is a source that tells watermarks.
std::vector<bool> timed_nodes(Plan& plan) {
    const Topology& topology = plan.topology();
    std::vector<bool> out(plan.nodes().size());
    for (size_t i = 0; i < out.size(); ++i) {
        const PlannedNode& node = plan.nodes()[i];
        const auto tells = [](const auto& instance) { return instance->time().watermark() != INT64_MIN; };
        const auto has_some = [&](int edge) {
            const Edge& e = topology.edges[static_cast<size_t>(edge)];
            return e.from_port != kErrorsPort && out[static_cast<size_t>(e.from_node)];
        };
        out[i] = node.event_time || std::any_of(node.inputs.begin(), node.inputs.end(), has_some) ||
                 (node.instance().is_source() && std::any_of(node.instances.begin(), node.instances.end(), tells));
    }
    return out;
}

// Of the channels of an edge, over all workers.
int64_t queue_room(const Plan& plan, size_t edge) {
    const int64_t workers = plan.workers();
    const Routing routing = plan.edges()[edge].routing;
    const int64_t channels = routing == Routing::kForward ? workers : routing == Routing::kKeyed ? workers * workers : 2 * workers - 1;
    return channels * static_cast<int64_t>(kMaxQueuedBatches);
}

NodeStats stats_of(const PlannedNode& node) {
    NodeStats out;
    out.id = node.instance().node().name();
    out.is_clauses = !node.instance().node().of.empty();
    out.op = node.instance().node().op->name;
    out.module = node.instance().module();
    out.kind = kind_name(node.instance().descriptor().kind);
    out.passed = node.instances.empty() ? 0 : UINT64_MAX;
    for (const auto& instance : node.instances) add_counters(*instance, out);
    return out;
}

void add_clauses(const NodeStats& clauses, NodeStats& node) {
    if (node.kind != "source") {  // whose clauses are behind it
        node.rows_in = clauses.rows_in;
        node.batches_in = clauses.batches_in;
        node.bytes_in = clauses.bytes_in;
    }
    node.errors += clauses.errors;
    for (const auto& [code, rows] : clauses.error_codes) add_code(code, rows, node);
    node.busy += clauses.busy;
    node.blocked += clauses.blocked;
    node.is_blocked = node.is_blocked || clauses.is_blocked;
    node.queued += clauses.queued;
    node.queue_room += clauses.queue_room;
    node.passed = std::min(node.passed, clauses.passed);
    if (clauses.time && !node.time) node.time = clauses.time;
}

}  // namespace

std::vector<NodeStats> whole_nodes(const RunStats& stats) {
    std::vector<NodeStats> out;
    for (const NodeStats& node : stats.nodes)
        if (!node.is_clauses) out.push_back(node);
    for (const NodeStats& clauses : stats.nodes) {
        const auto owner = std::find_if(out.begin(), out.end(), [&](const NodeStats& node) { return node.id == clauses.id; });
        if (clauses.is_clauses && owner != out.end()) add_clauses(clauses, *owner);
    }
    return out;
}

std::vector<NodeStats> node_stats(Plan& plan) {
    const std::vector<bool> timed = timed_nodes(plan);
    std::vector<NodeStats> out;
    for (size_t i = 0; i < plan.nodes().size(); ++i) {
        const PlannedNode& node = plan.nodes()[i];
        out.push_back(stats_of(node));
        for (const int edge : node.inputs) out.back().queue_room += queue_room(plan, static_cast<size_t>(edge));
        if (timed[i] && (!out.back().is_clauses || node.event_time)) out.back().time = time_of(plan, i);
    }
    return out;
}

}  // namespace weir::host
