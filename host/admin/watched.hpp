// A running topology as it is looked at, at one moment. Plain values; any thread.
#pragma once

#include <memory>
#include <string>

#include "host/engine/run_stats.hpp"
#include "host/topology/topology.hpp"

namespace weir::host {

struct Watched {
    std::shared_ptr<const Topology> topology;
    RunStats stats;
    bool is_durable = false;  // its state is kept
    std::string restarting;   // why it is begun again, while it waits for that; empty: it does not
};

}  // namespace weir::host
