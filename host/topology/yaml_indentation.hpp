// What the columns tell in which the lines of a text begin: the usual slip is a key that is one blank off.
//
// Threads: plain functions. Columns of YAML's indentation are blanks, so bytes.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "host/topology/yaml_unquoted.hpp"

namespace weir::host {

inline constexpr std::string_view kSameColumn = "keys of one mapping (and the dashes of one list) begin in the same column";

struct Misaligned {
    std::string message, expected;
};

// Of the line of `offset`, which YAML says is part of nothing above it.
Misaligned about_misaligned(std::string_view text, std::size_t offset);

// Of the colon at `offset`, where YAML has no key since the line is deeper than one above it with a text without quotes: that text
// goes on with it. Nothing where it is another colon.
std::optional<Misaligned> about_going_on(std::string_view text, std::size_t offset);

// The first of the lines without a `: ` that stand at, or directly before, the line of `offset`, where keys of a mapping stand. Nothing
// where there is none, or it goes on with the text of a key above it.
std::optional<TextSpan> find_keyless(std::string_view text, std::size_t offset);

// Whether the line of `offset` begins further left than the first one of the text, so that to YAML another document begins.
bool is_left_of_first(std::string_view text, std::size_t offset);

// The first byte that is not a blank of the line of `offset`.
std::size_t first_of_line(std::string_view text, std::size_t offset);

}  // namespace weir::host
