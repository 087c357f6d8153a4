// Several sorted runs of one id as one: each key once, the newest run's entry.
//
// Internal to host/state. One thread at a time.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "host/state/page.hpp"

namespace weir::host {

// The pages of a run, one after the other.
class PageSource {
public:
    virtual ~PageSource() = default;
    // False at the end, and where a page cannot be read: whose source it is knows which. A page is borrowed until the next call but
    // one. Each has an entry.
    virtual bool next(std::string_view& page) = 0;
};

class Merge {
public:
    // Adds the next older run: its pages in order. They and the list itself are borrowed until reset. An empty list
    // is skipped.
    void add(const std::vector<std::string_view>& pages);
    // The same, of pages that are read as they are needed. Borrowed until reset.
    void add(PageSource& pages);
    // Forgets all runs.
    void reset();

    // The next entry in order of keys, deletions included; borrowed from its page, of a source until the next call. False at the end and where a
    // page does not parse, is out of order or is of another version than its run: ok() tells the two apart.
    bool next(Entry& entry);
    // The state_version of the entry that next gave last.
    uint32_t version() const { return version_; }
    bool ok() const { return ok_; }

private:
    struct Cursor {
        const std::vector<std::string_view>* pages;  // null: `source` has them
        PageSource* source;
        size_t page;
        PageReader reader;
        Entry entry;
        uint64_t prefix;  // of entry.key
        uint32_t age;     // 0: the newest
        uint32_t version;
    };

    static bool next_page(Cursor& cursor, std::string_view& page);
    static bool after(const Cursor* a, const Cursor* b);
    // To the cursor's next entry; false when it has none, ok_ false when it is corrupt.
    bool advance(Cursor& cursor, bool first);
    void sift_down();

    std::vector<Cursor> cursors_;
    std::vector<Cursor*> heap_;  // the one with the smallest key in front
    std::string_view last_key_;  // of what was given last: its cursor is in front still
    bool started_ = false;
    bool ok_ = true;
    uint32_t version_ = 0;
};

}  // namespace weir::host
