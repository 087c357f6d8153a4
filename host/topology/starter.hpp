// A topology to begin with: one source, one sink, every parameter there as a comment that says what it is.
//
// Pure; any thread.
#pragma once

#include <string>

#include "host/loader/manifest.hpp"

namespace weir::host {

struct StarterRequest {
    std::string name;            // of the topology
    const OperatorInfo* from;    // a source
    const OperatorInfo* to;      // a sink
    std::string schema;          // path of the JSON Schema, for editors
};

// A file that `weir lint` has nothing against, up to what the operators themselves say of invented values.
std::string starter_topology(const StarterRequest& request, const Catalog& catalog);

}  // namespace weir::host
