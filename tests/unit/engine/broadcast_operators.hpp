// Test operators with a broadcast input, for TestResolver: inputs `rows` and `rules`, both with the column n.
//
//   ruled: each n of `rules` changes the rule n % 3 in a way that depends on all before it, a multiple of 7 removes it;
//   emits its rules, {"n":rule,"value":...}, at the end. ruled_v2: the same with a wider rule. ruled_by_rows changes rules
//   by its other input, which must be refused; rules_without_input has none that is broadcast.
#pragma once

#include <span>

#include <weir/abi.h>

namespace weir::host::testing {

// What `ruled` has of a rule once n came.
inline int64_t next_rule(int64_t rule, int64_t n) { return (rule * 31 + n) % 1'000'003; }

std::span<const weir_operator* const> broadcast_operators();

}  // namespace weir::host::testing
