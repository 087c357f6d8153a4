// Rows by key, of which the ones that were used longest ago go first when there is no more room. Also keys that have no row.
// One user at a time.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace weir::clickhouse {

class LookupCache {
public:
    LookupCache(uint64_t max_bytes, int64_t lifetime) : max_bytes_(max_bytes), lifetime_(lifetime) {}

    using Row = std::optional<std::string>;  // none: the key has no row
    // NULL: it is not known, or not any more. Valid until the next put.
    const Row *find(std::string_view key, int64_t now) {
        const auto found = places_.find(key);
        if (found == places_.end()) return nullptr;
        if (now >= found->second->until) {
            drop(found->second);
            return nullptr;
        }
        entries_.splice(entries_.begin(), entries_, found->second);
        return &found->second->row;
    }
    void put(std::string key, Row row, int64_t now) {
        if (const auto known = places_.find(key); known != places_.end()) drop(known->second);
        entries_.push_front({std::move(key), std::move(row), now + lifetime_});
        places_.emplace(entries_.front().key, entries_.begin());
        bytes_ += size_of(entries_.front());
        while (bytes_ > max_bytes_ && !entries_.empty()) drop(std::prev(entries_.end()));
    }
    uint64_t bytes() const { return bytes_; }
    size_t size() const { return entries_.size(); }

private:
    static constexpr uint64_t kOverhead = 160;  // about: the nodes of list and map
    struct Entry {
        std::string key;
        Row row;
        int64_t until;
    };
    using Place = std::list<Entry>::iterator;
    static uint64_t size_of(const Entry &entry) { return entry.key.size() + (entry.row ? entry.row->size() : 0) + kOverhead; }
    void drop(Place place) {
        bytes_ -= size_of(*place);
        places_.erase(place->key);
        entries_.erase(place);
    }

    const uint64_t max_bytes_;
    const int64_t lifetime_;
    uint64_t bytes_ = 0;
    std::list<Entry> entries_;  // the one that was used last stands first
    std::unordered_map<std::string_view, Place> places_;
};

}  // namespace weir::clickhouse
