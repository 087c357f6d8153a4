/* weir/abi.h and its layout in C99, which has no static assertion of its own. */
#define ABI_JOIN_(a, b) a##b
#define ABI_JOIN(a, b) ABI_JOIN_(a, b)
#define ABI_CHECK(condition, line) typedef char ABI_JOIN(abi_check_, line)[(condition) ? 1 : -1];
#include "abi_layout.h"
