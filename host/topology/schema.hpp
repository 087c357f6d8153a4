// A JSON Schema for topology files, made from the plugins that are present: what an editor's YAML language
// server completes and checks by. It is as strict as a schema can be without knowing values: whatever it
// refuses the loader refuses too.
#pragma once

#include "host/loader/manifest.hpp"

namespace weir::host {

// Draft 2020-12. Pure; any thread.
Json topology_schema(const Catalog& catalog);

}  // namespace weir::host
