// Test operators for event time, for TestResolver.
//
//   timed (source): rows { ts: timestamp?, n: int64 } of world().timed, whose splits may be silent for a while in between; n
//   counts the rows of a split. watch: passes rows on and writes into world().seen what it sees, in order: `row TS N`, `late TS N`
//   where that is not behind the last watermark, `watermark TIME`. watch_by_key is keyed.
#pragma once

#include <span>

#include <weir/abi.h>

namespace weir::host::testing {

std::span<const weir_operator* const> timed_operators();

}  // namespace weir::host::testing
