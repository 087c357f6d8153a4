#include "host/admin/readiness.hpp"

#include <fmt/format.h>

namespace weir::host {
namespace {

double seconds(std::chrono::microseconds time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

std::chrono::microseconds epoch_bound(const Topology& topology) { return topology.checkpoint + topology.checkpoint_timeout; }

std::string why_not_ready(const Watched& watched) {
    const RunStats& stats = watched.stats;
    if (!watched.restarting.empty()) return fmt::format("it waits to begin again: {}", watched.restarting);
    if (!stats.is_open || !stats.checkpoints.age) return "its connections and nodes are being opened";
    for (const NodeStats& node : stats.nodes)
        if (node.kind == "source" && !node.is_assigned)
            return fmt::format("source `{}` has nothing to read: no partition, file or other split was assigned to it", node.id);
    const auto age = *stats.checkpoints.age, bound = epoch_bound(*watched.topology);
    if (age > bound)
        return fmt::format("its last epoch was committed {:.1f} s ago, and {:.1f} s are allowed (checkpoint and checkpoint_timeout): `weir why {}` says what it waits for",
                           seconds(age), seconds(bound), watched.topology->name);
    return "";
}

}  // namespace weir::host
