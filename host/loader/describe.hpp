// The descriptors of a loaded module, checked and copied into plain values.
#pragma once

#include <weir/abi.h>
#include <weir/result.hpp>

#include "host/loader/manifest.hpp"

namespace weir::host {

// Copies what the module says of itself. Reads constant data alone; calls nothing of the module. `path` of the
// result is empty. Any thread.
//
// Refuses (WEIR_E_CONFIG; the message names operator, member and what is expected) another ABI than this
// host's, structs that are too small, NULL where a value is needed, texts that are not UTF-8, names that do not
// fit a topology file, duplicates, unknown kinds, types and flags, defaults that are no JSON or not of their
// parameter's type, and functions that an operator of that kind must have. It cannot detect pointers to
// nowhere.
Result<PluginInfo> describe(const weir_module& module);

// OK if modules of that ABI can be loaded: before 1.0 exactly this host's. The message says what to rebuild.
Status check_abi(uint32_t major, uint32_t minor);

}  // namespace weir::host
