// A sink that writes what a source of the same topology reads, so that its rows come in again for good.
//
// Pure functions; any thread.
#pragma once

#include "host/topology/diagnostic.hpp"
#include "host/topology/topology.hpp"

namespace weir::host {

// Warns of each such sink, unless a `where`, a `check` or an operator stands between, which may end it.
// REQUIRES: the topology has no errors.
void report_feedback(const Topology& topology, Diagnostics& diagnostics);

}  // namespace weir::host
