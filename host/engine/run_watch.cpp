// A run as it is watched, and held: what it says of itself, rows of its ports, and pauses.
#include "host/engine/run.hpp"

#include <fmt/format.h>

#include "host/text/nearest.hpp"
#include "host/topology/ports.hpp"
#include "host/topology/scalar.hpp"

namespace weir::host {
namespace {

std::string expected_text(const char* what, const std::string& given, const std::vector<std::string>& names) {
    const std::string nearest = nearest_name(given, names);
    return fmt::format("there is no {} `{}`; expected: {}{}", what, given, one_of_text(names), nearest.empty() ? "" : fmt::format("; nearest: `{}`", nearest));
}

// Where a node gives its rows: its own clauses stand before it, and behind a source. Errors come from both.
struct Places {
    std::vector<std::pair<size_t, uint32_t>> at;  // node and port
    const Schema* schema = nullptr;
};

std::vector<std::string> nodes_of(const Topology& topology) {
    std::vector<std::string> out;
    for (const NodeSpec& spec : topology.nodes)
        if (spec.of.empty()) out.push_back(spec.id);
    return out;
}

std::vector<std::string> names_of(const std::vector<PlannedPort>& ports) {
    std::vector<std::string> out;
    for (const PlannedPort& port : ports) out.push_back(port.name);
    return out;
}

Result<Places> find_places(const Plan& plan, const TapPoint& point) {
    const Topology& topology = plan.topology();
    Places out;
    std::vector<std::string> ports;
    bool is_there = false;
    for (size_t i = topology.nodes.size(); i-- > 0;) {
        if (topology.nodes[i].name() != point.node) continue;
        const auto& outputs = plan.nodes()[i].outputs;
        const bool is_sink = outputs.size() == 1;
        if (point.port.empty() && !is_there && is_sink)
            return Status::config("port", fmt::format("`{0}` is a sink, and gives no rows: look at what it reads, or at `{0}.{1}`", point.node, kErrorsPort));
        const OperatorInfo& op = *topology.nodes[i].op;
        if (point.port.empty() && !is_there && !op.outputs.empty() && default_output(op).empty())
            return Status::config("port", fmt::format("`{0}` has no output without a name: choose one of its ports, such as `{0}.{1}`; expected: {2}", point.node,
                                                      outputs.front().name, one_of_text(names_of(outputs))));
        is_there = true;
        const std::string& wanted = point.port.empty() ? outputs.front().name : point.port;
        for (size_t port = 0; port < outputs.size(); ++port) {
            ports.push_back(outputs[port].name);
            if (outputs[port].name != wanted || (!out.at.empty() && wanted != kErrorsPort)) continue;
            out.at.emplace_back(i, static_cast<uint32_t>(port));
            out.schema = &outputs[port].schema;
        }
    }
    if (!is_there && point.node == topology.name)
        return Status::config("node", fmt::format("`{}` is the topology itself: name one of its nodes, {}", point.node, one_of_text(nodes_of(topology))));
    if (!is_there) return Status::config("node", expected_text("node", point.node, nodes_of(topology)));
    if (out.at.empty()) return Status::config("port", expected_text("port", point.port, ports));
    return out;
}

}  // namespace

SplitMarks TopologyRun::marks_of(const RunProgress& progress) const {
    auto out = std::make_shared<std::vector<SplitMark>>();
    for (const SplitPosition& one : progress.positions)
        out->push_back({plan_->topology().nodes[one.node].id, one.split, one.position, one.given_back});
    return out;
}

RunStats TopologyRun::stats() const {
    RunStats stats;
    stats.nodes = node_stats(*plan_);
    for (const NodeStats& node : stats.nodes)
        if (node.kind == "source") stats.records += node.rows_out + node.errors;
    stats.epochs = committed_.load() - first_epoch_.load();
    stats.checkpoints = options_.epoch_log->stats();
    stats.is_open = opened_.load() && !finished_.load();
    stats.is_paused = paused_.load();
    stats.workers = plan_->workers();
    if (finished_.load() && started_.load(std::memory_order_acquire)) {
        stats.cpu = cpu_end_ - cpu_start_;
        stats.wall = wall_end_ - wall_start_;
    }
    return stats;
}

Result<std::shared_ptr<LiveTap>> TopologyRun::look(const TapPoint& point, const std::string& where) {
    auto places = find_places(*plan_, point);
    if (!places) return places.status();
    auto tap = LiveTap::make(*places->schema, where, plan_->workers());
    if (!tap) return tap;
    const std::lock_guard lock(live_mutex_);
    if (!opened_.load() || is_hidden_) return Status::retryable("the topology does not run at the moment");
    std::erase_if(live_taps_, [](const auto& one) { return one.expired(); });
    live_taps_.push_back(*tap);
    for (Worker& worker : workers_)
        worker.post([&worker, at = places->at, tap = *tap] {
            for (const auto& [node, port] : at) worker.dataflow().add_tap(node, port, tap);
        });
    return tap;
}

void TopologyRun::set_paused(bool paused) {
    paused_.store(paused);
    wakeup_.notify();
}

void TopologyRun::follow_pause() {
    const bool paused = paused_.load();
    if (paused == followed_pause_) return;
    followed_pause_ = paused;
    hold_.store(paused || followed_ != StopMode::kNone);
    fabric_.notify_all();
}

}  // namespace weir::host
