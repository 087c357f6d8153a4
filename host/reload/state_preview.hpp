// What a change would do to stored state: it is read, and nothing is changed.
//
// Threads: one host thread at a time; the run that has the store open goes on.
#pragma once

#include <filesystem>
#include <string>

#include <weir/result.hpp>

#include "host/engine/state_conversion.hpp"

namespace weir::host {

// As of the last committed epoch in `state`, of the node that is called `stored` there, whose operator computes its own key. `instance`:
// of the new graph, bound. WEIR_E_UNSUPPORTED: its operator cannot tell a key from what it keeps.
Result<Rekeyed> preview_rekey(const std::filesystem::path& state, const std::string& stored, Instance& instance);

// Whether the instance would take the state of that node. It is bound, is given the beginning of what there is, and is of no other use
// after that. WEIR_E_STATE_VERSION: why not.
Status preview_restore(const std::filesystem::path& state, const std::string& stored, Instance& instance);

}  // namespace weir::host
