// What a plan that is right is worth a word about: state that nothing bounds, a promise that a source cannot keep.
#pragma once

#include "host/engine/plan.hpp"

namespace weir::host {

// Notes and warnings, at the nodes' places. Host thread.
void report_notes(Plan& plan, Diagnostics& diagnostics);

}  // namespace weir::host
