// The entries of one state in one key group: an open-addressing index over pages of entries of one size.
//
// An entry is {header, expiry where the state has one, slot, key}; a key longer than its room lies in the pool. Entries
// never move, so that slots stay valid; the index alone is rebuilt when it grows. A group's memory is its own, apart
// from the pool, and goes with it: it can be dropped whole and read back by key.
//
// Entries that were erased stay, marked, until the barrier has told of them (StateTable::snapshot). Entries that were
// evicted go; a group that has lost some, or never had all of what is stored, is `partial`: a key that is not there may
// be in the store.
//
// One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "host/keyed/bytes_pool.hpp"

namespace weir::host {

// Where the parts of an entry are; all multiples of 8.
struct EntryShape {
    // `key_bytes`: of every key, or 0 where they differ.
    EntryShape(uint32_t slot_bytes, bool expires, uint32_t key_bytes);

    uint32_t slot_bytes;  // as declared
    uint32_t expiry_at = 0;
    uint32_t slot_at;
    uint32_t key_at;
    uint32_t key_room;
    uint32_t bytes;
    bool expires;
};

inline constexpr uint32_t kMaxKeyBytes = (1u << 23) - 1;

struct EntryHeader {
    uint32_t tag;  // low half of the key's hash
    uint32_t key_bytes : 23;
    uint32_t live : 1;
    uint32_t dirty : 1;     // in the list of changes
    uint32_t erased : 1;    // gone, unless its slot was written to since
    uint32_t stored : 1;    // an epoch has it
    uint32_t in_wheel : 1;  // a bucket of the expiry wheel names its number, also while it is free
    uint32_t judged : 1;    // by an earlier row of this call: its time is not over for the later ones
    uint32_t touched : 1;   // resolved since the eviction looked at it last
    uint32_t epoch : 2;     // that it was handed over in last, modulo 4
};

class GroupTable {
public:
    static constexpr uint32_t kNone = UINT32_MAX;

    // The entry of that key, or kNone.
    uint32_t find(const EntryShape& shape, uint64_t hash, const uint64_t* key, uint32_t key_bytes) const;
    // A new one, zeroed. REQUIRES: the key is not there.
    uint32_t add(const EntryShape& shape, BytesPool& pool, uint64_t hash, const uint64_t* key, uint32_t key_bytes);
    // Frees the entry; its number may be given again.
    void remove(const EntryShape& shape, BytesPool& pool, uint32_t number);

    char* entry(const EntryShape& shape, uint32_t number) const {
        return pages_[number / kPageEntries].get() + size_t{number % kPageEntries} * shape.bytes;
    }
    std::string_view key(const EntryShape& shape, const char* entry) const;

    // For batches: what `find` will read first, and what it will read then.
    void prefetch_index(uint64_t hash) const {
        if (!index_.empty()) __builtin_prefetch(&index_[static_cast<uint32_t>(hash) & mask_]);
    }
    void prefetch_entry(const EntryShape& shape, uint64_t hash) const {
        if (index_.empty()) return;
        const Cell& cell = index_[static_cast<uint32_t>(hash) & mask_];
        if (cell.number) prefetch(shape, cell.number - 1);
    }
    // It may lie on two cache lines.
    void prefetch(const EntryShape& shape, uint32_t number) const {
        const char* const at = entry(shape, number);
        __builtin_prefetch(at);
        __builtin_prefetch(at + shape.bytes - 1);
    }

    static constexpr uint32_t kPageEntries = 32;
    uint32_t pages() const { return static_cast<uint32_t>(pages_.size()); }
    // Gives the last page back. REQUIRES: all of its numbers are free, and there are others free than those.
    void drop_last_page();
    // Whether others are free than those of the last page, and a page of them more.
    bool has_spare_page() const { return free_.size() > 3 * size_t{kPageEntries}; }

    uint32_t entries() const { return used_; }       // erased ones included
    uint32_t numbers() const { return numbers_; }    // all numbers are below it
    // Held, without what is in the pool.
    size_t bytes(const EntryShape& shape) const { return pages_.size() * kPageEntries * shape.bytes + index_bytes(); }
    size_t index_bytes() const { return index_.size() * sizeof(Cell); }

    std::vector<uint32_t> changed;  // numbers of dirty entries
    bool rewrite = false;           // all of it goes into the next epoch: it was read from another layout
    bool partial = false;

private:
    struct Cell {
        uint32_t tag;
        uint32_t number;  // plus 1; 0: none
    };
    void grow();
    static void place(std::vector<Cell>& index, uint32_t mask, Cell cell);
    bool is(const EntryShape& shape, const char* entry, const uint64_t* key, uint32_t key_bytes) const;

    std::vector<Cell> index_;
    uint32_t mask_ = 0;
    uint32_t used_ = 0, numbers_ = 0;
    std::vector<std::unique_ptr<char[]>> pages_;
    std::vector<uint32_t> free_;
};

}  // namespace weir::host
