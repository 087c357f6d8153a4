// One keyed state of one instance: an entry for each key, by key group, with expiry and the marks of what changed.
//
// An entry is gone once it was erased and its slot is still zeroed, or its time has come; from then on nobody sees it,
// and the next snapshot tells of it. An entry with a time to live that was written before there was any time (no
// watermark yet) gets its expiry with the first.
//
// Entries that have not changed since an epoch that is committed can be evicted. Whoever resolves keys then asks first
// which of them are missing, and restores those from the store.
//
// One thread at a time: the instance's worker, or the host before it runs.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include <weir/abi.h>
#include <weir/key_codec.hpp>

#include "host/keyed/expiry_wheel.hpp"
#include "host/keyed/group_table.hpp"
#include "host/keyed/value_codec.hpp"

namespace weir::host {

struct StateTtl {
    int64_t after = 0;  // microseconds; 0: entries stay
    uint32_t clock = WEIR_CLOCK_PROCESSING;
    bool on_read = false;
    bool operator==(const StateTtl&) const = default;
};

inline constexpr int64_t kNoTime = INT64_MIN;  // of a clock that has none yet

class StateTable {
public:
    // The layout must outlive it. `key_bytes`: of every key, or 0 where they differ.
    StateTable(const SlotLayout& layout, StateTtl ttl, uint32_t key_bytes);
    ~StateTable();
    StateTable(const StateTable&) = delete;
    StateTable& operator=(const StateTable&) = delete;

    // As weir_state_api.resolve, for rows of keys with their hashes. `now`: of the state's clock, or kNoTime.
    void resolve(const KeyBatch& keys, const uint64_t* hashes, const int64_t* times, int64_t now, uint32_t flags,
                 void** slots);
    // False: the slot was not resolved for change since the last snapshot.
    bool erase(void* slot);
    BytesPool& pool() { return pool_; }

    // Erases entries that have expired, looking at `most` at most.
    void clean(int64_t now, size_t most);

    // REQUIRES: it is alike; it must outlive the table.
    void set_layout(const SlotLayout& layout) { layout_ = &layout; }

    // Hands over what changed since the last snapshot, and forgets what is gone. Entries are borrowed during the call.
    // REQUIRES: the epoch of the last snapshot is committed.
    using Put = std::function<Status(uint32_t group, uint32_t mode, std::span<const weir_str> keys,
                                     std::span<const weir_str> values)>;
    Status snapshot(const Put& put, uint64_t epoch);
    // What the last snapshot handed over can be read from the store.
    void committed();

    // An entry as of the last snapshot. REQUIRES: the key is not there. Fill the slot; then, with a ttl, date it.
    char* restore(uint64_t hash, const uint64_t* key, uint32_t key_bytes);
    void restore_expiry(char* slot, uint64_t hash, std::optional<int64_t> expiry, int64_t now);
    // The next snapshot holds all of the group: it was written in another layout.
    void rewrite(uint32_t group) { groups_[group].rewrite = true; }

    // Whether there may be entries in the store alone; and of keys, in which rows they may be.
    bool is_partial() const { return partial_groups_ > 0; }
    void missing(const KeyBatch& keys, const uint64_t* hashes, std::vector<uint32_t>& rows) const;
    bool has(const KeyBatch& keys, size_t row, uint64_t hash) const {
        return groups_[hash >> 56].find(shape_, hash, keys.words(row), keys.bytes(row)) != GroupTable::kNone;
    }
    // REQUIRES, before entries are evicted: said before the first snapshot.
    void allow_eviction() { may_evict_ = true; }
    // Not all of the group is in memory.
    void set_partial(uint32_t group);
    // Evicts entries that can be and were not resolved since it last came by, until about `bytes` are free, or it has
    // looked at `most` entries, which it counts down. Returns what it has freed.
    size_t evict(size_t bytes, size_t& most);
    // Gives memory back that evicted entries have left, as far as nothing else lies in the same pages: about `bytes`.
    size_t shrink(size_t bytes);

    uint64_t entries() const { return entries_; }  // what is gone and not yet told of included
    uint64_t changed() const { return changed_; }  // since the last snapshot
    size_t bytes() const { return group_bytes_ + pool_.bytes(); }  // held
    // The same without what evicted entries have left.
    size_t used() const { return entries_ * shape_.bytes + index_bytes_ + pool_.used(); }
    // What an epoch takes, at most about, for each entry that changed: its block, sorted, encoded, and in the store.
    size_t epoch_bytes() const { return 4 * size_t{shape_.bytes} + 64; }

private:
    static constexpr int64_t kUndated = INT64_MAX;  // an expiry
    struct Gathered;
    EntryHeader& header(char* entry) const { return *reinterpret_cast<EntryHeader*>(entry); }
    int64_t& expiry(char* entry) const { return *reinterpret_cast<int64_t*>(entry + shape_.expiry_at); }
    bool is_gone(char* entry) const;
    void mark(GroupTable& group, uint32_t number, char* entry);
    void clear(char* entry);
    void put_off(uint32_t group, uint32_t number, char* entry, int64_t time);
    void* resolve_one(const KeyBatch& keys, size_t row, uint64_t hash, int64_t time, uint32_t flags);
    void date_undated(int64_t now);
    Status snapshot_group(uint32_t group, Gathered& gathered, const Put& put);
    uint32_t add(uint64_t hash, const uint64_t* key, uint32_t key_bytes);
    void forget(const std::vector<uint32_t>& gone, uint32_t group);
    bool can_evict(char* entry) const;
    void evict_entry(uint32_t group, uint32_t number, char* entry);
    size_t evict_page(uint32_t group, uint32_t page);
    bool drop_last_page(uint32_t group);

    const SlotLayout* layout_;
    const StateTtl ttl_;
    const EntryShape shape_;
    BytesPool pool_;
    std::array<GroupTable, 256> groups_;
    ExpiryWheel wheel_;
    std::vector<uint64_t> undated_;
    uint64_t entries_ = 0, changed_ = 0;
    size_t group_bytes_ = 0, index_bytes_ = 0;
    uint32_t partial_groups_ = 0;
    uint32_t restored_ = 0;              // the number of the last restored entry
    std::optional<uint32_t> in_flight_;  // the epoch of the last snapshot, modulo 4, until it is committed
    std::vector<uint64_t> buried_;       // entries whose deletion is in that epoch
    uint32_t next_group_ = 0, next_page_ = 0;  // where eviction goes on
    bool any_page_ = false;                    // in this round of it
    bool has_texts_ = false, may_evict_ = false;
};

}  // namespace weir::host
