// What lint finds where it may look at the outside: servers that are reached, and what nodes name there.
//
// Threads: one host thread. Blocks as long as the connections' time-outs.
#pragma once

#include <atomic>
#include <map>
#include <string>
#include <utility>

#include <weir/result.hpp>

#include "host/engine/plan.hpp"

namespace weir::host {

// Servers that were away, so that several topologies of one command wait for each once: by kind of connection and configuration, what
// the attempt said.
using ServersAway = std::map<std::pair<std::string, std::string>, Status>;

// Opens the plan's connections and lets each node look at what it names. Nothing outside is changed and nothing is run. All
// that is wrong goes to `diagnostics`; a node whose connection is not reached has nothing to say. What is in `away` is not tried
// again, and what is found away is added. REQUIRES: planned with check_only.
void check_outside(Plan& plan, Diagnostics& diagnostics, const std::atomic<bool>& stop, ServersAway& away);

}  // namespace weir::host
