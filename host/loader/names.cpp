#include "host/loader/names.hpp"

namespace weir::host {
namespace {

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_letter(char c) { return is_lower(c) || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool fits(std::string_view text) { return !text.empty() && text.size() <= kMaxNameBytes; }

// Bytes of the UTF-8 sequence at the beginning of `text` (not empty), or 0 if it is none.
size_t sequence_bytes(std::string_view text) {
    auto at = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    auto follows = [&](size_t i) { return (at(i) & 0xC0U) == 0x80U; };
    const unsigned first = at(0);
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first < 0xE0) return follows(1) ? 2 : 0;
    if (first >= 0xE0 && first < 0xF0) {
        const bool overlong = first == 0xE0 && at(1) < 0xA0;
        const bool surrogate = first == 0xED && at(1) >= 0xA0;
        return follows(1) && follows(2) && !overlong && !surrogate ? 3 : 0;
    }
    if (first >= 0xF0 && first < 0xF5) {
        const bool overlong = first == 0xF0 && at(1) < 0x90;
        const bool too_large = first == 0xF4 && at(1) >= 0x90;
        return follows(1) && follows(2) && follows(3) && !overlong && !too_large ? 4 : 0;
    }
    return 0;
}

}  // namespace

bool is_name(std::string_view text) {
    return fits(text) && (is_letter(text[0]) || text[0] == '_') &&
           std::all_of(text.begin(), text.end(), [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
}

bool is_operator_name(std::string_view text) {
    if (!fits(text)) return false;
    bool at_start = true;  // of a word
    for (char c : text) {
        if (at_start ? !is_lower(c) : !(is_lower(c) || is_digit(c) || c == '_' || c == '.')) return false;
        at_start = c == '.';
    }
    return !at_start;
}

bool is_plugin_id(std::string_view text) {
    return fits(text) && is_lower(text[0]) && std::all_of(text.begin(), text.end(), [](char c) {
               return is_lower(c) || is_digit(c) || c == '_' || c == '-';
           });
}

bool is_version(std::string_view text) {
    if (!fits(text)) return false;
    const size_t suffix = text.find_first_of("-+");
    if (suffix != std::string_view::npos) {
        if (suffix + 1 == text.size()) return false;
        for (char c : text.substr(suffix))
            if (!is_letter(c) && !is_digit(c) && c != '.' && c != '-' && c != '+') return false;
        text = text.substr(0, suffix);
    }
    int parts = 1;
    bool digit_before = false;
    for (char c : text) {
        if (is_digit(c)) {
            digit_before = true;
        } else if (c == '.' && digit_before) {
            ++parts;
            digit_before = false;
        } else {
            return false;
        }
    }
    return parts == 3 && digit_before;
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const size_t n = sequence_bytes(text);
        if (n == 0) return false;
        text.remove_prefix(n);
    }
    return true;
}

}  // namespace weir::host
