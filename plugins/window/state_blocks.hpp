// Entries of keyed state on their way to the host, and the form of their bytes.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <weir/abi.h>
#include <weir/memory.hpp>
#include <weir/result.hpp>

namespace weir::window {

constexpr uint32_t kStateVersion = 1;
// The states, by their numbers.
constexpr uint32_t kWatermarkState = 0, kWindowState = 1;
constexpr uint32_t kKeyGroups = 256;
// Bits of a group's flags.
constexpr uint8_t kSent = 1, kClosed = 2;

template <class T>
void put(std::string &to, T value) {
    to.append(reinterpret_cast<const char *>(&value), sizeof value);
}

template <class T>
bool take(std::string_view &from, T &value) {
    if (from.size() < sizeof value) return false;
    std::memcpy(&value, from.data(), sizeof value);
    from.remove_prefix(sizeof value);
    return true;
}

inline void put_text(std::string &to, std::string_view text) {
    put(to, static_cast<uint32_t>(text.size()));
    to.append(text);
}

inline bool take_text(std::string_view &from, std::string_view &text) {
    uint32_t size = 0;
    if (!take(from, size) || from.size() < size) return false;
    text = from.substr(0, size);
    from.remove_prefix(size);
    return true;
}

// Hands entries over, a block for each state and key group: those of one come behind each other, and only they are held.
class StateBlocks {
public:
    explicit StateBlocks(const weir_snapshot &out) : out_(out) {}
    // Without a value it was deleted.
    void add(uint32_t state, uint32_t group, std::string_view key, std::optional<std::string_view> value);
    // REQUIRES: nothing is added behind it.
    Status finish();

private:
    struct Entry {
        size_t key, value, end;  // in bytes_
        bool deleted;
    };
    void put_block();

    const weir_snapshot &out_;
    uint32_t state_ = 0, group_ = 0;
    std::string bytes_;
    std::vector<Entry> entries_;
    std::vector<weir_str> keys_, values_;
    Status status_;
};

}  // namespace weir::window
