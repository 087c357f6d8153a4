// `renamed_from`: a node goes on with what the node of another id was.
//
// Threads: one, while loading.
#pragma once

#include <string>
#include <vector>

#include "host/topology/graph.hpp"
#include "host/topology/topology.hpp"
#include "host/topology/yaml_tree.hpp"

namespace weir::host {

inline constexpr std::string_view kRenamedFromKey = "renamed_from";

// Of a node's mapping. Not by a parameter: ids are part of what a file says, as in `from`.
void read_renamed_from(const std::string& subject, const YamlNode& map, Diagnostics& diagnostics, NodeSpec& spec);

// No id goes on as two nodes, or beside a node that still has it.
void check_renames(const std::vector<NodeDraft>& drafts, Diagnostics& diagnostics);

}  // namespace weir::host
