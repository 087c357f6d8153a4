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

class StateBlocks {
public:
    void add(uint32_t state, uint32_t group, std::string key, std::optional<std::string> value) {
        entries_.push_back({state, group, std::move(key), std::move(value)});
    }
    // Hands all over, a block for each state and key group.
    Status put(const weir_snapshot &out);

private:
    struct Entry {
        uint32_t state, group;
        std::string key;
        std::optional<std::string> value;  // none: it was deleted
    };
    std::vector<Entry> entries_;
};

}  // namespace weir::window
