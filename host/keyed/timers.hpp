// The timers of one instance on one clock: (time, key) pairs, each once, in order of time and then of the key's hash.
//
// On disk a timer is an entry without a value, whose key is the node's key and behind it the time, eight bytes,
// big-endian, the sign bit flipped.
//
// One thread at a time: the instance's worker, or the host before it runs.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
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
        auto operator<=>(const Timer&) const = default;
    };

    void set(int64_t time, uint64_t hash, std::string_view key) {
        if (!set_.insert({time, hash, std::string(key)}).second) return;
        bytes_ += size_of(key);
        note(time, hash, key, true);
    }
    void remove(int64_t time, uint64_t hash, std::string_view key) {
        if (!set_.erase({time, hash, std::string(key)})) return;
        bytes_ -= size_of(key);
        note(time, hash, key, false);
    }
    // What they take in memory, about.
    size_t bytes() const { return bytes_; }
    std::optional<int64_t> next() const { return set_.empty() ? std::nullopt : std::optional(set_.begin()->time); }

    // From now on only the timers that are there are due, all of them, until they have been taken.
    void drain() {
        draining_ = std::move(set_);
        set_.clear();
        drained_ = true;
    }
    bool is_due(int64_t upto) const {
        if (drained_) return !draining_.empty();
        return !set_.empty() && set_.begin()->time <= upto;
    }
    // REQUIRES: is_due.
    Timer take() {
        auto& from = drained_ ? draining_ : set_;
        Timer timer = std::move(from.extract(from.begin()).value());
        bytes_ -= size_of(timer.key);
        note(timer.time, timer.hash, timer.key, false);
        return timer;
    }

    // What changed since the last snapshot, by key group; a block may name a timer twice, the last one counts.
    using Put = std::function<Status(uint32_t group, std::span<const weir_str> keys, std::span<const weir_str> values)>;
    Status snapshot(const Put& put);
    void restore(int64_t time, uint64_t hash, std::string_view key) {
        if (set_.insert({time, hash, std::string(key)}).second) bytes_ += size_of(key);
    }
    // REQUIRES: the entry's key has the suffix.
    static int64_t time_of(std::string_view entry_key);

private:
    void note(int64_t time, uint64_t hash, std::string_view key, bool is_set);
    static size_t size_of(std::string_view key) {
        constexpr size_t kTreeNode = 32, kInline = 15;
        return sizeof(Timer) + kTreeNode + (key.size() > kInline ? key.size() + 1 : 0);
    }

    struct Change {
        std::string key;
        bool is_set;
    };
    std::set<Timer> set_, draining_;
    size_t bytes_ = 0;
    bool drained_ = false;
    std::array<std::vector<Change>, 256> changes_;
    bool changed_ = false;
};

}  // namespace weir::host
