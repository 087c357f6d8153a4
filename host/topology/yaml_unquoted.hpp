// Where YAML and SQL meet badly: text without quotes that YAML cuts in pieces. Pure functions; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace weir::host {

// Whether a text without quotes ends within parentheses or within a quote that it has itself: it was cut off.
bool is_incomplete(std::string_view text);

// `text` as YAML has to have it to take it as it is.
std::string in_quotes(std::string_view text);

struct TextSpan {
    std::size_t offset = 0;
    std::size_t length = 0;
};

// On the line of `offset`, the first value that an expression has but YAML cannot read without quotes: one with `: `,
// brackets or quotes in it, or one that goes on behind its closing quote or bracket.
std::optional<TextSpan> find_unquoted(std::string_view text, std::size_t offset);

// The comment that directly follows a text that ends at `end`, on its line: from its blank to the end of the line.
std::optional<TextSpan> comment_behind(std::string_view text, std::size_t end);

}  // namespace weir::host
