// The table of functions behind the extension weir.state/0.
#pragma once

#include <weir/abi.h>

namespace weir::host {

const weir_state_api& keyed_state_api();

}  // namespace weir::host
