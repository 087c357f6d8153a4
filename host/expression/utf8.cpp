#include "host/expression/utf8.hpp"

#include <algorithm>
#include <bit>
#include <clocale>
#include <cstring>
#include <cwctype>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace weir::host::expression {
namespace {

// Letters as Unicode has them, whatever the process's locale.
locale_t unicode() {
    static const locale_t locale = [] {
        const locale_t found = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
        return found ? found : newlocale(LC_CTYPE_MASK, "C", nullptr);
    }();
    return locale;
}

#ifdef __SSE2__
// The places of 16 bytes at a time where the first and the last byte fit are looked at closely.
// REQUIRES: a part of 2 bytes or more, and 16 places for it in the text.
const char* find_by_ends(std::string_view text, std::string_view part) {
    constexpr size_t kPlaces = sizeof(__m128i);
    const __m128i first = _mm_set1_epi8(part.front()), last = _mm_set1_epi8(part.back());
    const size_t behind = part.size() - 1, inner = part.size() - 2;
    const auto load = [](const char* at) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at)); };
    const char *at = text.data(), *const last_at = at + text.size() - behind - kPlaces;
    for (;;) {
        const __m128i fit = _mm_and_si128(_mm_cmpeq_epi8(load(at), first), _mm_cmpeq_epi8(load(at + behind), last));
        for (auto places = static_cast<unsigned>(_mm_movemask_epi8(fit)); places; places &= places - 1) {
            const char* place = at + std::countr_zero(places);
            if (std::memcmp(place + 1, part.data() + 1, inner) == 0) return place;
        }
        if (at == last_at) return nullptr;
        // The last step goes over some places again.
        at = std::min(at + kPlaces, last_at);
    }
}
#endif

const char* find_part(std::string_view text, std::string_view part) {
#ifdef __SSE2__
    // Of long parts memmem's time has a bound.
    constexpr size_t kMost = 32;
    if (part.size() >= 2 && part.size() <= kMost && text.size() >= part.size() - 1 + sizeof(__m128i))
        return find_by_ends(text, part);
#endif
    if (part.size() == 1) return static_cast<const char*>(std::memchr(text.data(), part[0], text.size()));
    return static_cast<const char*>(memmem(text.data(), text.size(), part.data(), part.size()));
}

}  // namespace

size_t find_text(std::string_view text, std::string_view part, size_t from) {
    if (from > text.size()) return std::string_view::npos;
    const char* at = find_part(text.substr(from), part);
    return at ? static_cast<size_t>(at - text.data()) : std::string_view::npos;
}

char32_t first_character(std::string_view text, size_t& bytes) {
    const auto first = static_cast<unsigned char>(text[0]);
    const size_t length = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    bytes = 1;
    if (length == 1 || length > text.size()) return first;
    auto out = static_cast<char32_t>(first & (0x7F >> length));
    for (; bytes < length; ++bytes) {
        if (!is_continuation(text[bytes])) return bytes = 1, first;
        out = out << 6 | (static_cast<unsigned char>(text[bytes]) & 0x3F);
    }
    return out;
}

char* put_character(char* to, char32_t c) {
    auto tail = [&](int shift) { *to++ = static_cast<char>(0x80 | (c >> shift & 0x3F)); };
    if (c < 0x80) {
        *to++ = static_cast<char>(c);
    } else if (c < 0x800) {
        *to++ = static_cast<char>(0xC0 | c >> 6);
        tail(0);
    } else if (c < 0x10000) {
        *to++ = static_cast<char>(0xE0 | c >> 12);
        tail(6), tail(0);
    } else {
        *to++ = static_cast<char>(0xF0 | c >> 18);
        tail(12), tail(6), tail(0);
    }
    return to;
}

char32_t to_lower(char32_t c) {
    if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
    return static_cast<char32_t>(towlower_l(static_cast<wint_t>(c), unicode()));
}

char32_t to_upper(char32_t c) {
    if (c < 0x80) return c >= 'a' && c <= 'z' ? c - 32 : c;
    return static_cast<char32_t>(towupper_l(static_cast<wint_t>(c), unicode()));
}

bool is_alphanumeric(char32_t c) { return iswalnum_l(static_cast<wint_t>(c), unicode()) != 0; }

std::string lower_text(std::string_view text) {
    std::string out(most_folded_bytes(text.size()), '\0');
    char* to = out.data();
    while (!text.empty()) {
        size_t bytes = 0;
        to = put_character(to, to_lower(first_character(text, bytes)));
        text.remove_prefix(bytes);
    }
    out.resize(static_cast<size_t>(to - out.data()));
    return out;
}

}  // namespace weir::host::expression
