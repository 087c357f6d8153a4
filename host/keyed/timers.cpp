#include "host/keyed/timers.hpp"

#include <cstring>

namespace weir::host {

namespace {

constexpr uint64_t kSign = uint64_t{1} << 63;

}  // namespace

void Timers::note(int64_t time, uint64_t hash, std::string_view key, bool is_set) {
    const uint64_t ordered = __builtin_bswap64(static_cast<uint64_t>(time) ^ kSign);
    Change change{std::string(key), is_set};
    change.key.append(reinterpret_cast<const char*>(&ordered), sizeof ordered);
    changes_[hash >> 56].push_back(std::move(change));
    changed_ = true;
}

int64_t Timers::time_of(std::string_view entry_key) {
    uint64_t ordered = 0;
    std::memcpy(&ordered, entry_key.data() + entry_key.size() - kTimerSuffixBytes, sizeof ordered);
    return static_cast<int64_t>(__builtin_bswap64(ordered) ^ kSign);
}

Status Timers::snapshot(const Put& put) {
    if (!changed_) return {};
    std::vector<weir_str> keys, values;
    for (uint32_t group = 0; group < changes_.size(); ++group) {
        if (changes_[group].empty()) continue;
        keys.clear();
        values.clear();
        for (const Change& change : changes_[group]) {
            keys.push_back({change.key.data(), change.key.size()});
            values.push_back({change.is_set ? "" : nullptr, 0});
        }
        if (Status s = put(group, keys, values); !s.ok()) return s;
        changes_[group].clear();
    }
    changed_ = false;
    return {};
}

}  // namespace weir::host
