#include "host/expression/problem.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace weir::host::expression {
namespace {

// Code points, or bytes where the text is no UTF-8.
size_t columns_of(std::string_view text) {
    return static_cast<size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

std::string render(std::string_view name, std::string_view text, const Problem& problem) {
    const size_t at = std::min<size_t>(problem.span.offset, text.size());
    const size_t before = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
    const size_t from = before == std::string_view::npos ? 0 : before + 1;
    const size_t to = std::min(text.find('\n', at), text.size());
    const std::string_view marked = text.substr(at, std::min<size_t>(problem.span.length, to - at));

    std::string padding;
    for (char c : text.substr(from, at - from)) {
        if (c == '\t')
            padding += c;
        else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80)
            padding += ' ';
    }
    const size_t columns = std::max<size_t>(columns_of(marked), 1);
    std::string out = fmt::format("{}{}error: {}\n  {}\n  {}^{:~>{}}\n", name, name.empty() ? "" : ": ",
                                  problem.message, text.substr(from, to - from), padding, "", columns - 1);
    if (!problem.expected.empty()) out += fmt::format("   expected: {}\n", problem.expected);
    if (!problem.nearest.empty()) out += fmt::format("   nearest: `{}`\n", problem.nearest);
    if (!problem.hint.empty()) out += fmt::format("   hint: {}\n", problem.hint);
    return out;
}

}  // namespace weir::host::expression
