// Several sorted runs of one id as one: each key once, the newest run's entry.
//
// Internal to host/state. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "host/state/page.hpp"

namespace weir::host {

// The pages of a run, one after the other.
class PageSource {
public:
    virtual ~PageSource() = default;
    // False at the end, and where a page cannot be read: whose source it is knows which. A page is borrowed until the next call of
    // anything here. Each has an entry.
    virtual bool next(std::string_view& page) = 0;
    // The page that next gave last, again.
    virtual bool again(std::string_view& page) = 0;
    // Takes the page's memory back.
    virtual void let_go() = 0;
    // A page of one entry of more than so many bytes is let go of, and read again once its entry is given: then one such page
    // is in memory at a time, and those whose entry is replaced are read once.
    virtual size_t large_bytes() const = 0;
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
        uint32_t age;  // 0: the newest
        size_t page = 0;
        PageReader reader = {};
        Entry entry = {};
        uint64_t prefix = 0;  // of entry.key
        uint32_t version = 0;
        bool is_let_go = false;  // the page; `key` is its entry's
        std::string key = {};    // of a source: the last one before its page, or of a page that was let go of
    };

    static bool next_page(Cursor& cursor, std::string_view& page);
    // Of a page that was let go of.
    static bool read_again(Cursor& cursor);
    static bool after(const Cursor* a, const Cursor* b);
    // To the cursor's next entry; false when it has none, ok_ false when it is corrupt.
    bool advance(Cursor& cursor, bool first);
    void sift_down();

    std::vector<Cursor> cursors_;
    std::vector<Cursor*> heap_;  // the one with the smallest key in front
    std::string_view last_key_;  // of what was given last: its cursor is in front still, or it is in kept_key_
    std::string kept_key_;
    bool started_ = false;
    bool ok_ = true;
    uint32_t version_ = 0;
};

}  // namespace weir::host
