// Which values of a topology are secrets, for all of the process.
#pragma once

#include <string>
#include <vector>

#include "host/topology/topology.hpp"

namespace weir::host {

// Its secret texts: of parameters, and of what operators and connections are configured with. Any thread.
std::vector<std::string> secrets_of(const Topology& topology);

// From now on messages of this process do not tell its secrets (host/text/secrets.hpp). Any thread.
void note_secrets(const Topology& topology);

}  // namespace weir::host
