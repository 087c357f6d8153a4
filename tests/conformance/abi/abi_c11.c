/* weir/abi.h and its layout in C11. */
#define ABI_CHECK(condition, line) _Static_assert(condition, #condition);
#include "abi_layout.h"
