#include "host/state/merge.hpp"

#include <algorithm>

namespace weir::host {

void Merge::add(const std::vector<std::string_view>& pages) {
    if (pages.empty()) return;
    cursors_.push_back({&pages, nullptr, static_cast<uint32_t>(cursors_.size())});
}

void Merge::add(PageSource& pages) {
    cursors_.push_back({nullptr, &pages, static_cast<uint32_t>(cursors_.size())});
}

bool Merge::next_page(Cursor& cursor, std::string_view& page) {
    if (cursor.source) {
        ++cursor.page;
        return cursor.source->next(page);
    }
    if (cursor.page == cursor.pages->size()) return false;
    page = (*cursor.pages)[cursor.page++];
    return true;
}

void Merge::reset() {
    cursors_.clear();
    heap_.clear();
    started_ = false;
    ok_ = true;
}

bool Merge::after(const Cursor* a, const Cursor* b) {
    if (a->prefix != b->prefix) return a->prefix > b->prefix;
    const int order = a->entry.key.compare(b->entry.key);
    return order != 0 ? order > 0 : a->age > b->age;
}

bool Merge::read_again(Cursor& cursor) {
    std::string_view page;
    if (!cursor.source->again(page)) return false;
    cursor.is_let_go = false;
    cursor.reader = PageReader(page);
    return cursor.reader.next(cursor.entry);
}

bool Merge::advance(Cursor& cursor, bool first) {
    std::string_view last = cursor.entry.key;
    const uint64_t last_prefix = cursor.prefix;
    bool is_large = false;
    while (!cursor.reader.next(cursor.entry)) {
        ok_ = ok_ && cursor.reader.ok();
        if (!ok_) return false;
        if (cursor.source && !first && !cursor.is_let_go) last = cursor.key.assign(last);  // its page goes
        std::string_view page;
        if (!next_page(cursor, page)) {
            if (cursor.source) cursor.source->let_go();
            return false;
        }
        cursor.reader = PageReader(page);
        if (cursor.page == 1) cursor.version = cursor.reader.version();
        ok_ = cursor.reader.ok() && cursor.reader.version() == cursor.version && (!cursor.source || cursor.reader.entries() > 0);
        if (!ok_) return false;
        is_large = cursor.source && cursor.reader.entries() == 1 && page.size() > cursor.source->large_bytes();
    }
    cursor.is_let_go = false;
    cursor.prefix = key_prefix(cursor.entry.key.data(), cursor.entry.key.size());
    if (!first && (cursor.prefix < last_prefix || (cursor.prefix == last_prefix && cursor.entry.key <= last)))
        return ok_ = false;
    if (!is_large || cursor.entry.deleted) return true;
    cursor.entry.key = cursor.key.assign(cursor.entry.key);
    cursor.entry.value = {};
    cursor.reader = {};
    cursor.source->let_go();
    return cursor.is_let_go = true;
}

void Merge::sift_down() {
    const size_t n = heap_.size();
    Cursor* const moved = heap_[0];
    size_t at = 0;
    for (size_t child = 1; child < n; child = 2 * at + 1) {
        if (child + 1 < n && after(heap_[child], heap_[child + 1])) ++child;
        if (!after(moved, heap_[child])) break;
        heap_[at] = heap_[child];
        at = child;
    }
    heap_[at] = moved;
}

bool Merge::next(Entry& entry) {
    if (!started_) {
        started_ = true;
        for (Cursor& cursor : cursors_)
            if (advance(cursor, true)) heap_.push_back(&cursor);
        std::make_heap(heap_.begin(), heap_.end(), after);
    } else {
        // Behind what was given last, and behind the same key in older runs.
        if (heap_[0]->source) last_key_ = kept_key_.assign(last_key_);
        do {
            if (advance(*heap_[0], false)) {
                sift_down();
            } else {
                heap_[0] = heap_.back();
                heap_.pop_back();
                if (!heap_.empty()) sift_down();
            }
        } while (ok_ && !heap_.empty() && heap_[0]->entry.key == last_key_);
    }
    if (!ok_ || heap_.empty()) {
        heap_.clear();
        cursors_.clear();
        return false;
    }
    if (heap_[0]->is_let_go && !read_again(*heap_[0])) {
        ok_ = heap_[0]->reader.ok();
        return false;
    }
    entry = heap_[0]->entry;
    version_ = heap_[0]->version;
    last_key_ = entry.key;
    return true;
}

}  // namespace weir::host
