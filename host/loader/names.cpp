#include "host/loader/names.hpp"

#include <fmt/format.h>

namespace weir::host {
namespace {

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_letter(char c) { return is_lower(c) || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool fits(std::string_view text) { return !text.empty() && text.size() <= kMaxNameBytes; }

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

std::string reserved_text(const OperatorInfo& op) {
    return fmt::format("an operator cannot be called `{}`, which is a key of nodes in topologies: call it `{}.{}`", op.name,
                       op.plugin.empty() ? "acme" : op.plugin, op.name);
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

}  // namespace weir::host
