// Where a part of a scalar's text is written in its file: in plain, quoted and block scalars, over any number of lines.
#pragma once

#include <cstddef>
#include <string_view>

#include "host/topology/source_file.hpp"

namespace weir::host {

// The place of `length` bytes of a scalar's text from byte `index`; behind its last character where there are none. All of the
// scalar where what is written at `scalar` does not give this text.
Place place_within(const Place& scalar, std::string_view text, std::size_t index, std::size_t length);

}  // namespace weir::host
