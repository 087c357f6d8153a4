#include "host/state/run_index.hpp"

#include <algorithm>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "host/state/page.hpp"

namespace weir::host {
namespace {

constexpr uint64_t kBitsAnEntry = 12, kBlockBits = 512;
constexpr int kProbes = 7;

// Nine bits of it are a place in a block.
uint64_t spread(uint64_t hash) { return hash * 0x9E3779B97F4A7C15u; }

}  // namespace

RunIndex::RunIndex(uint64_t entries) : blocks_((entries * kBitsAnEntry + kBlockBits - 1) / kBlockBits + (entries == 0)) {}

uint64_t RunIndex::hash(std::string_view key) { return XXH3_64bits(key.data(), key.size()); }

bool RunIndex::add(std::string_view page) {
    PageReader reader(page);
    bool first = true;
    for (Entry entry; reader.next(entry); first = false) {
        if (first) {
            keys_ += entry.key;
            ends_.push_back(static_cast<uint32_t>(keys_.size()));
        }
        const uint64_t h = hash(entry.key);
        Block& block = blocks_[block_of(h)];
        uint64_t places = spread(h);
        for (int i = 0; i < kProbes; ++i, places >>= 9) block.words[(places >> 6) & 7] |= uint64_t{1} << (places & 63);
    }
    return reader.ok() && !first;
}

bool RunIndex::may_have(uint64_t hash) const {
    const Block& block = blocks_[block_of(hash)];
    uint64_t places = spread(hash);
    for (int i = 0; i < kProbes; ++i, places >>= 9)
        if (!((block.words[(places >> 6) & 7] >> (places & 63)) & 1)) return false;
    return true;
}

uint32_t RunIndex::page_of(std::string_view key) const {
    size_t low = 0, high = ends_.size();  // the last one that begins at or before the key, or the first
    while (high - low > 1) {
        const size_t middle = (low + high) / 2;
        (first_key(middle) <= key ? low : high) = middle;
    }
    return static_cast<uint32_t>(low);
}

}  // namespace weir::host
