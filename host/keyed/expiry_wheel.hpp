// When entries with a time to live are to be looked at: buckets of a 64th of it, so that nothing is ever searched.
// An entry is in one bucket at most; one whose expiry was put off is found early and put into a later bucket then.
//
// One thread at a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

namespace weir::host {

class ExpiryWheel {
public:
    explicit ExpiryWheel(int64_t ttl) : width_(std::max<int64_t>(1, ttl / 64)) {}

    void add(int64_t expiry, uint64_t entry) { buckets_[bucket_of(expiry)].push_back(entry); }
    // Takes at most `most` entries out of buckets that lie wholly before `now`, and gives them to `fn`, which may add.
    template <class F>
    void take_due(int64_t now, size_t most, F&& fn) {
        while (most > 0 && !buckets_.empty() && buckets_.begin()->first < bucket_of(now)) {
            auto first = buckets_.begin();
            const uint64_t entry = first->second.back();
            first->second.pop_back();
            if (first->second.empty()) buckets_.erase(first);
            --most;
            fn(entry);
        }
    }
    size_t buckets() const { return buckets_.size(); }

private:
    int64_t bucket_of(int64_t time) const { return time / width_ - (time % width_ < 0); }

    int64_t width_;
    std::map<int64_t, std::vector<uint64_t>> buckets_;
};

}  // namespace weir::host
