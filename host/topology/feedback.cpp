#include "host/topology/feedback.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "host/topology/primary_parameter.hpp"
#include "host/topology/source_file.hpp"

namespace weir::host {
namespace {

// What a node reads or writes on its connection, by its primary parameter: topics, say.
std::vector<std::string> things_of(const NodeSpec& node) {
    const ParamInfo* primary = primary_of(*node.op);
    if (node.connection.empty() || primary == nullptr || !node.config.value.contains(primary->name)) return {};
    const Json& value = node.config.value[primary->name];
    std::vector<std::string> out;
    for (const Json& one : value.is_array() ? value : Json::array({value}))
        if (one.is_string()) out.push_back(one.get<std::string>());
    return out;
}

// Whether all rows that it takes come out of it again.
bool passes_all(const NodeSpec& node) {
    if (node.clauses.empty()) return !node.of.empty();  // hidden, without clauses: it adds a tag, or unites
    return std::none_of(node.clauses.begin(), node.clauses.end(),
                        [](const ClauseText& one) { return one.clause == "where" || one.clause == "check"; });
}

// By node: whether rows of `source` surely come there, or rows of it that some node refused. Edges lead to later nodes.
std::vector<bool> surely_fed(const Topology& topology, std::size_t source) {
    std::vector<bool> reached(topology.nodes.size(), false), fed = reached;
    reached[source] = true;
    for (const Edge& edge : topology.edges) {
        const auto from = static_cast<std::size_t>(edge.from_node), to = static_cast<std::size_t>(edge.to_node);
        if (!reached[from]) continue;
        reached[to] = true;
        const bool passes = from == source || (fed[from] && passes_all(topology.nodes[from]));
        if (passes || edge.from_port == kErrorsPort) fed[to] = true;
    }
    return fed;
}

void report_one(const NodeSpec& source, const NodeSpec& sink, Diagnostics& diagnostics) {
    if (source.connection != sink.connection) return;
    const auto read = things_of(source), written = things_of(sink);
    for (const std::string& one : written) {
        if (std::find(read.begin(), read.end(), one) == read.end()) continue;
        const ParamInfo& primary = *primary_of(*sink.op);
        diagnostics
            .warning(Code::kFeedback, sink.config.place_of(primary.name),
                     fmt::format("node {}: its {} {} is what node {} reads: what it writes comes in again, for good", ticked(sink.name()),
                                 primary.name, ticked(one), ticked(source.name())))
            .hint = "name another one, or say by a `where` or `check` in between which rows go round";
    }
}

}  // namespace

void report_feedback(const Topology& topology, Diagnostics& diagnostics) {
    for (std::size_t i = 0; i < topology.nodes.size(); ++i) {
        if (!topology.nodes[i].op->is_a(OperatorKind::kSource) || things_of(topology.nodes[i]).empty()) continue;
        const std::vector<bool> fed = surely_fed(topology, i);
        for (std::size_t k = 0; k < topology.nodes.size(); ++k)
            if (fed[k] && topology.nodes[k].op->is_a(OperatorKind::kSink)) report_one(topology.nodes[i], topology.nodes[k], diagnostics);
    }
}

}  // namespace weir::host
