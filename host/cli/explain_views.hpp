// Views and dashboard of a topology, for `weir explain`. Pure functions; any thread.
#pragma once

#include <string>
#include <vector>

#include "host/engine/plan.hpp"

namespace weir::host {

// Lines at the end of the text; empty without `serve`.
std::string views_text(const Plan& plan);
// {"serve", "views", "dashboard"}, or null.
Json views_json(const Plan& plan);

// The views that keep what a port emits: "view latest".
std::vector<std::string> viewers(const Topology& topology, size_t node, const std::string& port);

}  // namespace weir::host
