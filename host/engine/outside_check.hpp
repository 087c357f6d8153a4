// What lint finds where it may look at the outside: servers that are reached, and what nodes name there.
//
// Threads: one host thread. Blocks as long as the connections' time-outs.
#pragma once

#include <atomic>

#include "host/engine/plan.hpp"

namespace weir::host {

// Opens the plan's connections and lets each node look at what it names. Nothing outside is changed and nothing is run. All
// that is wrong goes to `diagnostics`; a node whose connection is not reached has nothing to say. REQUIRES: planned with
// check_only.
void check_outside(Plan& plan, Diagnostics& diagnostics, const std::atomic<bool>& stop);

}  // namespace weir::host
