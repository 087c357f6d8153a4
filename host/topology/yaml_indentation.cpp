#include "host/topology/yaml_indentation.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "host/topology/source_file.hpp"

namespace weir::host {
namespace {

constexpr auto kNoPlace = std::string_view::npos;

// A line with something on it besides a comment.
struct SourceLine {
    std::size_t number = 0;  // from 1
    std::size_t indent = 0;
    std::string_view text;  // without its indentation and its end
};

// The lines up to that of `offset`, which is the last one.
std::vector<SourceLine> lines_until(std::string_view text, std::size_t offset) {
    std::vector<SourceLine> out;
    std::size_t number = 0;
    for (std::size_t start = 0; start <= offset && start < text.size();) {
        const std::size_t end = std::min(text.find('\n', start), text.size());
        std::string_view line = text.substr(start, end - start);
        if (line.ends_with('\r')) line.remove_suffix(1);
        const std::size_t indent = std::min(line.find_first_not_of(' '), line.size());
        line.remove_prefix(indent);
        ++number;
        if (!line.empty() && line.front() != '#') out.push_back({number, indent, line});
        start = end + 1;
    }
    return out;
}

// What stands before the colon of `key: value`; empty where the line begins with no key.
std::string_view key_of(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == kNoPlace || (colon + 1 < line.size() && line[colon + 1] != ' ' && line[colon + 1] != '\t')) return {};
    const std::string_view key = line.substr(0, colon);
    return key.find_first_of(" \t{}[],#&*!|>'\"%@`") == kNoPlace ? key : std::string_view();
}

bool is_item(std::string_view line) { return line == "-" || line.starts_with("- "); }

// A text without a colon, and nothing that YAML reads otherwise.
bool is_keyless(const SourceLine& line) {
    return line.text.find_first_of(":{}[]\"'") == kNoPlace && std::string_view("-|>&*!%@`").find(line.text.front()) == kNoPlace;
}

// A column in which keys or items begin, and the first of them that was met on the way up.
struct Beginning {
    std::size_t indent = 0, line = 0;
    std::string_view what;
};

// Those around the last line, the deepest first.
std::vector<Beginning> columns_above(const std::vector<SourceLine>& lines) {
    std::vector<Beginning> out;
    std::size_t lowest = kNoPlace;
    for (std::size_t i = lines.size() - 1; i-- > 0 && lowest > 0;) {
        const SourceLine& line = lines[i];
        if (line.indent >= lowest) continue;
        const bool item = is_item(line.text);
        const std::size_t inner = item ? line.text.find_first_not_of(' ', 1) : 0;
        if (item && inner != kNoPlace && !key_of(line.text.substr(inner)).empty() && line.indent + inner < lowest)
            out.push_back({line.indent + inner, line.number, key_of(line.text.substr(inner))});
        if (item) out.push_back({line.indent, line.number, "-"});
        if (!item && key_of(line.text).empty()) continue;
        if (!item) out.push_back({line.indent, line.number, key_of(line.text)});
        lowest = line.indent;
    }
    return out;
}

std::string column_text(const Beginning& column) {
    return fmt::format("column {}, as {} in line {}", column.indent + 1, ticked(column.what), column.line);
}

std::string begins_text(const SourceLine& line) { return fmt::format("this line begins in column {}", line.indent + 1); }

// A line in the column of others that it is no part of.
Misaligned about_mixed(const SourceLine& line, const Beginning& column) {
    const bool item = is_item(line.text);
    if (item == (column.what == "-")) return {"this line belongs to nothing above it", ""};
    const std::string there = fmt::format("{} in line {}", ticked(column.what), column.line);
    return item ? Misaligned{"this line is an item of a list among keys of a mapping", "a key, as " + there}
                : Misaligned{"this line is no item of the list above it", "an item, as " + there + ", or a key further left"};
}

}  // namespace

std::size_t first_of_line(std::string_view text, std::size_t offset) {
    offset = std::min(offset, text.size());
    const std::size_t before = offset == 0 ? kNoPlace : text.rfind('\n', offset - 1);
    const std::size_t start = before == kNoPlace ? 0 : before + 1;
    return std::min(text.find_first_not_of(' ', start), text.size());
}

Misaligned about_misaligned(std::string_view text, std::size_t offset) {
    const std::vector<SourceLine> lines = lines_until(text, offset);
    if (lines.empty()) return {"this line belongs to nothing above it", ""};
    const SourceLine& line = lines.back();
    std::optional<Beginning> left, right;  // the nearest on either side
    for (const Beginning& column : columns_above(lines)) {
        if (column.indent == line.indent) return about_mixed(line, column);
        if (column.indent > line.indent) right = column;
        if (column.indent < line.indent && !left) left = column;
    }
    Misaligned out{begins_text(line) + ", where nothing above it begins that it could belong to", ""};
    if (left) out.expected = column_text(*left);
    if (right) out.expected += (left ? ", or " : "") + column_text(*right);
    return out;
}

std::optional<Misaligned> about_going_on(std::string_view text, std::size_t offset) {
    const std::vector<SourceLine> lines = lines_until(text, offset);
    if (lines.empty()) return std::nullopt;
    const SourceLine& line = lines.back();
    const std::string_view own_key = key_of(line.text);
    if (own_key.empty() || first_of_line(text, offset) + own_key.size() != offset) return std::nullopt;
    const auto above = std::find_if(lines.rbegin() + 1, lines.rend(), [&](const SourceLine& l) { return l.indent < line.indent; });
    if (above == lines.rend()) return std::nullopt;
    const std::string_view key = key_of(above->text);
    if (key.empty()) return std::nullopt;
    const std::size_t value = above->text.find_first_not_of(" \t", key.size() + 1);
    if (value == kNoPlace || std::string_view("{['\"|>&*!#").find(above->text[value]) != kNoPlace) return std::nullopt;
    return Misaligned{fmt::format("{}, deeper than {} in line {}, and so goes on with the text there", begins_text(line), ticked(key),
                                  above->number),
                      column_text({above->indent, above->number, key})};
}

std::optional<TextSpan> find_keyless(std::string_view text, std::size_t offset) {
    const std::vector<SourceLine> lines = lines_until(text, offset);
    if (lines.empty() || (!is_keyless(lines.back()) && key_of(lines.back().text).empty())) return std::nullopt;
    std::size_t first = lines.size() - 1;
    while (first > 0 && is_keyless(lines[first - 1])) --first;
    const SourceLine& line = lines[first];
    if (first == 0 || !is_keyless(line)) return std::nullopt;
    const SourceLine& above = lines[first - 1];
    const std::string_view key = key_of(above.text);
    if (key.empty()) return std::nullopt;
    const std::size_t value = above.text.find_first_not_of(" \t", key.size() + 1);
    const bool has_value = value != kNoPlace && above.text[value] != '#';
    if (has_value && above.indent < line.indent) return std::nullopt;  // it goes on with that text
    const std::string_view written = line.text.substr(0, line.text.find(" #"));
    return TextSpan{static_cast<std::size_t>(line.text.data() - text.data()), written.find_last_not_of(" \t") + 1};
}

bool is_left_of_first(std::string_view text, std::size_t offset) {
    const std::vector<SourceLine> lines = lines_until(text, offset);
    return lines.size() > 1 && lines.back().indent < lines.front().indent;
}

}  // namespace weir::host
