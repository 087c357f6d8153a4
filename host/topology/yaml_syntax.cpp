#include "host/topology/yaml_syntax.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "host/topology/yaml_indentation.hpp"
#include "host/topology/yaml_unquoted.hpp"

namespace weir::host {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::size_t end_of_line(std::string_view text, std::size_t offset) {
    const std::size_t end = std::min(text.find('\n', offset), text.size());
    return end > offset && text[end - 1] == '\r' ? end - 1 : end;
}

std::size_t start_of_line(std::string_view text, std::size_t offset) {
    const std::size_t before = offset == 0 ? std::string_view::npos : text.rfind('\n', offset - 1);
    return before == std::string_view::npos ? 0 : before + 1;
}

// The byte behind the quoted text that begins at `offset`, or npos if it is not closed.
std::size_t end_of_quoted(std::string_view text, std::size_t offset) {
    const char quote = text[offset];
    for (std::size_t i = offset + 1; i < text.size(); ++i) {
        if (quote == '"' && text[i] == '\\') {
            ++i;
        } else if (text[i] == quote) {
            if (quote == '"' || i + 1 >= text.size() || text[i + 1] != '\'') return i + 1;
            ++i;
        }
    }
    return std::string_view::npos;
}

struct Unclosed {
    std::size_t offset;
    char bracket;
};

// What a reader of the whole text is still inside of at its end: quotes, or the innermost bracket.
std::optional<Unclosed> find_unclosed(std::string_view text) {
    std::vector<Unclosed> open;
    bool value_may_begin = true;  // only there is a quote a quote, and in block style a bracket a bracket
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '#' && (i == 0 || is_blank(text[i - 1]))) {
            i = end_of_line(text, i);
            value_may_begin = true;
        } else if ((c == '"' || c == '\'') && value_may_begin) {
            const std::size_t end = end_of_quoted(text, i);
            if (end == std::string_view::npos) return Unclosed{i, c};
            i = end - 1;
            value_may_begin = false;
        } else if ((c == '{' || c == '[') && (value_may_begin || !open.empty())) {
            open.push_back({i, c});
            value_may_begin = true;
        } else if ((c == '}' || c == ']') && !open.empty()) {
            open.pop_back();
            value_may_begin = false;
        } else if (c == '\n' || (c == ',' && !open.empty())) {
            value_may_begin = true;
        } else if ((c == ':' || c == '-') && i + 1 < text.size() && is_blank(text[i + 1])) {
            value_may_begin = true;
        } else if (!is_blank(c)) {
            value_may_begin = false;
        }
    }
    if (open.empty()) return std::nullopt;
    return open.back();
}

std::optional<std::size_t> tab_in_indentation(std::string_view text, std::size_t offset) {
    std::size_t start = start_of_line(text, offset);
    for (int lines = 0; lines < 3; ++lines) {
        const std::size_t solid = std::min(text.find_first_not_of(" \t", start), text.size());
        const std::size_t tab = text.find('\t', start);
        if (tab < solid) return tab;
        if (start == 0) break;
        start = start_of_line(text, start - 1);
    }
    return std::nullopt;
}

// The value of a line with a second ": ", outside of quotes: it was probably meant as text.
std::optional<TextSpan> second_colon(std::string_view text, std::size_t offset) {
    const std::size_t start = start_of_line(text, offset);
    const std::string_view line = text.substr(start, end_of_line(text, start) - start);
    if (line.find_first_of("{[\"'") != std::string_view::npos) return std::nullopt;
    const std::size_t first = line.find(": ");
    if (first == std::string_view::npos) return std::nullopt;
    const std::size_t second = line.find(": ", first + 2);
    if (second == std::string_view::npos) return std::nullopt;
    const std::size_t begin = line.find_first_not_of(' ', first + 1);
    return TextSpan{start + begin, line.size() - begin};
}

// A text that begins with what a list's items, or a text over several lines, begin with.
std::optional<TextSpan> begins_block(std::string_view text, std::size_t offset) {
    const std::size_t start = start_of_line(text, std::min(offset, text.size()));
    const std::string_view line = text.substr(start, end_of_line(text, start) - start);
    const std::size_t colon = line.find(": ");
    const std::size_t begin = colon == std::string_view::npos ? colon : line.find_first_not_of(' ', colon + 1);
    if (begin == std::string_view::npos || std::string_view("-|>").find(line[begin]) == std::string_view::npos) return std::nullopt;
    return TextSpan{start + begin, line.size() - begin};
}

SyntaxAdvice to_be_quoted(std::string_view text, const TextSpan& span, std::string message) {
    return {std::move(message), "put it in quotes: " + in_quotes(text.substr(span.offset, span.length)), "", span.offset, span.length};
}

SyntaxAdvice about_unclosed(std::string_view text, const Unclosed& unclosed) {
    const std::size_t line_end = end_of_line(text, unclosed.offset);
    SyntaxAdvice advice{fmt::format("this `{}` is never closed", unclosed.bracket), "", "", unclosed.offset, 1};
    const std::string_view rest = text.substr(unclosed.offset, line_end - unclosed.offset);
    if (unclosed.bracket == '{' && unclosed.offset > 0 && text[unclosed.offset - 1] == '$') {
        advice.message = "`${` in braces or brackets must be in quotes";
        const std::size_t end = rest.find('}');
        const std::string_view shown = rest.substr(0, end == std::string_view::npos ? rest.size() : end + 1);
        advice.hint = fmt::format("write \"${}\"", shown);
        advice.offset = unclosed.offset - 1;
        advice.length = shown.size() + 1;
    } else if (rest.find(" #") != std::string_view::npos) {
        advice.hint = "` #` begins a comment; text with it in it must be in quotes";
    }
    return advice;
}

SyntaxAdvice about_indicator(std::string_view text, std::size_t offset) {
    const char c = text[offset];
    const std::size_t line_end = end_of_line(text, offset);
    std::size_t end = std::min(text.find_first_of(",}]#", offset), line_end);
    while (end > offset + 1 && is_blank(text[end - 1])) --end;
    const std::string_view value = text.substr(offset, end - offset);
    return {fmt::format("text cannot begin with `{}`", c), fmt::format("put it in quotes: \"{}\"", value), "",
            offset, value.size()};
}

// A `?` outside of quotes that ends a text in braces, on this line.
std::optional<std::size_t> question_mark(std::string_view text, std::size_t offset) {
    const std::size_t start = start_of_line(text, offset);
    const std::size_t end = end_of_line(text, start);
    bool in_flow = false;
    for (std::size_t i = start; i < end; ++i) {
        if (text[i] == '"' || text[i] == '\'') {
            i = std::min(end_of_quoted(text, i), end) - 1;
        } else if (text[i] == '{' || text[i] == '[') {
            in_flow = true;
        } else if (in_flow && text[i] == '?' && !is_blank(text[i - 1])) {
            return i;
        }
    }
    return std::nullopt;
}

// In braces YAML takes a `?` at the end of a text for one of its own: `{ name: string? }`.
SyntaxAdvice about_question_mark(std::string_view text, std::size_t offset) {
    std::size_t begin = offset;
    int depth = 0;
    while (begin > 0 && text[begin - 1] != '\n') {
        const char c = text[begin - 1];
        if (depth == 0 &&
            (c == '{' || c == '[' || c == ',' || (c == ' ' && begin > 1 && text[begin - 2] == ':')))
            break;
        if (c == ')') ++depth;
        if (c == '(') --depth;
        --begin;
    }
    while (begin < offset && is_blank(text[begin])) ++begin;
    const std::string_view value = text.substr(begin, offset + 1 - begin);
    return {"in braces and brackets a `?` must be in quotes", fmt::format("put it in quotes: \"{}\"", value), "",
            begin, value.size()};
}

SyntaxAdvice about_columns(std::string_view text, std::size_t offset, const Misaligned& misaligned) {
    return {misaligned.message, std::string(kSameColumn), misaligned.expected, first_of_line(text, offset), 1};
}

// A name that stands alone among keys, as a column in a `select` does that is meant to go on as it is.
SyntaxAdvice about_keyless(std::string_view text, const TextSpan& span) {
    const std::string_view name = text.substr(span.offset, span.length);
    const bool is_name = name.find_first_of(" \t") == std::string_view::npos;
    return {"among keys of a mapping this line has no `: `",
            is_name ? fmt::format("write what it is, `{0}: …`; a column that goes on as it is, in a `select`, is `{0}: {0}`", name)
                    : "write `key: value`",
            "", span.offset, span.length};
}

// `${env:X}` that stands without quotes in braces: YAML takes its brace for one of its own.
std::optional<std::size_t> unquoted_substitution(std::string_view text, std::size_t offset) {
    const std::size_t start = start_of_line(text, offset);
    const std::string_view line = text.substr(start, end_of_line(text, start) - start);
    for (std::size_t at = line.find("${"); at != std::string_view::npos; at = line.find("${", at + 1)) {
        const bool in_flow = line.substr(0, at).find_first_of("{[") != std::string_view::npos;
        const bool begins = at > 0 && (line[at - 1] == ' ' || line[at - 1] == ',' || line[at - 1] == '[');
        if (in_flow && begins) return start + at + 1;
    }
    return std::nullopt;
}

}  // namespace

std::size_t skip_properties(std::string_view text, std::size_t offset) {
    while (offset < text.size() && (text[offset] == '&' || text[offset] == '!')) {
        while (offset < text.size() && !is_blank(text[offset])) ++offset;
        while (offset < text.size() && is_blank(text[offset])) ++offset;
    }
    return offset;
}

std::size_t scalar_length(std::string_view text, std::size_t offset, std::string_view value) {
    if (offset >= text.size()) return 0;
    const bool in_quotes = text[offset] == '"' || text[offset] == '\'';
    const bool as_written = text.substr(offset, value.size()) == value && value.find('\n') == value.npos;
    if (!in_quotes && as_written) return value.size();
    const std::size_t line_end = end_of_line(text, offset);
    if (in_quotes) return std::min(end_of_quoted(text, offset), line_end) - offset;
    std::size_t end = line_end;
    while (end > offset && is_blank(text[end - 1])) --end;
    return end - offset;
}

std::size_t written_length(std::string_view text, std::size_t offset, std::string_view value) {
    if (offset >= text.size()) return 0;
    if (text[offset] == '"' || text[offset] == '\'')
        return std::min(end_of_quoted(text, offset), text.size()) - offset;
    if (text[offset] != '|' && text[offset] != '>') return scalar_length(text, offset, value);
    const std::size_t key_line = start_of_line(text, offset);
    const std::size_t key_indent = text.find_first_not_of(' ', key_line) - key_line;
    std::size_t end = end_of_line(text, offset);
    for (std::size_t start = end; start < text.size();) {
        start = text.find('\n', start);
        if (start == std::string_view::npos) break;
        const std::size_t line_end = end_of_line(text, ++start);
        const std::size_t solid = std::min(text.find_first_not_of(' ', start), text.size());
        if (solid < line_end && solid - start <= key_indent) break;
        end = line_end;
        start = line_end;
    }
    return end - offset;
}

bool is_closed_quote(std::string_view text, std::size_t offset) {
    return end_of_quoted(text, offset) != std::string_view::npos;
}

std::size_t alias_length(std::string_view text, std::size_t offset) {
    return std::min(text.find_first_of(" \t\r\n,]}", offset), text.size()) - offset;
}

std::size_t flow_length(std::string_view text, std::size_t offset) {
    const std::size_t line_end = end_of_line(text, offset);
    int depth = 0;
    for (std::size_t i = offset; i < line_end; ++i) {
        if (text[i] == '"' || text[i] == '\'') {
            const bool begins =
                is_blank(text[i - 1]) || text[i - 1] == '[' || text[i - 1] == ',' || text[i - 1] == '{';
            if (!begins) continue;
            const std::size_t end = end_of_quoted(text, i);
            if (end > line_end) break;
            i = end - 1;
        } else if (text[i] == '{' || text[i] == '[') {
            ++depth;
        } else if ((text[i] == '}' || text[i] == ']') && --depth == 0) {
            return i + 1 - offset;
        }
    }
    return line_end - offset;
}

SyntaxAdvice advise(std::string_view text, std::size_t offset, std::string_view parser_message) {
    if (const auto tab = tab_in_indentation(text, std::min(offset, text.size()))) {
        return {"a tab in the indentation", "indent with spaces", "", *tab, 1};
    }
    if (const auto substitution = unquoted_substitution(text, std::min(offset, text.size()))) {
        return about_unclosed(text, {*substitution, '{'});
    }
    if (offset < text.size() && std::string_view("%@`").find(text[offset]) != std::string_view::npos) {
        return about_indicator(text, offset);
    }
    if (offset < text.size() && text[offset] == '*') {
        const std::size_t length = alias_length(text, offset);
        return {fmt::format("there is no anchor `&{}`", text.substr(offset + 1, length - 1)),
                "text that begins with `*` must be in quotes", "", offset, length};
    }
    const bool in_collection = parser_message.find("flow") != std::string_view::npos;
    if (const auto mark = question_mark(text, std::min(offset, text.size()))) {
        return about_question_mark(text, *mark);
    }
    if (const auto value = find_unquoted(text, offset))
        return to_be_quoted(text, *value, "text with quotes, brackets or `: ` in it");
    if (const auto unclosed = find_unclosed(text)) return about_unclosed(text, *unclosed);
    if (parser_message == "illegal block entry" || parser_message == "unexpected character in block scalar") {
        if (const auto value = begins_block(text, offset))
            return to_be_quoted(text, *value, fmt::format("text cannot begin with `{}`", text[value->offset]));
    }
    if (parser_message == "illegal map value") {
        if (const auto value = second_colon(text, offset)) {
            return {"a second `: ` on the line",
                    "if it is part of the text, put the text in quotes: " + in_quotes(text.substr(value->offset, value->length)), "",
                    value->offset, value->length};
        }
        if (const auto misaligned = about_going_on(text, offset)) return about_columns(text, offset, *misaligned);
        if (const auto keyless = find_keyless(text, offset)) return about_keyless(text, *keyless);
        return {"a `: ` where no key can be", "if it is part of a text, put the text in quotes", "", 0, 0};
    }
    const bool is_map = parser_message == "end of map not found";
    if (const auto keyless = is_map ? find_keyless(text, offset) : std::nullopt) return about_keyless(text, *keyless);
    if (is_map || parser_message == "end of sequence not found")
        return about_columns(text, offset, about_misaligned(text, offset));
    if (in_collection) return {"a bracket without its counterpart", "", "", 0, 0};
    return {};
}

}  // namespace weir::host
