#include "host/aggregation/distinct_set.hpp"

#include <utility>

#include <weir/state_vector.hpp>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace weir::host::aggregation {
namespace {

uint32_t key_hash_of(std::string_view key) { return static_cast<uint32_t>(XXH3_64bits(key.data(), key.size())); }

}  // namespace

uint32_t& DistinctSet::cell(std::string_view key, uint32_t hash) {
    const size_t mask = cells_.size() - 1;
    for (size_t at = hash & mask;; at = (at + 1) & mask) {
        uint32_t& found = cells_[at];
        if (found == 0 || (entries_[found - 1].hash == hash && key_of(found - 1) == key)) return found;
    }
}

DistinctSet::Entry* DistinctSet::find(std::string_view key) {
    if (cells_.empty()) return nullptr;
    const uint32_t found = cell(key, key_hash_of(key));
    return found && entries_[found - 1].times ? &entries_[found - 1] : nullptr;
}

bool DistinctSet::add(std::string_view key, uint32_t times) {
    if (entries_.size() * 2 >= cells_.size()) grow();
    const uint32_t hash = key_hash_of(key);
    uint32_t& at = cell(key, hash);
    if (at) {
        Entry& entry = entries_[at - 1];
        const bool is_new = entry.times == 0;
        entry.times += times;
        live_ += is_new;
        return is_new;
    }
    bytes_.append(key);
    entries_.push_back({bytes_.size(), hash, times});
    at = static_cast<uint32_t>(entries_.size());
    ++live_;
    return true;
}

bool DistinctSet::take_back(std::string_view key) {
    Entry* entry = find(key);
    if (!entry) return false;
    if (entry->times > 1) {
        --entry->times;
        return false;
    }
    remove(*entry);
    return true;
}

void DistinctSet::forget(std::string_view key) {
    if (Entry* entry = find(key)) remove(*entry);
}

void DistinctSet::remove(Entry& entry) {
    entry.times = 0;
    --live_;
    constexpr size_t kFew = 32;
    if (entries_.size() > kFew && live_ * 2 < entries_.size()) compact();
}

void DistinctSet::grow() {
    constexpr size_t kFirst = 8;
    cells_.assign(cells_.empty() ? kFirst : cells_.size() * 2, 0);
    const size_t mask = cells_.size() - 1;
    for (size_t i = 0; i < entries_.size(); ++i) {
        size_t at = entries_[i].hash & mask;
        while (cells_[at]) at = (at + 1) & mask;
        cells_[at] = static_cast<uint32_t>(i + 1);
    }
}

void DistinctSet::compact() {
    DistinctSet fresh;
    for_each([&](std::string_view key, uint32_t times) { fresh.add(key, times); });
    fresh.failed_ = failed_;
    *this = std::move(fresh);
}

void DistinctSet::save(std::string& out) const {
    saved::put(out, static_cast<uint8_t>(failed_));
    saved::put_length(out, size());
    for_each([&](std::string_view key, uint32_t times) {
        saved::put_text(out, key);
        saved::put_length(out, times);
    });
}

bool DistinctSet::load(std::string_view& from) {
    uint8_t failed = 0;
    uint64_t n = 0;
    if (!saved::take(from, failed) || failed > 1 || !saved::take_length(from, n)) return false;
    failed_ = failed != 0;
    for (; n > 0; --n) {
        std::string_view key;
        uint64_t times = 0;
        if (!saved::take_text(from, key) || !saved::take_length(from, times)) return false;
        if (times == 0 || times > UINT32_MAX || !add(key, static_cast<uint32_t>(times))) return false;
    }
    return true;
}

uint64_t DistinctSet::bytes() const {
    return sizeof *this + bytes_.capacity() + entries_.capacity() * sizeof(Entry) + cells_.capacity() * sizeof(uint32_t);
}

}  // namespace weir::host::aggregation
