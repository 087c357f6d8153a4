#include "text.hpp"

#include <algorithm>

namespace weir::clickhouse {

std::string_view trim(std::string_view text) {
    const size_t first = text.find_first_not_of(" \t\r\n");
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

size_t skip_quoted(std::string_view text, size_t at) {
    const char mark = text[at++];
    for (; at < text.size() && text[at] != mark; ++at)
        if (text[at] == '\\') ++at;
    return std::min(at + 1, text.size());
}

std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> out;
    size_t begin = 0, depth = 0;
    for (size_t at = 0; at < text.size();) {
        const char c = text[at];
        if (c == '\'' || c == '`') {
            at = skip_quoted(text, at);
            continue;
        }
        if (c == '(') ++depth;
        if (c == ')' && depth > 0) --depth;
        if (c == ',' && depth == 0) {
            out.push_back(trim(text.substr(begin, at - begin)));
            begin = at + 1;
        }
        ++at;
    }
    if (!trim(text.substr(begin)).empty()) out.push_back(trim(text.substr(begin)));
    return out;
}

}  // namespace weir::clickhouse
