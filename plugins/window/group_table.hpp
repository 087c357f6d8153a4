// The groups of one window or slice: a key, and the state of its aggregates, by open addressing. Groups stay where they are,
// in memory that goes all at once with the table. One user at a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace weir::window {

// Where an index looks for a hash first. Without its top 8 bits, the key group: those of one worker are a range of these.
inline size_t home_of(uint64_t hash, int shift) { return (hash << 8) >> shift; }

// A key's state in a table; the state follows it, then the key.
struct alignas(16) Group {
    uint64_t hash = 0;
    int64_t rows = 0;  // that the state holds
    uint32_t key_bytes = 0;
    uint32_t since = 0;    // rows since it was last sent
    bool sent = false;     // in some form
    bool closed = false;   // sent as the window closed, or behind that
    bool pending = false;  // to be sent with the rows at hand
    bool dirty = false;    // changed since the last snapshot, and listed
    bool saved = false;    // the last snapshot has it

    void *state() { return this + 1; }
    const void *state() const { return this + 1; }
};

class GroupTable {
public:
    explicit GroupTable(size_t state_bytes) : state_bytes_(state_bytes) {}
    GroupTable(GroupTable &&) = default;
    GroupTable &operator=(GroupTable &&) = default;

    // The group of a key, made if there is none, its state zeroed.
    Group &at(uint64_t hash, std::string_view key) {
        if ((groups_.size() + 1) * 8 > index_.size() * 5) grow();
        const size_t mask = index_.size() - 1;
        for (size_t i = home_of(hash, shift_);; i = (i + 1) & mask) {
            Group *group = index_[i];
            if (!group) return *(index_[i] = make(hash, key));
            if (group->hash == hash && this->key(*group) == key) return *group;
        }
    }
    Group *find(uint64_t hash, std::string_view key) const {
        if (index_.empty()) return nullptr;
        const size_t mask = index_.size() - 1;
        for (size_t i = home_of(hash, shift_);; i = (i + 1) & mask) {
            Group *group = index_[i];
            if (!group || (group->hash == hash && this->key(*group) == key)) return group;
        }
    }
    void prefetch(uint64_t hash) const {
        if (!index_.empty()) __builtin_prefetch(&index_[home_of(hash, shift_)]);
    }
    std::string_view key(const Group &group) const {
        return {reinterpret_cast<const char *>(&group + 1) + state_bytes_, group.key_bytes};
    }

    // Room for so many groups, so that the index need not grow on the way there.
    void reserve(size_t groups) {
        while (groups * 8 > index_.size() * 5) grow();
        groups_.reserve(groups);
    }

    size_t size() const { return groups_.size(); }
    Group &operator[](size_t i) { return *groups_[i]; }  // in the order in which they were made
    const std::vector<Group *> &groups() const { return groups_; }

    // Lists a group for the next snapshot.
    void touch(Group &group) {
        if (group.dirty) return;
        group.dirty = true;
        dirty_.push_back(&group);
    }
    const std::vector<Group *> &dirty() const { return dirty_; }
    void clear_dirty() {
        for (Group *group : dirty_) group->dirty = false;
        dirty_.clear();
    }
    size_t held_bytes() const {
        return chunk_bytes_ + (index_.capacity() + groups_.capacity() + dirty_.capacity()) * sizeof(Group *);
    }

private:
    static constexpr size_t kMinIndex = 16, kMinChunk = 1024, kMaxChunk = 256 * 1024;

    Group *make(uint64_t hash, std::string_view key) {
        const size_t bytes = (sizeof(Group) + state_bytes_ + key.size() + 15) & ~size_t{15};
        auto *group = new (take(bytes)) Group;
        group->hash = hash;
        group->key_bytes = static_cast<uint32_t>(key.size());
        std::memset(group->state(), 0, state_bytes_);
        std::memcpy(reinterpret_cast<char *>(group + 1) + state_bytes_, key.data(), key.size());
        groups_.push_back(group);
        return group;
    }
    void *take(size_t bytes) {
        if (left_ < bytes) {
            const size_t chunk = std::max(bytes, std::min(kMaxChunk, std::max(kMinChunk, chunk_bytes_)));
            chunks_.push_back(std::make_unique_for_overwrite<Unit[]>(chunk / sizeof(Unit) + 1));
            next_ = reinterpret_cast<char *>(chunks_.back().get());
            left_ = chunk;
            chunk_bytes_ += chunk;
        }
        void *at = next_;
        next_ += bytes;
        left_ -= bytes;
        return at;
    }
    void grow() {
        const size_t capacity = std::max(kMinIndex, index_.size() * 2);
        shift_ = 64 - __builtin_ctzll(capacity);
        index_.assign(capacity, nullptr);
        for (Group *group : groups_) {
            size_t i = home_of(group->hash, shift_);
            while (index_[i]) i = (i + 1) & (capacity - 1);
            index_[i] = group;
        }
    }

    struct alignas(16) Unit {
        char bytes[16];
    };
    size_t state_bytes_;
    int shift_ = 64;
    std::vector<Group *> index_, groups_, dirty_;
    std::vector<std::unique_ptr<Unit[]>> chunks_;
    char *next_ = nullptr;
    size_t left_ = 0, chunk_bytes_ = 0;
};

}  // namespace weir::window
