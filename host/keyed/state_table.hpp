// One keyed state of one instance: an entry for each key, by key group, with expiry and the marks of what changed.
//
// An entry is gone once it was erased and its slot is still zeroed, or its time has come; from then on nobody sees it,
// and the next snapshot tells of it. An entry with a time to live that was written before there was any time (no
// watermark yet) gets its expiry with the first.
//
// One thread at a time: the instance's worker, or the host before it runs.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <weir/abi.h>

#include "host/keyed/expiry_wheel.hpp"
#include "host/keyed/group_table.hpp"
#include "host/keyed/key_codec.hpp"
#include "host/keyed/value_codec.hpp"

namespace weir::host {

struct StateTtl {
    int64_t after = 0;  // microseconds; 0: entries stay
    uint32_t clock = WEIR_CLOCK_PROCESSING;
    bool on_read = false;
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

    // Hands over what changed since the last snapshot, and forgets what is gone. Entries are borrowed during the call.
    using Put = std::function<Status(uint32_t group, uint32_t mode, std::span<const weir_str> keys,
                                     std::span<const weir_str> values)>;
    Status snapshot(const Put& put);

    // An entry as of the last snapshot. REQUIRES: the key is not there. Fill the slot; then, with a ttl, date it.
    char* restore(uint64_t hash, const uint64_t* key, uint32_t key_bytes);
    void restore_expiry(char* slot, uint64_t hash, std::optional<int64_t> expiry, int64_t now);
    // The next snapshot holds all of the group: it was written in another layout.
    void rewrite(uint32_t group) { groups_[group].rewrite = true; }

    uint64_t entries() const { return entries_; }  // what is gone and not yet told of included
    size_t bytes() const;

private:
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

    const SlotLayout& layout_;
    const StateTtl ttl_;
    const EntryShape shape_;
    BytesPool pool_;
    std::array<GroupTable, 256> groups_;
    ExpiryWheel wheel_;
    std::vector<uint64_t> undated_;
    uint64_t entries_ = 0;
};

}  // namespace weir::host
