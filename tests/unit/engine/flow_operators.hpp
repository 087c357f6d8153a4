// Operators for tests of what is called when:
//   guard (passes rows on, and refuses them once it has finished), drowsy (a sink that rests behind each batch, see
//   World::drowse), alarm (emits each batch twice, the second time by resume; asks to be woken 20 us behind its first
//   rows, and emits -1 when it is), timely (sets timers by key and emits their times, see World::timers_a_row), restless (passes
//   rows on, and is woken all the time, by a thread of its own), holder (passes each batch on when the next one comes, or at the end).
#pragma once

#include <span>

#include <weir/abi.h>

namespace weir::host::testing {

std::span<const weir_operator* const> flow_operators();

}  // namespace weir::host::testing
