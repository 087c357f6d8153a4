// What is kept in memory of a run so that single keys are found in it: the first key of each page, and a Bloom filter
// that tells of most keys that the run lacks them. About twelve bits an entry.
//
// Internal to host/state. Filled by one thread, then read from any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::host {

class RunIndex {
public:
    // For a run of about so many entries.
    explicit RunIndex(uint64_t entries);
    // The next page of the run. False: it does not parse.
    bool add(std::string_view page);

    static uint64_t hash(std::string_view key);
    void prefetch(uint64_t hash) const { __builtin_prefetch(&blocks_[block_of(hash)]); }
    // False: the run has no entry of a key with that hash.
    bool may_have(uint64_t hash) const;
    // The page that has the key if the run has it. REQUIRES: the run has pages.
    uint32_t page_of(std::string_view key) const;

    size_t bytes() const { return blocks_.size() * sizeof(Block) + keys_.size() + ends_.size() * sizeof(uint32_t); }

private:
    struct alignas(64) Block {
        uint64_t words[8] = {};
    };
    size_t block_of(uint64_t hash) const { return static_cast<size_t>(((hash >> 32) * blocks_.size()) >> 32); }
    std::string_view first_key(size_t page) const {
        const uint32_t begin = page == 0 ? 0 : ends_[page - 1];
        return std::string_view(keys_).substr(begin, ends_[page] - begin);
    }

    std::vector<Block> blocks_;  // a key is in one of them
    std::string keys_;           // the pages' first keys, one behind the other
    std::vector<uint32_t> ends_;
};

}  // namespace weir::host
