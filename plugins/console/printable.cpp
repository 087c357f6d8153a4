#include "printable.hpp"

#include <cstdint>
#include <cstdio>

#include <weir/row_json.hpp>

namespace weir::console {
namespace {

// The character at the start of `text`, and its bytes; 0 bytes: it is not UTF-8.
uint32_t decode(std::string_view text, size_t *bytes) {
    auto first = static_cast<unsigned char>(text[0]);
    *bytes = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (!is_utf8(text.substr(0, *bytes)) || text.size() < *bytes) {
        *bytes = 0;
        return 0;
    }
    if (*bytes == 1) return first;
    uint32_t c = first & (0x7Fu >> *bytes);
    for (size_t i = 1; i < *bytes; ++i) c = c << 6 | (static_cast<unsigned char>(text[i]) & 0x3Fu);
    return c;
}

// C1 controls; line and paragraph separators; marks and overrides of the writing direction.
bool is_treacherous(uint32_t c) {
    return (c >= 0x80 && c < 0xA0) || c == 0x61C || c == 0x200E || c == 0x200F || (c >= 0x2028 && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069);
}

void append_format(std::string &out, const char *format, uint32_t value) {
    char text[16];
    std::snprintf(text, sizeof text, format, value);
    out += text;
}

// `is_payload`: a backslash is a character like any other, and so is a tab, which steers no terminal.
void append_escaped(std::string &out, std::string_view text, bool is_payload) {
    while (!text.empty()) {
        size_t bytes = 0;
        uint32_t c = decode(text, &bytes);
        if (!bytes) {
            append_format(out, "\\x%02x", static_cast<unsigned char>(text[0]));
            text.remove_prefix(1);
            continue;
        }
        if (is_payload && (c == '\\' || c == '\t'))
            out += text[0];
        else if (c == '\n' || c == '\r' || c == '\t')
            out += c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
        else if (c == '\\')
            out += "\\\\";
        else if (c < 0x20 || c == 0x7F)
            append_format(out, "\\x%02x", c);
        else if (is_treacherous(c))
            append_format(out, "\\u{%04x}", c);
        else
            out += text.substr(0, bytes);
        text.remove_prefix(bytes);
    }
}

}  // namespace

void append_printable(std::string &out, std::string_view text) { append_escaped(out, text, false); }

void append_plain(std::string &out, std::string_view text) { append_escaped(out, text, true); }

void append_printable_json(std::string &out, std::string_view json) {
    while (!json.empty()) {
        size_t plain = 0;
        while (plain < json.size() && static_cast<unsigned char>(json[plain]) < 0x80) ++plain;
        out += json.substr(0, plain);
        json.remove_prefix(plain);
        if (json.empty()) return;
        size_t bytes = 0;
        uint32_t c = decode(json, &bytes);
        if (!bytes || is_treacherous(c))
            append_format(out, "\\u%04x", bytes ? c : 0xFFFD);
        else
            out += json.substr(0, bytes);
        json.remove_prefix(bytes ? bytes : 1);
    }
}

size_t width_of(std::string_view text) {
    size_t width = 0;
    for (char c : text) width += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    return width;
}

std::string cut(std::string text, size_t width) {
    if (width_of(text) <= width) return text;
    size_t seen = 0, at = 0;
    while (at < text.size()) {
        if ((static_cast<unsigned char>(text[at]) & 0xC0) != 0x80 && ++seen == width) break;
        ++at;
    }
    text.resize(at);
    return text + "\xE2\x80\xA6";
}

}  // namespace weir::console
