#include "host/reload/graph_diff.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace weir::host {
namespace {

char sign_of(NodeFate fate) { return fate == NodeFate::kAdded ? '+' : fate == NodeFate::kDropped ? '-' : '~'; }

}  // namespace

std::string_view fate_name(NodeFate fate) {
    switch (fate) {
        case NodeFate::kKept: return "kept";
        case NodeFate::kReconfigured: return "reconfigured";
        case NodeFate::kRenamed: return "renamed";
        case NodeFate::kMigrated: return "migrated";
        case NodeFate::kRekeyed: return "rekeyed";
        case NodeFate::kReplaced: return "replaced";
        case NodeFate::kAdded: return "added";
        case NodeFate::kDropped: return "dropped";
    }
    return "";
}

std::string diff_text(const GraphDiff& diff) {
    std::string out;
    size_t kept = 0, width = 0;
    for (const NodeChange& node : diff.nodes) width = std::max(width, node.node.size());
    for (const NodeChange& node : diff.nodes) {
        if (node.fate == NodeFate::kKept) {
            ++kept;
            continue;
        }
        out += fmt::format("{} {:<{}}  {:<12}", sign_of(node.fate), node.node, width, fate_name(node.fate));
        for (size_t i = 0; i < node.what.size(); ++i) out += fmt::format("{}  {}", i ? fmt::format("\n{:{}}", "", width + 16) : "", node.what[i]);
        out += "\n";
        if (!node.lost.empty()) out += fmt::format("  {:<{}}  loses {}: --allow-loss {}\n", "", width, node.lost, node.node);
    }
    for (const EdgeChange& edge : diff.edges) out += fmt::format("  {} -> {}: {}\n  {:{}}    now {}\n", edge.from, edge.to, edge.before, "", edge.from.size() + edge.to.size(), edge.after);
    for (const std::string& setting : diff.settings) out += fmt::format("~ {}\n", setting);
    for (const std::string& why : diff.refused) out += fmt::format("! {}\n", why);
    const char* plural = kept == 1 ? "node is" : "nodes are";
    if (diff.is_empty()) return fmt::format("nothing changes: {} {} kept\n", kept, plural);
    out += fmt::format("{} {} kept\n", kept, plural);
    if (diff.pause && diff.refused.empty()) {
        const auto read = diff.state_read > 0 ? fmt::format(", in which {:.1f} MB of state are read", static_cast<double>(diff.state_read) / 1e6) : "";
        out += fmt::format("no row is read for about {} ms{}\n", std::max<int64_t>(1, diff.pause->count() / 1000), read);
    }
    return out;
}

Json diff_json(const GraphDiff& diff) {
    Json out = {{"changes", !diff.is_empty()}, {"loses", diff.loses()}, {"nodes", Json::array()}, {"edges", Json::array()},
                {"settings", diff.settings}, {"refused", diff.refused}};
    if (diff.pause) out["expected"] = {{"pause_ms", static_cast<double>(diff.pause->count()) / 1000}, {"state_read_bytes", diff.state_read}};
    for (const NodeChange& node : diff.nodes) {
        Json& one = out["nodes"].emplace_back(Json{{"node", node.node}, {"fate", fate_name(node.fate)}, {"what", node.what}});
        if (!node.lost.empty()) one["lost"] = node.lost;
        if (!node.renamed_from.empty()) one["renamed_from"] = node.renamed_from;
        if (node.rekeyed) one["rekeyed"] = {{"rows", node.rekeyed->rows}, {"leaving", node.rekeyed->leaving}};
    }
    for (const EdgeChange& edge : diff.edges)
        out["edges"].push_back({{"from", edge.from}, {"to", edge.to}, {"before", edge.before}, {"after", edge.after}});
    return out;
}

}  // namespace weir::host
