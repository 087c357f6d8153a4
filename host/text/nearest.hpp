// "Did you mean": the name nearest to a mistyped one.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace weir::host {

// Optimal string alignment distance (insert, delete, replace, swap of neighbours cost 1 each), ASCII letters
// compared without case; anything above `bound` is returned as bound + 1.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t bound);

// The candidate within a third of the name's length (at least 1, at most 4 edits), or one that differs by a
// part between dots or underscores (`kafka` for `kafka.sink`); of equals one with the same letters, else the
// first; "" if none is near. Looks at the first 1000 candidates.
std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace weir::host
