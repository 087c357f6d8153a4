// The timers of one instance on one clock: (time, key) pairs, each once, in order of time and then of the key's hash.
//
// On disk a timer is an entry without a value, whose key is the node's key and behind it the time, eight bytes,
// big-endian, the sign bit flipped. What changes is kept as the difference to the last snapshot: a timer that came and
// went since is nowhere, so that changes take no more than the timers that there are and were.
//
// One thread at a time: the instance's worker, or the host before it runs.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <weir/abi.h>
#include <weir/result.hpp>

namespace weir::host {

inline constexpr size_t kTimerSuffixBytes = 8;

class Timers {
public:
    struct Timer {
        int64_t time;
        uint64_t hash;
        std::string key;
        bool operator<(const Timer& other) const {
            return std::tie(time, hash, key) < std::tie(other.time, other.hash, other.key);
        }
    };

    // Setting one that is set, or being drained, changes nothing.
    void set(int64_t time, uint64_t hash, std::string_view key);
    void remove(int64_t time, uint64_t hash, std::string_view key);
    // What they take in memory, about; and what the next snapshot takes, what is kept for it included.
    size_t bytes() const { return bytes_; }
    size_t changed_bytes() const { return changed_bytes_; }
    std::optional<int64_t> next() const { return set_.empty() ? std::nullopt : std::optional(set_.begin()->first.time); }

    // Nothing changed since the last snapshot, or restore.
    bool is_as_snapshot() const { return changed_bytes_ == 0 && !drained_; }

    // From now on only the timers that are there are due, all of them, until they have been taken or removed.
    void drain() {
        draining_ = std::move(set_);
        set_.clear();
        drained_ = true;
    }
    bool is_due(int64_t upto) const {
        if (drained_) return !draining_.empty();
        return !set_.empty() && set_.begin()->first.time <= upto;
    }
    // The next that take gives. REQUIRES: is_due.
    const Timer& due() const { return (drained_ ? draining_ : set_).begin()->first; }
    Timer take() {
        Timers::Set& from = drained_ ? draining_ : set_;
        return remove(from, from.begin());
    }

    // What changed since the last snapshot, by key group; a block may name a timer twice, the last one counts.
    using Put = std::function<Status(uint32_t group, std::span<const weir_str> keys, std::span<const weir_str> values)>;
    Status snapshot(const Put& put);
    void restore(int64_t time, uint64_t hash, std::string_view key) {
        if (set_.try_emplace({time, hash, std::string(key)}, kStored).second) bytes_ += size_of(key);
    }
    // REQUIRES: the entry's key has the suffix.
    static int64_t time_of(std::string_view entry_key);

private:
    // Its place in added_, or that the last snapshot has it.
    using Set = std::map<Timer, uint32_t>;
    static constexpr uint32_t kStored = UINT32_MAX;
    struct Changes {
        std::vector<Set::iterator> added;
        std::vector<std::string> gone;  // entries' keys
    };

    Timer remove(Set& from, Set::iterator timer);
    Status snapshot_group(uint32_t group, const Put& put);
    static std::string entry_key(const Timer& timer);
    static size_t size_of(std::string_view key) {
        constexpr size_t kTreeNode = 32, kInline = 15;
        return sizeof(Set::value_type) + kTreeNode + sizeof(Set::iterator) + (key.size() > kInline ? key.size() + 1 : 0);
    }
    // As StateTable::epoch_bytes.
    static size_t epoch_bytes(std::string_view key) { return 4 * (key.size() + kTimerSuffixBytes) + 64; }

    Set set_, draining_;
    std::array<Changes, 256> changes_;  // by key group
    size_t bytes_ = 0, changed_bytes_ = 0;
    bool drained_ = false;
};

// Which keys a batch of timers has already, so that a call of on_timers has each once: it may remove others of the key.
class KeysOfCall {
public:
    void clear() {
        places_.resize(kPlaces);
        ++call_;
    }
    // False: the key, or another of its hash, is there. REQUIRES: clear before, at most WEIR_BATCH_MAX_ROWS since.
    bool add(uint64_t hash) {
        size_t at = hash % kPlaces;
        for (; places_[at].call == call_; at = (at + 1) % kPlaces)
            if (places_[at].hash == hash) return false;
        places_[at] = {hash, call_};
        return true;
    }

private:
    static constexpr size_t kPlaces = 2 * WEIR_BATCH_MAX_ROWS;
    struct Place {
        uint64_t hash = 0, call = 0;
    };
    std::vector<Place> places_;
    uint64_t call_ = 0;
};

}  // namespace weir::host
