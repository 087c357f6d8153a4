#include "host/test/update.hpp"

#include <algorithm>

#include "host/topology/yaml_syntax.hpp"

namespace weir::host::test {
namespace {

constexpr size_t kLineLimit = 120;

size_t line_begin(std::string_view text, size_t offset) {
    const size_t before = offset == 0 ? std::string_view::npos : text.rfind('\n', offset - 1);
    return before == std::string_view::npos ? 0 : before + 1;
}

// The first byte of the line behind the one that `offset` is in.
size_t next_line(std::string_view text, size_t offset) {
    const size_t end = text.find('\n', offset);
    return end == std::string_view::npos ? text.size() : end + 1;
}

std::string indentation(std::string_view text, size_t offset) {
    const size_t begin = line_begin(text, offset);
    return std::string(std::min(text.find_first_not_of(' ', begin), text.size()) - begin, ' ');
}

// Behind the bracket that closes the one at `offset`.
size_t end_of_flow(std::string_view text, size_t offset) {
    int depth = 0;
    char before = '[';  // the last byte that is no blank
    for (size_t i = offset; i < text.size(); ++i) {
        const char c = text[i];
        if ((c == '"' || c == '\'') && std::string_view("[{,:").find(before) != std::string_view::npos) {
            for (++i; i < text.size(); ++i) {
                const bool is_escaped = c == '"' ? text[i] == '\\' : text.substr(i, 2) == "''";
                if (is_escaped) ++i;
                else if (text[i] == c) break;
            }
        } else if (c == '#' && i > 0 && (text[i - 1] == ' ' || text[i - 1] == '\n')) {
            i = std::min(text.find('\n', i), text.size());
        } else if (c == '[' || c == '{') {
            ++depth;
        } else if ((c == ']' || c == '}') && --depth == 0) {
            return i + 1;
        }
        if (c != ' ' && c != '\n' && c != '\r') before = c;
    }
    return text.size();
}

// A word for nothing, or nothing at all.
size_t end_of_null(std::string_view text, size_t offset) {
    if (offset < text.size() && text[offset] == '~') return offset + 1;
    const std::string_view word = text.substr(std::min(offset, text.size()), 4);
    return word == "null" || word == "Null" || word == "NULL" ? offset + 4 : offset;
}

// The dash before a block list's item.
size_t dash_of(std::string_view text, const YamlNode& item) {
    size_t at = item.place.offset;
    if (at > 0 && !item.is_null()) --at;
    while (at > 0 && text[at] != '-') --at;
    return at;
}

struct NewItem {
    std::optional<size_t> kept;  // an expected row that stays as it is written
    std::string text;            // otherwise
};

std::vector<NewItem> new_items(const Held& held) {
    const auto& rows = held.expectation->rows;
    const auto written = [&](size_t row) {
        return NewItem{std::nullopt, row_text(*held.expectation, held.rows[row], held.schemas)};
    };
    std::vector<NewItem> out;
    if (held.expectation->match == Match::kInOrder) {
        std::vector<std::optional<size_t>> expected(held.rows.size());
        for (size_t i = 0; i < rows.size(); ++i)
            if (held.comparison.came_as[i]) expected[*held.comparison.came_as[i]] = i;
        for (size_t row = 0; row < held.rows.size(); ++row)
            out.push_back(expected[row] ? NewItem{expected[row], ""} : written(row));
        return out;
    }
    for (size_t i = 0; i < rows.size(); ++i)
        if (held.comparison.came_as[i]) out.push_back({i, ""});
    for (size_t row : held.comparison.unexpected) out.push_back(written(row));
    return out;
}

Edit edit_of_flow(std::string_view text, const YamlNode& list, const std::vector<NewItem>& items) {
    std::vector<std::string> texts;
    for (const NewItem& item : items) {
        if (!item.kept) {
            texts.push_back(item.text);
            continue;
        }
        const YamlNode& node = list.items[*item.kept];
        texts.emplace_back(text.substr(node.place.offset, end_of(node) - node.place.offset));
    }
    const size_t begin = list.place.offset, end = end_of_flow(text, begin);
    std::string line = "[";
    for (const std::string& item : texts) line += (line.size() > 1 ? ", " : "") + item;
    line += "]";
    const bool fits = begin - line_begin(text, begin) + line.size() <= kLineLimit;
    const bool was_one_line = text.substr(begin, end - begin).find('\n') == std::string_view::npos;
    if (texts.empty() || (fits && was_one_line)) return {begin, end, line};
    const std::string indent = indentation(text, begin);
    std::string lines = "[\n";
    for (size_t i = 0; i < texts.size(); ++i) lines += indent + "  " + texts[i] + (i + 1 < texts.size() ? ",\n" : "\n");
    return {begin, end, lines + indent + "]"};
}

// An item has the comments above it, and what stands behind it on its last line.
Edit edit_of_block(std::string_view text, const YamlNode& list, const std::vector<NewItem>& items) {
    const size_t begin = line_begin(text, dash_of(text, list.items.front()));
    const std::string indent = indentation(text, begin);
    std::vector<size_t> ends;
    for (const YamlNode& item : list.items)
        ends.push_back(next_line(text, std::max(end_of(item), dash_of(text, item) + 1) - 1));
    std::string out;
    for (const NewItem& item : items) {
        if (!item.kept) {
            out += indent + "- " + item.text + "\n";
            continue;
        }
        const size_t from = *item.kept == 0 ? begin : ends[*item.kept - 1];
        out += text.substr(from, ends[*item.kept] - from);
        if (!out.ends_with('\n')) out += '\n';
    }
    if (items.empty()) out = indent + "  []\n";
    return {begin, ends.back(), out};
}

}  // namespace

size_t end_of(const YamlNode& node) {
    const std::string_view text = node.place.file->text();
    if (node.is_null()) return end_of_null(text, node.place.offset);
    if (node.is_scalar()) return node.place.offset + written_length(text, node.place.offset, node.text);
    if (node.flow) return end_of_flow(text, node.place.offset);
    const YamlNode& last = node.items.back();
    if (!node.is_map() || !last.is_null()) return end_of(last);
    // A mapping's nothing has the place of its key.
    const YamlKey& key = node.keys.back();
    const size_t colon = text.find(':', key.place.offset + scalar_length(text, key.place.offset, key.text));
    const size_t value = text.find_first_not_of(' ', colon + 1);
    return std::max(colon + 1, value == std::string_view::npos ? 0 : end_of_null(text, value));
}

Edit edit_of(const Held& held) {
    const YamlNode& list = *held.expectation->list;
    const std::string_view text = list.place.file->text();
    const auto items = new_items(held);
    return list.flow || list.items.empty() ? edit_of_flow(text, list, items) : edit_of_block(text, list, items);
}

std::string edited(std::string_view text, std::vector<Edit> edits) {
    std::stable_sort(edits.begin(), edits.end(), [](const Edit& a, const Edit& b) { return a.begin < b.begin; });
    std::string out;
    size_t at = 0;
    for (const Edit& edit : edits) {
        if (edit.begin < at) continue;
        out += text.substr(at, edit.begin - at);
        out += edit.text;
        at = edit.end;
    }
    return out += text.substr(at);
}

}  // namespace weir::host::test
