// What the state of rankings is on disk: the states' numbers, and words and texts as bytes.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace weir::top {

constexpr uint32_t kTopStateVersion = 1;
// The states, by their numbers.
constexpr uint32_t kRows = 0, kColumns = 1;

inline uint32_t group_of(uint64_t hash) { return static_cast<uint32_t>(hash >> 56); }

template <class T>
void put_word(std::string &to, T value) {
    to.append(reinterpret_cast<const char *>(&value), sizeof value);
}

inline void put_text(std::string &to, std::string_view text) {
    put_word(to, static_cast<uint32_t>(text.size()));
    to.append(text);
}

template <class T>
bool take_word(std::string_view &from, T &value) {
    if (from.size() < sizeof value) return false;
    std::memcpy(&value, from.data(), sizeof value);
    from.remove_prefix(sizeof value);
    return true;
}

inline bool take_text(std::string_view &from, std::string &text) {
    uint32_t size = 0;
    if (!take_word(from, size) || from.size() < size) return false;
    text = from.substr(0, size);
    from.remove_prefix(size);
    return true;
}

}  // namespace weir::top
