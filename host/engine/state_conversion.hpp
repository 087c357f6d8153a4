// Blocks of state that an operator turns into others before they are restored: those that an older version wrote, and those that lie
// in other key groups under its present configuration.
//
// Threads: one host thread at a time; the instance is bound, and not open.
#pragma once

#include <cstdint>
#include <functional>

#include <weir/abi.h>
#include <weir/result.hpp>

#include "host/engine/instance.hpp"

namespace weir::host {

using TakeBlock = std::function<Status(const weir_state_block&)>;

// What a block becomes goes to `take`, and is borrowed during that call. WEIR_E_STATE_VERSION: it cannot be read; it names the node.
Status migrate_block(Instance& instance, const weir_state_block& block, const TakeBlock& take);

// What became of the rows that wait in blocks.
struct Rekeyed {
    int64_t rows = 0;
    int64_t leaving = 0;    // of them: they do not fit any more, and leave by `errors` once the run goes on
    bool has_moved = false;  // some lie in other key groups now
};

// The same for an operator that computes its own key. WEIR_E_UNSUPPORTED: it cannot tell a key from what it keeps. Adds to `count`.
Status rekey_block(Instance& instance, const weir_state_block& block, const TakeBlock& take, Rekeyed& count);

// Whether it may be asked.
bool can_rekey(const Instance& instance);

}  // namespace weir::host
