// tally: how often each n has come so far, by key, in state that the operator keeps itself. For TestResolver.
#pragma once

#include <weir/abi.h>

namespace weir::host::testing {

const weir_operator& tally_operator();

}  // namespace weir::host::testing
