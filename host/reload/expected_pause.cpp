#include "host/reload/expected_pause.hpp"

#include <algorithm>
#include <vector>

namespace weir::host {
namespace {

std::chrono::microseconds usual_epoch(const EpochStats& stats) {
    std::vector<std::chrono::microseconds> took;
    for (const EpochRecord& one : stats.recent) took.push_back(one.took);
    if (took.empty()) return std::chrono::microseconds(0);
    const auto middle = took.begin() + static_cast<std::ptrdiff_t>(took.size() / 2);
    std::nth_element(took.begin(), middle, took.end());
    return *middle;
}

// What the host holds goes from instance to instance, unless it has to change.
bool goes_over(const NodeChange& change, const Instance& now, bool has_as_many_workers) {
    return now.keyed() != nullptr && has_as_many_workers && change.fate != NodeFate::kMigrated && change.fate != NodeFate::kRekeyed;
}

}  // namespace

ExpectedPause expect_pause(const GraphDiff& diff, const Plan& before, const Plan& after, const RunStats& stats) {
    ExpectedPause out;
    const Plan::Moves moves = before.moves_to(after);
    out.epoch = usual_epoch(stats.checkpoints);
    for (const NodeChange& change : diff.nodes) {
        const int node = after.topology().find_node(change.node);
        const auto is_moved = [node](const auto& move) { return move.second == static_cast<size_t>(node); };
        if (node < 0 || std::any_of(moves.begin(), moves.end(), is_moved) || !change.lost.empty() || change.fate == NodeFate::kAdded) continue;
        const std::string& former = change.renamed_from.empty() ? change.node : change.renamed_from;
        const auto is_it = [&](const NodeStats& one) { return one.id == former && !one.is_clauses; };
        const auto found = std::find_if(stats.nodes.begin(), stats.nodes.end(), is_it);
        if (found == stats.nodes.end()) continue;
        const Instance& instance = after.nodes()[static_cast<size_t>(node)].instance();
        if (!goes_over(change, instance, after.workers() == stats.workers)) out.bytes += found->state_bytes;
    }
    constexpr int64_t kMicros = 1'000'000;
    out.all = out.epoch + ExpectedPause::kOpening + std::chrono::microseconds(out.bytes * kMicros / ExpectedPause::kBytesPerSecond);
    return out;
}

}  // namespace weir::host
