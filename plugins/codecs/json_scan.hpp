// Scanning JSON text, byte by byte and sixteen at a time, over a buffer that ends with kScanPadding bytes of zero: no
// value of JSON holds a NUL, so nothing runs over the end. All return where they stopped, NULL: it is not JSON.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "scalar.hpp"

namespace weir::codecs {

inline constexpr size_t kScanPadding = 64;

inline const char *over_blanks(const char *p) {
    while (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t') ++p;
    return p;
}

// From behind the opening quote to the closing one.
inline const char *end_of_string(const char *p, bool *escaped) {
    for (;;) {
#if defined(__SSE2__)
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i *>(p));
        const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
        const __m128i special = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
        const auto found = static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(control, special)));
        if (!found) {
            p += 16;
            continue;
        }
        p += __builtin_ctz(found);
#else
        while (*p != '"' && *p != '\\' && static_cast<unsigned char>(*p) > 0x1F) ++p;
#endif
        if (*p == '"') return p;
        if (*p != '\\') return nullptr;
        *escaped = true;
        p += 2;  // a NUL behind the backslash is padding, of which there is more
    }
}

inline const char *over_digits(const char *p) {
    while (is_digit(*p)) ++p;
    return p;
}

// A number as RFC 8259 has it. *whole: it has neither decimals nor an exponent.
inline const char *over_number(const char *p, bool *whole) {
    p += *p == '-';
    const char *digits = p;
    p = over_digits(p);
    if (p == digits || (*digits == '0' && p != digits + 1)) return nullptr;
    *whole = true;
    if (*p == '.') {
        digits = ++p;
        p = over_digits(p);
        if (p == digits) return nullptr;
        *whole = false;
    }
    if (*p == 'e' || *p == 'E') {
        ++p;
        p += *p == '+' || *p == '-';
        digits = p;
        p = over_digits(p);
        if (p == digits) return nullptr;
        *whole = false;
    }
    return p;
}

// Appends the text of a string that has escapes. False: one of them is none, or half of a surrogate pair.
bool unescape(std::string_view text, std::string *out);

// Over any value at `p`, strictly. `depth` is the value's own.
const char *over_value(const char *p, int depth, int max_depth);

}  // namespace weir::codecs
