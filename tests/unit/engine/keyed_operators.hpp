// Test operators that keep host-held state, for TestResolver. All are keyed by `n` and take the column n.
//
//   keyed_count (n and how often it came), keyed_text (n, and all that came of it before as text; a multiple of 10
//   clears it), keyed_ttl (as keyed_count, forgotten 100 us after the last write), keyed_event_ttl (the
//   same on event time), keyed_long_ttl (10 s after it), totals_v1, totals_wider (a field
//   added, one widened), totals_v2 (converts version 1), totals_other (cannot read version 1): n and its sum;
//   collections (n and what a list, a map and an accumulator hold), collections_ttl (the same, forgotten after 10 s), event_delayed and delayed (n and how often it came,
//   once a timer fires: at event time n + 10, or 10 us after the first)
#pragma once

#include <span>

#include <weir/abi.h>

namespace weir::host::testing {

std::span<const weir_operator* const> keyed_operators();

}  // namespace weir::host::testing
