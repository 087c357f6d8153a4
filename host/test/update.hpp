// `weir test --update`: expectations rewritten to what came, in the text of their file. What is still right, comments,
// and all else stay byte for byte.
//
// Pure functions; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/test/suite.hpp"

namespace weir::host::test {

// A change of a text.
struct Edit {
    size_t begin = 0, end = 0;
    std::string text;
};

// What makes the expectation right. REQUIRES: its comparison is not good.
Edit edit_of(const Held& held);

// The edits applied. Of two that overlap, as by an alias, the first holds.
std::string edited(std::string_view text, std::vector<Edit> edits);

// The byte behind what is written at a node.
size_t end_of(const YamlNode& node);

}  // namespace weir::host::test
