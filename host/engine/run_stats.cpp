#include "host/engine/run_stats.hpp"

#include <algorithm>

#include "host/engine/plan.hpp"

namespace weir::host {
namespace {

const char* kind_name(uint32_t kind) {
    return kind == WEIR_KIND_SOURCE ? "source" : kind == WEIR_KIND_SINK ? "sink" : "operator";
}

void add_counters(const Instance& instance, NodeStats& out) {
    const NodeCounters& counters = instance.counters();
    out.rows_in += counters.rows_in.load(std::memory_order_relaxed);
    out.rows_out += counters.rows_out.load(std::memory_order_relaxed);
    out.errors += counters.errors.load(std::memory_order_relaxed);
    out.unwired += counters.unwired.load(std::memory_order_relaxed);
    const auto& metrics = instance.metrics().all();
    for (size_t i = 0; i < metrics.size(); ++i) {
        if (i == out.metrics.size()) out.metrics.push_back({metrics[i].name, metrics[i].type, 0});
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

NodeStats stats_of(const PlannedNode& node) {
    NodeStats out;
    out.id = node.instance().node().name();
    out.is_clauses = !node.instance().node().of.empty();
    out.op = node.instance().node().op->name;
    out.kind = kind_name(node.instance().descriptor().kind);
    for (const auto& instance : node.instances) add_counters(*instance, out);
    return out;
}

}  // namespace

std::vector<NodeStats> node_stats(Plan& plan) {
    const std::vector<bool> timed = timed_nodes(plan);
    std::vector<NodeStats> out;
    for (size_t i = 0; i < plan.nodes().size(); ++i) {
        const PlannedNode& node = plan.nodes()[i];
        out.push_back(stats_of(node));
        if (timed[i] && (!out.back().is_clauses || node.event_time)) out.back().time = time_of(plan, i);
    }
    return out;
}

}  // namespace weir::host
