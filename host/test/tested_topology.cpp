#include "host/test/tested_topology.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace weir::host::test {
TestedTopology::TestedTopology(Topology topology, const std::set<std::string>& real, OperatorResolver& plugins,
                               World& world, Diagnostics& diagnostics)
    : plugins_(plugins), world_(world), topology_(std::move(topology)), workers_(topology_.workers) {
    for (NodeSpec& node : topology_.nodes) {
        const bool is_outside = node.op->is_a(OperatorKind::kSource) || node.op->is_a(OperatorKind::kSink);
        if (is_outside && !real.contains(node.id)) {
            node.op = replace(*node.op);
        } else if (!node.connection.empty()) {
            diagnostics.error(Code::kNotSupported, node.op_place,
                              fmt::format("node `{}`: `{}` works through a connection, which a test does not have",
                                          node.id, node.op->name))
                .expected = "sources and sinks that a test stands in for, and operators without a connection";
        }
    }
    for (ConnectionSpec& connection : topology_.connections) connection.op = replace(*connection.op);
    std::erase_if(topology_.views, [](const ViewSpec& view) { return view.query.has_value(); });
    topology_.dashboard.reset();
    // Epochs come where a step ends, not by the clock; and nothing that takes long is slow.
    topology_.checkpoint = topology_.checkpoint_timeout = std::chrono::hours(24 * 36'500);
    tap_info_.name = "tap";
    tap_info_.kind = OperatorKind::kSink;
    tap_info_.inputs.push_back({"in", "", true, false});
    has_dead_letters_ = topology_.find_node(kDeadLettersNode) >= 0;
    tap_dropped_errors();
}

const OperatorInfo* TestedTopology::replace(const OperatorInfo& info) {
    infos_.push_back(info);
    stands_in_[&infos_.back()] = &info;
    return &infos_.back();
}

// What a topology logs or drops is a dead letter, too, for those who test it.
void TestedTopology::tap_dropped_errors() {
    const size_t nodes = topology_.nodes.size();
    for (size_t i = 0; i < nodes; ++i) {
        const ErrorsPolicy errors = topology_.nodes[i].errors;
        if (errors != ErrorsPolicy::kLog && errors != ErrorsPolicy::kDrop) continue;
        has_dead_letters_ = true;
        tap(i, std::string(kErrorsPort), kDeadLetters);
    }
}

void TestedTopology::tap(size_t node, const std::string& port, const std::string& output) {
    if (taps_.empty()) {
        NodeSpec tap;
        tap.id = kTapNode;
        tap.op = &tap_info_;
        tap.errors = ErrorsPolicy::kDrop;
        topology_.nodes.push_back(std::move(tap));
    }
    const bool is_read = std::any_of(topology_.edges.begin(), topology_.edges.end(), [&](const Edge& edge) {
        return edge.from_node == static_cast<int>(node) && edge.from_port == port;
    });
    taps_.push_back({output, !is_read});
    ErrorsPolicy& errors = topology_.nodes[node].errors;
    if (port == kErrorsPort && errors != ErrorsPolicy::kDeadLetters) errors = ErrorsPolicy::kWired;
    topology_.edges.push_back({static_cast<int>(node), port, static_cast<int>(topology_.nodes.size()) - 1, "in", {}});
}

std::unique_ptr<Plan> TestedTopology::plan(int64_t workers, bool check_only, Diagnostics& diagnostics) {
    topology_.workers = workers_ > 0 ? workers_ : workers;
    PlanOptions options;
    options.check_only = check_only;
    return Plan::build(topology_, *this, options, diagnostics);
}

Result<ResolvedOperator> TestedTopology::resolve(const OperatorInfo& info) {
    if (&info == &tap_info_) {
        if (!tap_) tap_ = std::make_unique<StandIn>(tap_of(taps_, world_));
        return ResolvedOperator{tap_.get(), nullptr};
    }
    const auto original = stands_in_.find(&info);
    if (original == stands_in_.end()) return plugins_.resolve(info);
    auto& made = made_[&info];
    if (!made) {
        auto plugin = plugins_.resolve(*original->second);
        if (!plugin) return plugin.status();
        made = std::make_unique<StandIn>(stand_in_for(*plugin, world_, plugins_));
    }
    return ResolvedOperator{made.get(), made->module};
}

}  // namespace weir::host::test
