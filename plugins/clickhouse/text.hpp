// Pieces of the texts that ClickHouse writes: types, keys, headers. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::clickhouse {

// Without the white space around it.
std::string_view trim(std::string_view text);
// Where the quoted text that begins at `at` ends, behind its closing mark, or at the end of the text.
size_t skip_quoted(std::string_view text, size_t at);
// At commas outside of parentheses and quotes, each trimmed; an empty last one is none.
std::vector<std::string_view> split(std::string_view text);

}  // namespace weir::clickhouse
