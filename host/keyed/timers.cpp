#include "host/keyed/timers.hpp"

#include <cstring>
#include <utility>

namespace weir::host {

namespace {

constexpr uint64_t kSign = uint64_t{1} << 63;

}  // namespace

void Timers::set(int64_t time, uint64_t hash, std::string_view key) {
    Timer timer{time, hash, std::string(key)};
    if (!draining_.empty() && draining_.contains(timer)) return;
    const auto [at, is_new] = set_.try_emplace(std::move(timer), kStored);
    if (!is_new) return;
    bytes_ += size_of(key);
    changed_bytes_ += epoch_bytes(key);
    auto& added = changes_[hash >> 56].added;
    at->second = static_cast<uint32_t>(added.size());
    added.push_back(at);
}

void Timers::remove(int64_t time, uint64_t hash, std::string_view key) {
    const Timer timer{time, hash, std::string(key)};
    for (Set* from : {&set_, &draining_}) {
        const auto at = from->find(timer);
        if (at == from->end()) continue;
        remove(*from, at);
        return;
    }
}

Timers::Timer Timers::remove(Set& from, Set::iterator timer) {
    auto& [added, gone] = changes_[timer->first.hash >> 56];
    bytes_ -= size_of(timer->first.key);
    if (timer->second == kStored) {
        gone.push_back(entry_key(timer->first));
        changed_bytes_ += epoch_bytes(timer->first.key);
    } else {
        added.back()->second = timer->second;
        added[timer->second] = added.back();
        added.pop_back();
        changed_bytes_ -= epoch_bytes(timer->first.key);
    }
    return std::move(from.extract(timer).key());
}

std::string Timers::entry_key(const Timer& timer) {
    const uint64_t ordered = __builtin_bswap64(static_cast<uint64_t>(timer.time) ^ kSign);
    std::string out;
    out.reserve(timer.key.size() + sizeof ordered);
    out.append(timer.key);
    out.append(reinterpret_cast<const char*>(&ordered), sizeof ordered);
    return out;
}

int64_t Timers::time_of(std::string_view entry_key) {
    uint64_t ordered = 0;
    std::memcpy(&ordered, entry_key.data() + entry_key.size() - kTimerSuffixBytes, sizeof ordered);
    return static_cast<int64_t>(__builtin_bswap64(ordered) ^ kSign);
}

Status Timers::snapshot(const Put& put) {
    if (changed_bytes_ == 0) return {};
    for (uint32_t group = 0; group < changes_.size(); ++group)
        if (Status s = snapshot_group(group, put); !s.ok()) return s;
    changed_bytes_ = 0;
    return {};
}

// What has gone comes first: it may have been set again.
Status Timers::snapshot_group(uint32_t group, const Put& put) {
    Changes changes = std::exchange(changes_[group], {});
    if (changes.added.empty() && changes.gone.empty()) return {};
    std::vector<std::string> added;
    for (const Set::iterator& timer : changes.added) {
        timer->second = kStored;
        added.push_back(entry_key(timer->first));
    }
    std::vector<weir_str> keys, values(changes.gone.size(), {nullptr, 0});
    values.resize(values.size() + added.size(), {"", 0});
    for (const auto* of : {&changes.gone, &added})
        for (const std::string& key : *of) keys.push_back({key.data(), key.size()});
    return put(group, keys, values);
}

}  // namespace weir::host
