#include "host/keyed/state_table.hpp"

#include <algorithm>
#include <cstring>

namespace weir::host {

namespace {

// Beyond what the caches hold, so that prefetching pays.
constexpr size_t kLargeBytes = 24 << 10;
constexpr size_t kAhead = 16;  // entries
constexpr size_t kBlockEntries = 1024;

uint64_t wheel_entry(uint32_t group, uint32_t number) { return uint64_t{group} << 32 | number; }

constexpr int64_t kLatest = INT64_MAX - 1;

int64_t later(int64_t time, int64_t by) { return time > kLatest - by ? kLatest : time + by; }

bool all_zero(const char* bytes, size_t n) {
    for (size_t i = 0; i < n; ++i)
        if (bytes[i]) return false;
    return true;
}

}  // namespace

// Entries on their way into blocks.
struct StateTable::Gathered {
    std::string bytes;
    std::vector<std::string_view> keys;
    std::vector<std::pair<size_t, size_t>> values;  // where in `bytes`, and its end; npos: deleted
    std::vector<weir_str> abi_keys, abi_values;

    void add(std::string_view key) {
        keys.push_back(key);
        values.emplace_back(std::string::npos, 0);
    }
    Status flush(uint32_t group, uint32_t mode, const Put& put) {
        abi_keys.clear();
        abi_values.clear();
        for (size_t i = 0; i < keys.size(); ++i) {
            abi_keys.push_back({keys[i].data(), keys[i].size()});
            const auto [at, end] = values[i];
            abi_values.push_back(at == std::string::npos ? weir_str{nullptr, 0} : weir_str{bytes.data() + at, end - at});
        }
        Status status = put(group, mode, abi_keys, abi_values);
        keys.clear();
        values.clear();
        bytes.clear();
        return status;
    }
};

StateTable::StateTable(const SlotLayout& layout, StateTtl ttl, uint32_t key_bytes)
    : layout_(&layout), ttl_(ttl), shape_(layout.slot_bytes, ttl.after > 0, key_bytes), wheel_(ttl.after) {
    for (const SlotField& field : layout_->fields) has_texts_ = has_texts_ || field.type.is_text();
}

StateTable::~StateTable() = default;

bool StateTable::is_gone(char* entry) const {
    if (!header(entry).erased) return false;
    if (all_zero(entry + shape_.slot_at, layout_->slot_bytes)) return true;
    header(entry).erased = 0;
    return false;
}

void StateTable::mark(GroupTable& group, uint32_t number, char* entry) {
    if (header(entry).dirty) return;
    header(entry).dirty = 1;
    group.changed.push_back(number);
    ++changed_;
}

void StateTable::clear(char* entry) {
    clear_slot(*layout_, entry + shape_.slot_at, pool_);
    header(entry).erased = 1;
}

void StateTable::put_off(uint32_t group, uint32_t number, char* entry, int64_t time) {
    if (time == kNoTime)
        expiry(entry) = kUndated;
    else if (const int64_t end = later(time, ttl_.after); expiry(entry) == kUndated || expiry(entry) < end)
        expiry(entry) = end;
    if (header(entry).in_wheel) return;
    header(entry).in_wheel = 1;
    if (time == kNoTime)
        undated_.push_back(wheel_entry(group, number));
    else
        wheel_.add(expiry(entry), wheel_entry(group, number));
}

uint32_t StateTable::add(uint64_t hash, const uint64_t* key, uint32_t key_bytes) {
    GroupTable& group = groups_[hash >> 56];
    const size_t held = group.bytes(shape_), index = group.index_bytes();
    const uint32_t number = group.add(shape_, pool_, hash, key, key_bytes);
    group_bytes_ += group.bytes(shape_) - held;
    index_bytes_ += group.index_bytes() - index;
    ++entries_;
    return number;
}

inline void* StateTable::resolve_one(const KeyBatch& keys, size_t row, uint64_t hash, int64_t time, uint32_t flags) {
    const auto g = static_cast<uint32_t>(hash >> 56);
    GroupTable& group = groups_[g];
    const bool create = flags & WEIR_RESOLVE_CREATE, change = create || !(flags & WEIR_RESOLVE_READ);
    uint32_t number = group.find(shape_, hash, keys.words(row), keys.bytes(row));
    if (number == GroupTable::kNone) {
        if (!create) return nullptr;
        number = add(hash, keys.words(row), keys.bytes(row));
    }
    char* const entry = group.entry(shape_, number);
    header(entry).touched = 1;
    const bool was_gone = header(entry).erased && is_gone(entry);
    if (was_gone && !create) return nullptr;
    header(entry).erased = 0;
    if (shape_.expires) {
        if (!was_gone && !header(entry).judged && expiry(entry) != 0 && time != kNoTime && expiry(entry) <= time) {
            clear(entry);
            mark(group, number, entry);
            if (!create) return nullptr;
            header(entry).erased = 0;
        }
        if (change || ttl_.on_read || expiry(entry) == 0) {
            put_off(g, number, entry, time);
            mark(group, number, entry);
        }
        header(entry).judged = 1;
    }
    if (change) mark(group, number, entry);
    return entry + shape_.slot_at;
}

void StateTable::resolve(const KeyBatch& keys, const uint64_t* hashes, const int64_t* times, int64_t now,
                         uint32_t flags, void** slots) {
    const size_t n = keys.size();
    const size_t ahead = entries_ * shape_.bytes > kLargeBytes ? kAhead : n;
    for (size_t i = 0; i < n; ++i) {
        if (const size_t next = i + 2 * ahead; next < n) groups_[hashes[next] >> 56].prefetch_index(hashes[next]);
        if (const size_t next = i + ahead; next < n) groups_[hashes[next] >> 56].prefetch_entry(shape_, hashes[next]);
        slots[i] = resolve_one(keys, i, hashes[i], times ? std::max(times[i], now) : now, flags);
    }
    if (!shape_.expires) return;
    for (size_t i = 0; i < n; ++i)
        if (slots[i]) header(static_cast<char*>(slots[i]) - shape_.slot_at).judged = 0;
}

bool StateTable::erase(void* slot) {
    char* const entry = static_cast<char*>(slot) - shape_.slot_at;
    if (!header(entry).dirty) return false;
    clear(entry);
    return true;
}

void StateTable::date_undated(int64_t now) {
    for (uint64_t one : undated_) {
        const auto group = static_cast<uint32_t>(one >> 32), number = static_cast<uint32_t>(one);
        char* const entry = groups_[group].entry(shape_, number);
        header(entry).in_wheel = 0;
        if (!header(entry).live) continue;
        if (expiry(entry) == kUndated) {
            put_off(group, number, entry, now);
            mark(groups_[group], number, entry);
        } else {
            header(entry).in_wheel = 1;
            wheel_.add(expiry(entry), one);
        }
    }
    undated_.clear();
}

void StateTable::clean(int64_t now, size_t most) {
    if (!shape_.expires || now == kNoTime) return;
    if (!undated_.empty()) date_undated(now);
    wheel_.take_due(now, most, [&](uint64_t one) {
        const auto group = static_cast<uint32_t>(one >> 32), number = static_cast<uint32_t>(one);
        char* const entry = groups_[group].entry(shape_, number);
        header(entry).in_wheel = 0;
        if (!header(entry).live || is_gone(entry)) return;
        if (expiry(entry) > now) {
            header(entry).in_wheel = 1;
            return wheel_.add(expiry(entry), one);
        }
        clear(entry);
        mark(groups_[group], number, entry);
    });
}

Status StateTable::snapshot(const Put& put, uint64_t epoch) {
    committed();
    in_flight_ = static_cast<uint32_t>(epoch % 4);
    Gathered gathered;
    for (uint32_t group = 0; group < groups_.size(); ++group)
        if (Status s = snapshot_group(group, gathered, put); !s.ok()) return s;
    changed_ = 0;
    return {};
}

// Until its deletion is committed, an erased entry hides what the store still has.
void StateTable::committed() {
    in_flight_.reset();
    for (uint64_t one : std::exchange(buried_, {})) {
        const auto group = static_cast<uint32_t>(one >> 32), number = static_cast<uint32_t>(one);
        char* const entry = groups_[group].entry(shape_, number);
        if (header(entry).dirty || !is_gone(entry)) continue;
        groups_[group].remove(shape_, pool_, number);
        --entries_;
    }
}

void StateTable::forget(const std::vector<uint32_t>& gone, uint32_t index) {
    GroupTable& group = groups_[index];
    for (uint32_t number : gone) {
        if (may_evict_) {
            header(group.entry(shape_, number)).stored = 0;
            buried_.push_back(wheel_entry(index, number));
        } else {
            group.remove(shape_, pool_, number);
            --entries_;
        }
    }
}

Status StateTable::snapshot_group(uint32_t index, Gathered& gathered, const Put& put) {
    GroupTable& group = groups_[index];
    const bool all = group.rewrite && !group.partial;
    group.rewrite = false;
    const uint32_t mode = all ? WEIR_SNAPSHOT_FULL : WEIR_SNAPSHOT_CHANGES;
    if (!all && group.changed.empty()) return {};
    std::vector<uint32_t> gone;
    const size_t n = all ? group.numbers() : group.changed.size();
    for (size_t i = 0; i < n; ++i) {
        const uint32_t number = all ? static_cast<uint32_t>(i) : group.changed[i];
        if (!all && i + kAhead < n) group.prefetch(shape_, group.changed[i + kAhead]);
        char* const entry = group.entry(shape_, number);
        EntryHeader& about = header(entry);
        if (!about.live) continue;
        about.dirty = 0;
        about.epoch = *in_flight_ & 3;
        const std::string_view key = group.key(shape_, entry);
        if (is_gone(entry)) {
            gone.push_back(number);
            if (about.stored && !all) gathered.add(key);
        } else {
            gathered.add(key);
            const size_t at = gathered.bytes.size();
            encode_slot(*layout_, entry + shape_.slot_at, shape_.expires ? std::optional(expiry(entry)) : std::nullopt,
                        gathered.bytes);
            gathered.values.back() = {at, gathered.bytes.size()};
            about.stored = 1;
        }
        if (gathered.keys.size() == kBlockEntries)
            if (Status s = gathered.flush(index, mode, put); !s.ok()) return s;
    }
    if (all || !gathered.keys.empty())
        if (Status s = gathered.flush(index, mode, put); !s.ok()) return s;
    forget(gone, index);
    group.changed.clear();
    return {};
}

char* StateTable::restore(uint64_t hash, const uint64_t* key, uint32_t key_bytes) {
    restored_ = add(hash, key, key_bytes);
    char* const entry = groups_[hash >> 56].entry(shape_, restored_);
    header(entry).stored = 1;
    return entry + shape_.slot_at;
}

void StateTable::restore_expiry(char* slot, uint64_t hash, std::optional<int64_t> stored, int64_t now) {
    if (!shape_.expires) return;
    char* const entry = slot - shape_.slot_at;
    const auto g = static_cast<uint32_t>(hash >> 56);
    if (!stored || *stored == kUndated) {
        mark(groups_[g], restored_, entry);
        return put_off(g, restored_, entry, now);
    }
    expiry(entry) = *stored;
    if (header(entry).in_wheel) return;  // is looked at a little late then
    header(entry).in_wheel = 1;
    wheel_.add(*stored, wheel_entry(g, restored_));
}

}  // namespace weir::host
