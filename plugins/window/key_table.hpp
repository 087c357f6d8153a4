// Keys that come and go, each with its panes: the windows, or parts of windows, that the key has. Found by open addressing.
// Keys and panes stay where they are. One user at a time.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "group_table.hpp"
#include "time_grid.hpp"

namespace weir::window {

struct Key;

// A window of one key; the state follows it.
struct alignas(16) PaneOf {
    Bounds bounds;
    int64_t saved_start = 0;  // under which the last snapshot has it, if `group.saved`
    Key *key = nullptr;
    PaneOf *next = nullptr;  // of the key, by start
    std::string *sent = nullptr;  // of a changelog: what was sent last
    uint32_t dead : 1 = 0;        // no longer of the key
    uint32_t expired : 1 = 0;     // about to be
    uint32_t holders : 30 = 0;    // lists that have it beside its key: the last one frees a dead pane
    uint32_t due = 0;             // of a session: the low bits of the time at which it is looked at next
    Group group;                  // the last member: the state follows

    static PaneOf *make(size_t state_bytes) {
        void *at = std::aligned_alloc(16, (sizeof(PaneOf) + state_bytes + 15) & ~size_t{15});
        if (!at) throw std::bad_alloc();
        auto *pane = new (at) PaneOf;
        std::memset(pane->group.state(), 0, state_bytes);
        return pane;
    }
    // REQUIRES: what the state has outside is dropped.
    static void free(PaneOf *pane) {
        delete pane->sent;
        pane->~PaneOf();
        std::free(pane);
    }
};

// A key; its bytes follow it.
struct Key {
    uint64_t hash = 0;
    PaneOf *first = nullptr;
    uint64_t rows = 0;    // windows of rows: so far
    uint32_t bytes = 0;
    bool pending = false;  // to be sent with the rows at hand
    std::string_view text() const { return {reinterpret_cast<const char *>(this + 1), bytes}; }
};

class KeyTable {
public:
    KeyTable() = default;
    KeyTable(const KeyTable &) = delete;
    KeyTable &operator=(const KeyTable &) = delete;
    ~KeyTable() {
        for (Key *key : index_) std::free(key);
    }

    Key &at(uint64_t hash, std::string_view text) {
        if ((size_ + 1) * 8 > index_.size() * 5) grow();
        size_t i = home_of(hash, shift_);
        for (; index_[i]; i = next(i))
            if (index_[i]->hash == hash && index_[i]->text() == text) return *index_[i];
        void *at = std::malloc(sizeof(Key) + text.size());
        if (!at) throw std::bad_alloc();
        Key *key = new (at) Key;
        key->hash = hash;
        key->bytes = static_cast<uint32_t>(text.size());
        std::memcpy(key + 1, text.data(), text.size());
        ++size_;
        bytes_ += sizeof(Key) + text.size();
        return *(index_[i] = key);
    }
    // A key without panes.
    void erase(Key &key) {
        size_t hole = home_of(key.hash, shift_);
        while (index_[hole] != &key) hole = next(hole);
        --size_;
        bytes_ -= sizeof(Key) + key.bytes;
        std::free(&key);
        // Whatever stands behind the hole and does not stand at its own place moves up.
        for (size_t i = next(hole); index_[i]; i = next(i)) {
            const size_t home = home_of(index_[i]->hash, shift_);
            if (((i - home) & mask()) < ((i - hole) & mask())) continue;
            index_[hole] = index_[i];
            hole = i;
        }
        index_[hole] = nullptr;
    }
    void prefetch(uint64_t hash) const {
        if (!index_.empty()) __builtin_prefetch(&index_[home_of(hash, shift_)]);
    }
    size_t size() const { return size_; }
    // By place: null where there is none. Places move with every call of at and erase.
    const std::vector<Key *> &places() const { return index_; }
    size_t held_bytes() const { return bytes_ + index_.size() * sizeof(Key *); }

private:
    size_t mask() const { return index_.size() - 1; }
    size_t next(size_t i) const { return (i + 1) & mask(); }
    void grow() {
        const std::vector<Key *> old = std::move(index_);
        const size_t capacity = std::max<size_t>(16, old.size() * 2);
        shift_ = 64 - __builtin_ctzll(capacity);
        index_.assign(capacity, nullptr);
        for (Key *key : old) {
            if (!key) continue;
            size_t i = home_of(key->hash, shift_);
            while (index_[i]) i = next(i);
            index_[i] = key;
        }
    }

    std::vector<Key *> index_;
    size_t size_ = 0, bytes_ = 0;
    int shift_ = 64;
};

}  // namespace weir::window
