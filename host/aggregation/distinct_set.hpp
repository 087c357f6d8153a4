// The values that came already to an aggregate with DISTINCT: a set of keys (weir/key_codec.hpp), each with how often
// it came, in the order in which they came first. One for a group and a call.
//
// Threads: one user at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::host::aggregation {

class DistinctSet {
public:
    // True: it is new.
    bool add(std::string_view key, uint32_t times = 1);
    // Takes back one time; true: it is gone. REQUIRES: it is there.
    bool take_back(std::string_view key);
    // As if it had never come.
    void forget(std::string_view key);

    size_t size() const { return live_; }
    // f(key, times) in their order.
    template <class F>
    void for_each(F&& f) const {
        for (size_t i = 0; i < entries_.size(); ++i)
            if (entries_[i].times) f(key_of(i), entries_[i].times);
    }

    // A value that the aggregate refused where states were merged: the group has no result.
    bool failed() const { return failed_; }
    void set_failed() { failed_ = true; }

    void save(std::string& out) const;
    // Takes its bytes from the front. False: these are none.
    bool load(std::string_view& from);
    uint64_t bytes() const;

private:
    struct Entry {
        uint64_t end;  // of its key in bytes_; it begins where the one before ends
        uint32_t hash, times;
    };

    std::string_view key_of(size_t entry) const {
        const uint64_t begin = entry ? entries_[entry - 1].end : 0;
        return std::string_view(bytes_).substr(begin, entries_[entry].end - begin);
    }
    // The cell of the key, or the empty one where it would be. REQUIRES: there are cells.
    uint32_t& cell(std::string_view key, uint32_t hash);
    Entry* find(std::string_view key);
    void remove(Entry& entry);
    void grow();
    void compact();

    std::string bytes_;
    std::vector<Entry> entries_;   // times 0: gone, until compact
    std::vector<uint32_t> cells_;  // open addressing: number of an entry + 1; 0: empty. A power of two, half full at most
    size_t live_ = 0;
    bool failed_ = false;
};

}  // namespace weir::host::aggregation
