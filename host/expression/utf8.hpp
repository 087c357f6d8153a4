// Characters of UTF-8 texts: code points. Bytes that are no UTF-8 count as characters of their own.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace weir::host::expression {

inline bool is_ascii(std::string_view text) {
    size_t i = 0;
    for (; i + 8 <= text.size(); i += 8) {
        uint64_t word;
        std::memcpy(&word, text.data() + i, 8);
        if (word & 0x8080808080808080) return false;
    }
    for (; i < text.size(); ++i)
        if (text[i] & 0x80) return false;
    return true;
}

inline bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

inline int64_t count_characters(std::string_view text) {
    constexpr uint64_t kEach = 0x0101010101010101;
    auto n = static_cast<int64_t>(text.size());
    size_t i = 0;
    for (; i + 8 <= text.size(); i += 8) {
        uint64_t word;
        std::memcpy(&word, text.data() + i, 8);
        // A bit for each byte 10xxxxxx, added up in the highest byte.
        n -= static_cast<int64_t>((word >> 7 & ~word >> 6 & kEach) * kEach >> 56);
    }
    for (; i < text.size(); ++i) n -= is_continuation(text[i]);
    return n;
}

// Where the part begins behind `from`, or npos. Quicker than string_view's find where the first byte is frequent.
size_t find_text(std::string_view text, std::string_view part, size_t from = 0);

// Bytes of the first n characters; all of the text where it has no more.
inline size_t bytes_of_characters(std::string_view text, int64_t n) {
    size_t i = 0;
    while (i < text.size() && n > 0) {
        ++i;
        while (i < text.size() && is_continuation(text[i])) ++i;
        --n;
    }
    return i;
}

// The character at the front, and its bytes.
char32_t first_character(std::string_view text, size_t& bytes);
// Appends at most 4 bytes; returns the end.
char* put_character(char* to, char32_t character);
char32_t to_lower(char32_t character);
char32_t to_upper(char32_t character);
bool is_alphanumeric(char32_t character);
// The most bytes that to_lower or to_upper make of a text.
inline size_t most_folded_bytes(size_t bytes) { return bytes * 2; }

std::string lower_text(std::string_view text);

}  // namespace weir::host::expression
