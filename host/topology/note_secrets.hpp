// Which values of a topology are secrets, for all of the process.
#pragma once

#include "host/topology/topology.hpp"

namespace weir::host {

// From now on messages of this process do not tell its secrets (host/text/secrets.hpp). Any thread.
void note_secrets(const Topology& topology);

}  // namespace weir::host
