// Looks at YAML text around a place: how long is what stands there, and what was probably meant where it is
// not YAML.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace weir::host {

// The first byte of a value that begins at `offset`, behind an anchor and a tag.
std::size_t skip_properties(std::string_view text, std::size_t offset);

// The bytes that a scalar takes on its first line, quotes included; `value` is what YAML made of it.
std::size_t scalar_length(std::string_view text, std::size_t offset, std::string_view value);

// The same with all its lines: quoted text over several, block scalars to the end of their block.
std::size_t written_length(std::string_view text, std::size_t offset, std::string_view value);

// Whether the quoted text that begins at `offset` ends at all.
bool is_closed_quote(std::string_view text, std::size_t offset);

// The bytes of an alias with its star.
std::size_t alias_length(std::string_view text, std::size_t offset);

// The bytes of a flow collection from its opening bracket, as far as they are on that line.
std::size_t flow_length(std::string_view text, std::size_t offset);

struct SyntaxAdvice {
    std::string message;     // says it better than the parser; may be empty
    std::string hint;        // may be empty
    std::string expected;    // may be empty
    std::size_t offset = 0;  // a better place
    std::size_t length = 0;  // 0: keep the parser's place
};

// For the usual traps: tabs, keys that do not begin in the column of the others, an unquoted `: `, a quote or bracket that is
// not closed, text that begins with `*`, `&`, `%`, `@` or a backtick, an unquoted `${…}` in braces.
SyntaxAdvice advise(std::string_view text, std::size_t offset, std::string_view parser_message);

}  // namespace weir::host
