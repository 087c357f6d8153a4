// How the SDK's larger functions are compiled: where they are included, which needs no library; or, with WEIR_SDK_COMPILED
// defined everywhere, once, in sdk/src, as weir's own build does it for its many plugins.
#pragma once

#ifdef WEIR_SDK_COMPILED
#define WEIR_INLINE
#else
#define WEIR_INLINE inline
#endif
