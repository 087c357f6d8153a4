// A planned topology, told: nodes, types on edges, keys, exchanges and state; and its graph for Mermaid and Graphviz.
//
// Pure functions of a plan, which they do not change; any thread.
#pragma once

#include <string>

#include "host/engine/plan.hpp"

namespace weir::host {

// What `weir explain` prints. Values of secret parameters are `***`.
std::string explain_text(Plan& plan, const std::string& path);
// {"topology","file","delivery","checkpoint_us","workers","parameters":[{"name","type","value","origin"}],"nodes":[…]}
Json explain_json(Plan& plan, const std::string& path);

// A flowchart (mermaid.js.org) and a digraph in DOT (graphviz.org): an arrow for each edge, with the types on it.
std::string mermaid_text(Plan& plan);
std::string dot_text(Plan& plan);

}  // namespace weir::host
