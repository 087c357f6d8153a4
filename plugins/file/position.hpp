// Where a split of file.source stands: a byte of a file, and how the file is known again.
//
// A file may be renamed, truncated or replaced between two looks at it. So a position has, besides the offset, which
// file it was, and a hash of the bytes before the offset: only where these are the same does the offset mean anything.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "descriptor.hpp"

namespace weir::file {

inline constexpr size_t kTailBytes = 1024;

uint64_t hash_of(std::string_view bytes);

struct Position {
    uint64_t offset = 0;
    uint64_t tail_bytes = 0;  // before the offset
    uint64_t tail_hash = 0;
    Identity file;
    bool ended = false;  // a file that is read once, to its end

    bool operator==(const Position &) const = default;

    // `OFFSET tail=BYTES:HASH file=DEVICE:INODE`, and ` end`
    std::string text() const;
    // False: `text` is no position.
    static bool parse(std::string_view text, Position *out);
};

// Whether the file holds, before the offset, what it held when the position was taken.
bool matches(const Descriptor &file, const Position &position);

}  // namespace weir::file
