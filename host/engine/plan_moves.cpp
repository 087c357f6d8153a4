// Which instances of a plan can serve another one as they are.
#include <algorithm>

#include "host/engine/plan.hpp"

namespace weir::host {

namespace {

bool is_same(const Schema& one, const Schema& other) {
    return one == other && one.event_time() == other.event_time();
}

bool is_same_code(const Instance& one, const Instance& other) {
    return &one.descriptor() == &other.descriptor() && one.modules() == other.modules();
}

}  // namespace

const PlannedPort& Plan::port_of(int edge) const {
    const Edge& one = topology_.edges[static_cast<size_t>(edge)];
    const auto& ports = nodes_[static_cast<size_t>(one.from_node)].outputs;
    return *std::find_if(ports.begin(), ports.end(), [&](const PlannedPort& port) { return port.name == one.from_port; });
}

// From the same ports, with the same columns.
bool Plan::is_fed_alike(size_t node, const Plan& next, size_t other) const {
    const auto& inputs = nodes_[node].inputs;
    const auto& others = next.nodes_[other].inputs;
    return std::equal(inputs.begin(), inputs.end(), others.begin(), others.end(), [&](int a, int b) {
        const Edge& one = topology_.edges[static_cast<size_t>(a)];
        const Edge& two = next.topology_.edges[static_cast<size_t>(b)];
        const PlannedPort& from = port_of(a);
        const PlannedPort& from_next = next.port_of(b);
        return topology_.nodes[static_cast<size_t>(one.from_node)].id == next.topology_.nodes[static_cast<size_t>(two.from_node)].id &&
               one.from_port == two.from_port && one.to_port == two.to_port && from.stream == from_next.stream &&
               is_same(from.schema, from_next.schema);
    });
}

bool Plan::emits_alike(size_t node, const Plan& next, size_t other) const {
    const auto& ports = nodes_[node].outputs;
    const auto& others = next.nodes_[other].outputs;
    return std::equal(ports.begin(), ports.end(), others.begin(), others.end(), [](const PlannedPort& one, const PlannedPort& two) {
        return one.name == two.name && is_same(one.schema, two.schema);
    });
}

bool Plan::is_declared_alike(size_t node, const Plan& next, size_t other) const {
    const NodeSpec& spec = topology_.nodes[node];
    const NodeSpec& spec_next = next.topology_.nodes[other];
    const Instance& instance = nodes_[node].instance();
    return spec.config.value == spec_next.config.value && spec.key == spec_next.key && spec.key_expressions == spec_next.key_expressions &&
           spec.key_parameters == spec_next.key_parameters && spec.connection == spec_next.connection && spec.of == spec_next.of &&
           instance.connection() == next.nodes_[other].instance().connection() && wanted_[node] == next.wanted_[other];
}

// A batch that an instance holds points to the schema and the code of whoever made it, be it several nodes before.
Plan::Moves Plan::moves_to(const Plan& next) const {
    Moves out;
    if (workers_ != next.workers_ || context_flags() != next.context_flags() || topology_.memory_limit != next.topology_.memory_limit) return out;
    std::vector<bool> is_steady(nodes_.size(), false);  // its batches stay valid in the next plan
    for (size_t i = 0; i < nodes_.size(); ++i) {
        const int found = next.topology_.find_node(topology_.nodes[i].id);
        if (found < 0) continue;
        const auto there = static_cast<size_t>(found);
        const bool is_fed_by_steady = std::all_of(nodes_[i].inputs.begin(), nodes_[i].inputs.end(), [&](int edge) {
            return is_steady[static_cast<size_t>(topology_.edges[static_cast<size_t>(edge)].from_node)];
        });
        if (!is_fed_by_steady || !is_same_code(nodes_[i].instance(), next.nodes_[there].instance()) || !is_fed_alike(i, next, there) ||
            !emits_alike(i, next, there))
            continue;
        is_steady[i] = true;
        if (is_declared_alike(i, next, there)) out.emplace_back(i, there);
    }
    return out;
}

void Plan::move(Plan& next, const Moves& moves) {
    for (const auto& [from, to] : moves) {
        next.nodes_[to].instances = std::move(nodes_[from].instances);
        nodes_[from].instances.clear();
        for (auto& instance : next.nodes_[to].instances) instance->move_to(next.topology_.nodes[to], next.resolver_);
    }
    for (size_t i = 0; i < nodes_.size(); ++i) {
        const int there = next.topology_.find_node(topology_.nodes[i].id);
        if (there < 0) continue;
        for (const PlannedPort& port : nodes_[i].outputs)
            for (PlannedPort& other : next.nodes_[static_cast<size_t>(there)].outputs)
                if (other.name == port.name && is_same(other.schema, port.schema)) other.abi_schema = port.abi_schema;
    }
}

}  // namespace weir::host
