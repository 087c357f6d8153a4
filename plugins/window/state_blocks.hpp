// Entries of keyed state on their way to the host, and the form of their bytes.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <weir/abi.h>
#include <weir/memory.hpp>
#include <weir/result.hpp>

namespace weir::window {

constexpr uint32_t kStateVersion = 2;
// The states, by their numbers. Of a key group, the first says what the entries of the second mean.
constexpr uint32_t kWatermarkState = 0, kWindowState = 1;
constexpr uint32_t kKeyGroups = 256;

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

// Seven bits a byte, the lowest first; another bit says that more follow (LEB128).
inline void put_number(std::string &to, uint64_t value) {
    for (; value >= 0x80; value >>= 7) to.push_back(static_cast<char>(value | 0x80));
    to.push_back(static_cast<char>(value));
}

inline bool take_number(std::string_view &from, uint64_t &value) {
    value = 0;
    for (int shift = 0; shift < 64 && !from.empty(); shift += 7) {
        const auto byte = static_cast<uint8_t>(from.front());
        from.remove_prefix(1);
        value |= uint64_t{byte & 0x7fu} << shift;
        if (byte < 0x80) return true;
    }
    return false;
}

// What is kept of a group beside its state. `last`: of a changelog, what was sent of it last, or empty; borrowed.
struct GroupEntry {
    uint64_t hash = 0;
    uint64_t rows = 0, since = 0;
    bool sent = false, closed = false;
    std::string_view last;
};
void put_group(std::string &to, const GroupEntry &group);
bool take_group(std::string_view &from, GroupEntry &group);

// Keys that are gone since the last snapshot, by key group, in few bytes: a million windows may close between two.
class DeletedKeys {
public:
    void add(uint32_t group, std::string_view key) {
        const size_t before = of_group_[group].capacity();
        put_text(of_group_[group], key);
        bytes_ += of_group_[group].capacity() - before;
    }
    // Calls with each of the group's keys, in their order; the group has none then.
    template <class F>
    void take(uint32_t group, F f) {
        const std::string taken = std::exchange(of_group_[group], {});
        bytes_ -= taken.capacity() - of_group_[group].capacity();
        std::string_view rest = taken, key;
        while (take_text(rest, key)) f(key);
    }
    size_t held_bytes() const { return bytes_; }

private:
    std::array<std::string, kKeyGroups> of_group_;
    size_t bytes_ = 0;
};

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

inline Status damaged() { return Status::state_version("an entry of the state is damaged"); }

}  // namespace weir::window
