// Data as text that is safe to show in a terminal: nothing in it moves the cursor, colours, or hides what follows.
//
// Control characters (C0, DEL, C1), marks that turn the writing direction and bytes that are not UTF-8 are
// escaped. Plain functions, any thread.
#pragma once

#include <string>
#include <string_view>

namespace weir::console {

// Appends `text`; escapes are \n, \t, \r, \xHH for bytes and \u{HHHH} for characters; a backslash is doubled.
void append_printable(std::string &out, std::string_view text);

// Appends a payload, which may be JSON or have backslashes of its own: they are as they are, and so are tabs.
void append_plain(std::string &out, std::string_view text);

// Makes JSON text safe by \uHHHH escapes, which leave its meaning as it is. `json` is valid JSON in UTF-8, its
// C0 characters escaped already.
void append_printable_json(std::string &out, std::string_view json);

// Characters in UTF-8 text: what a column of a table is wide.
size_t width_of(std::string_view text);

// Cuts text in UTF-8 to at most `width` characters, the last one then being an ellipsis.
std::string cut(std::string text, size_t width);

}  // namespace weir::console
