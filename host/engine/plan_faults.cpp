// What is told beside a refusal: the column that was probably meant, the place of the key.
#include <algorithm>

#include <fmt/format.h>

#include "host/engine/plan.hpp"
#include "host/text/nearest.hpp"

namespace weir::host {

// Where the parameter at fault names a column that no input has: the one that was probably meant.
std::string Plan::nearest_column(const NodeSpec& node, const std::string& path) const {
    const auto param = std::find_if(node.op->params.begin(), node.op->params.end(), [&](const ParamInfo& p) {
        return p.name == path && p.type == ParamType::kColumn;
    });
    if (param == node.op->params.end() || !node.config.value.contains(path)) return "";
    const auto column = node.config.value[path].get<std::string>();
    std::vector<std::string> columns;
    for (const Edge& edge : topology_.edges) {
        if (topology_.nodes[static_cast<size_t>(edge.to_node)].id != node.id) continue;
        for (const PlannedPort& port : nodes_[static_cast<size_t>(edge.from_node)].outputs) {
            if (port.name != edge.from_port) continue;
            for (const Field& field : port.schema.fields) columns.push_back(field.name);
        }
    }
    if (std::find(columns.begin(), columns.end(), column) != columns.end()) return "";
    return nearest_name(column, columns);
}

// `schema`: of the rows that the key is of.
void Plan::fail_key(const NodeSpec& node, const Status& status, const Schema& schema) {
    std::vector<std::string> columns;
    for (const Field& field : schema.fields) columns.push_back(field.name);
    auto& d = diagnostics_.error(Code::kBadKey, node.key_place, fmt::format("node `{}`: {}", node.id, status.message()));
    for (const std::string& column : node.key)
        if (!schema.find(column)) d.nearest = nearest_name(column, columns);
}

}  // namespace weir::host
