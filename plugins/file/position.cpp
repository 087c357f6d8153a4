#include "position.hpp"

#include <charconv>

#include <xxhash.h>

namespace weir::file {
namespace {

// Takes `word` and a number off the text.
bool take_number(std::string_view *text, std::string_view word, uint64_t *out, int base = 10) {
    if (!text->starts_with(word)) return false;
    text->remove_prefix(word.size());
    const auto [end, code] = std::from_chars(text->data(), text->data() + text->size(), *out, base);
    if (code != std::errc()) return false;
    text->remove_prefix(static_cast<size_t>(end - text->data()));
    return true;
}

std::string hex(uint64_t value) {
    char digits[16];
    const auto end = std::to_chars(digits, digits + sizeof digits, value, 16).ptr;
    return {digits, end};
}

}  // namespace

uint64_t hash_of(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

std::string Position::text() const {
    return std::to_string(offset) + " tail=" + std::to_string(tail_bytes) + ":" + hex(tail_hash) +
           " file=" + std::to_string(file.device) + ":" + std::to_string(file.inode) + (ended ? " end" : "");
}

bool Position::parse(std::string_view text, Position *out) {
    if (!take_number(&text, "", &out->offset) || !take_number(&text, " tail=", &out->tail_bytes) ||
        !take_number(&text, ":", &out->tail_hash, 16) || !take_number(&text, " file=", &out->file.device) ||
        !take_number(&text, ":", &out->file.inode))
        return false;
    out->ended = text == " end";
    return (text.empty() || out->ended) && out->tail_bytes <= std::min<uint64_t>(kTailBytes, out->offset);
}

bool matches(const Descriptor &file, const Position &position) {
    FileInfo info;
    if (!look_at(file, &info) || info.size < position.offset) return false;
    char bytes[kTailBytes];
    const auto n = static_cast<int64_t>(position.tail_bytes);
    if (read_at(file, bytes, position.tail_bytes, position.offset - position.tail_bytes) != n) return false;
    return n == 0 || hash_of({bytes, position.tail_bytes}) == position.tail_hash;
}

}  // namespace weir::file
