// Definitions for scalar.hpp.
#pragma once

#include <charconv>

#include "scalar.hpp"

namespace weir::codecs {

template <class T>
void write_integer(Buffer &out, T value) {
    constexpr size_t kLongest = 20;  // -9223372036854775808, 18446744073709551615
    size_t old = out.size();
    if (out.capacity() - old < kLongest) out.reserve(old + kLongest);
    auto *to = reinterpret_cast<char *>(out.data()) + old;
    out.resize(old + static_cast<size_t>(std::to_chars(to, to + kLongest, value).ptr - to));
}

}  // namespace weir::codecs
