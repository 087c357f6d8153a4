#include "host/engine/hot_keys.hpp"

#include <algorithm>
#include <utility>

namespace weir::host {

bool HotKeys::look(const uint64_t* hashes, size_t rows) {
    if (resting_ > 0) {
        --resting_;
        return std::exchange(fell_silent_, false);
    }
    if (rows < kMinRows) return false;
    struct Seen {
        uint64_t hash = 0;
        size_t times = 0;
    };
    std::array<Seen, 64> seen{};
    const size_t sample = std::min(kSample, rows);
    for (size_t i = 0; i < sample; ++i) {
        // Places at random (Knuth's MMIX generator): keys that come in turn would fall on those at equal distances, or never.
        place_ = place_ * 6364136223846793005 + 1442695040888963407;
        const uint64_t hash = hashes[((place_ >> 32) * rows) >> 32];
        Seen& at = seen[hash & 63];
        if (at.times == 0) at.hash = hash;
        if (at.hash == hash) ++at.times;  // otherwise another of the same slot was first
    }
    const size_t often = std::max<size_t>(3, sample / 8);
    std::array<uint64_t, kMost> found{};
    size_t n = 0;
    uint64_t bits = 0;
    for (const Seen& one : seen) {
        if (n == kMost || one.times == 0 || (one.times < often && !contains(one.hash))) continue;
        found[n++] = one.hash;
        bits |= uint64_t{1} << (one.hash & 63);
    }
    // In the order of slots, so that equal sets are equal lists.
    const bool changed = n != n_ || found != hashes_;
    hashes_ = found;
    n_ = n;
    bits_ = bits;
    return changed;
}

}  // namespace weir::host
