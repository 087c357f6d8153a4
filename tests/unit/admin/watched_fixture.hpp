// A topology that reads numbers, counts and writes them, as it would be looked at.
#pragma once

#include <memory>
#include <string>

#include "host/admin/watched.hpp"

namespace weir::host::testing {

inline NodeStats node_of(const std::string& id, const std::string& op, const std::string& kind, int64_t in, int64_t out) {
    NodeStats node;
    node.id = id;
    node.op = op;
    node.kind = kind;
    node.rows_in = in;
    node.rows_out = out;
    node.is_assigned = kind == "source";
    node.queue_room = kind == "source" ? 0 : 8;
    return node;
}

inline std::shared_ptr<Topology> numbers_topology() {
    auto topology = std::make_shared<Topology>();
    topology->name = "numbers";
    for (const char* id : {"raw", "counts", "out"}) topology->nodes.emplace_back().id = id;
    for (int to : {1, 2}) {
        Edge& edge = topology->edges.emplace_back();
        edge.from_node = to - 1;
        edge.to_node = to;
    }
    return topology;
}

inline Watched numbers() {
    Watched out;
    out.topology = numbers_topology();
    out.stats.nodes = {node_of("raw", "kafka.source", "source", 0, 1000), node_of("counts", "fold", "operator", 1000, 900),
                       node_of("out", "kafka.sink", "sink", 900, 0)};
    out.stats.records = 1000;
    out.stats.is_open = true;
    out.stats.workers = 1;
    out.stats.checkpoints.committed = 4;
    out.stats.checkpoints.total = std::chrono::milliseconds(80);
    out.stats.checkpoints.durations[2] = 4;
    out.stats.checkpoints.age = std::chrono::milliseconds(300);
    return out;
}

}  // namespace weir::host::testing
