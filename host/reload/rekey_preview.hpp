// What a change would do to the state of an operator that computes its own key, counted in what is stored, and nothing is changed.
//
// Threads: one host thread at a time; the run that has the store open goes on.
#pragma once

#include <filesystem>
#include <string>

#include <weir/result.hpp>

#include "host/engine/state_conversion.hpp"

namespace weir::host {

// As of the last committed epoch in `state`, of the node that is called `stored` there. `instance`: of the new graph, bound.
// WEIR_E_UNSUPPORTED: its operator cannot tell a key from what it keeps.
Result<Rekeyed> preview_rekey(const std::filesystem::path& state, const std::string& stored, Instance& instance);

}  // namespace weir::host
