// Looking for a byte in text, without a call where the text is short, as fields of payloads are.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace weir::codecs {

// The first `wanted` in [p, end), or end.
inline const char *find_byte(const char *p, const char *end, char wanted) {
#if defined(__SSE2__)
    const __m128i pattern = _mm_set1_epi8(wanted);
    for (; end - p >= 16; p += 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i *>(p));
        const auto found = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, pattern)));
        if (found) return p + __builtin_ctz(found);
    }
#endif
    while (p != end && *p != wanted) ++p;
    return p;
}

}  // namespace weir::codecs
