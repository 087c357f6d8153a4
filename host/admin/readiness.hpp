// Whether a topology does what it is there for. Pure functions; any thread.
#pragma once

#include <chrono>
#include <string>

#include "host/admin/watched.hpp"

namespace weir::host {

// The last epoch of a topology is not older than this: an interval of checkpoints, and what one may take (checkpoint_timeout).
std::chrono::microseconds epoch_bound(const Topology& topology);

// Rows can flow, each source has splits or will get none, and the last epoch is not older than its bound. Else why not.
std::string why_not_ready(const Watched& watched);

}  // namespace weir::host
