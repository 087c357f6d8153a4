#include "json_scan.hpp"

namespace weir::codecs {
namespace {

int hex_digit(char c) {
    if (is_digit(c)) return c - '0';
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Four hex digits at text[at]; -1: they are not there.
int hex_number(std::string_view text, size_t at) {
    if (at + 4 > text.size()) return -1;
    int value = 0;
    for (size_t i = at; i < at + 4; ++i) {
        const int digit = hex_digit(text[i]);
        if (digit < 0) return -1;
        value = value << 4 | digit;
    }
    return value;
}

void append_utf8(unsigned code, std::string *out) {
    auto put = [&](unsigned byte) { *out += static_cast<char>(byte); };
    if (code < 0x80) return put(code);
    if (code < 0x800) {
        put(0xC0 | code >> 6);
    } else {
        if (code < 0x10000) put(0xE0 | code >> 12);
        else put(0xF0 | code >> 18), put(0x80 | (code >> 12 & 0x3F));
        put(0x80 | (code >> 6 & 0x3F));
    }
    put(0x80 | (code & 0x3F));
}

const char *over_string(const char *p) {
    bool escaped = false;
    const char *end = end_of_string(p, &escaped);
    if (!end) return nullptr;
    if (escaped) {
        std::string text;
        if (!unescape({p, static_cast<size_t>(end - p)}, &text)) return nullptr;
    }
    return end + 1;
}

// From behind the opening bracket or brace.
const char *over_members(const char *p, char close, int depth, int max_depth) {
    p = over_blanks(p);
    if (*p == close) return p + 1;
    for (;;) {
        if (close == '}') {
            if (*p != '"' || !(p = over_string(p + 1))) return nullptr;
            p = over_blanks(p);
            if (*p != ':') return nullptr;
            p = over_blanks(p + 1);
        }
        if (!(p = over_value(p, depth + 1, max_depth))) return nullptr;
        p = over_blanks(p);
        if (*p == close) return p + 1;
        if (*p != ',') return nullptr;
        p = over_blanks(p + 1);
    }
}

}  // namespace

bool unescape(std::string_view text, std::string *out) {
    constexpr std::string_view kLetters = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\') {
            *out += text[i];
            continue;
        }
        if (++i == text.size()) return false;
        if (text[i] != 'u') {
            const size_t letter = kLetters.find(text[i]);
            if (letter == std::string_view::npos) return false;
            *out += kMeanings[letter];
            continue;
        }
        int code = hex_number(text, i + 1);
        if (code < 0 || (code >= 0xDC00 && code < 0xE000)) return false;
        i += 4;
        if (code >= 0xD800 && code < 0xDC00) {
            const int low = text.substr(i + 1, 2) == "\\u" ? hex_number(text, i + 3) : -1;
            if (low < 0xDC00 || low >= 0xE000) return false;
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
            i += 6;
        }
        append_utf8(static_cast<unsigned>(code), out);
    }
    return true;
}

const char *over_value(const char *p, int depth, int max_depth) {
    if (depth > max_depth) return nullptr;
    bool whole = false;
    switch (*p) {
        case '"': return over_string(p + 1);
        case '{': return over_members(p + 1, '}', depth, max_depth);
        case '[': return over_members(p + 1, ']', depth, max_depth);
        case 't': return std::memcmp(p, "true", 4) == 0 ? p + 4 : nullptr;
        case 'f': return std::memcmp(p, "false", 5) == 0 ? p + 5 : nullptr;
        case 'n': return std::memcmp(p, "null", 4) == 0 ? p + 4 : nullptr;
        default: return over_number(p, &whole);
    }
}

}  // namespace weir::codecs
