#include "host/expression/utf8.hpp"

#include <clocale>
#include <cwctype>

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

}  // namespace

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
