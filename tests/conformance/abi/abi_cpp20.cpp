// weir/abi.h and its layout in C++20.
#define ABI_CHECK(condition, line) static_assert(condition);
#include "abi_layout.h"
