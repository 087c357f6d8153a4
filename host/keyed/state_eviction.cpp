// What StateTable gives up when memory is short, and how it notices that it has.
#include "host/keyed/state_table.hpp"

namespace weir::host {

void StateTable::set_partial(uint32_t group) {
    partial_groups_ += !groups_[group].partial;
    groups_[group].partial = true;
}

void StateTable::missing(const KeyBatch& keys, const uint64_t* hashes, std::vector<uint32_t>& rows) const {
    rows.clear();
    const size_t n = keys.size();
    for (size_t i = 0; i < n; ++i) groups_[hashes[i] >> 56].prefetch_index(hashes[i]);
    for (size_t i = 0; i < n; ++i) groups_[hashes[i] >> 56].prefetch_entry(shape_, hashes[i]);
    for (size_t i = 0; i < n; ++i) {
        const GroupTable& group = groups_[hashes[i] >> 56];
        if (group.partial && group.find(shape_, hashes[i], keys.words(i), keys.bytes(i)) == GroupTable::kNone)
            rows.push_back(static_cast<uint32_t>(i));
    }
}

// What is not dated yet gets its time with all the others.
bool StateTable::can_evict(char* entry) const {
    const EntryHeader& about = header(entry);
    if (!about.live || about.dirty || about.erased || !about.stored || about.epoch == in_flight_) return false;
    return !shape_.expires || expiry(entry) != kUndated;
}

void StateTable::evict_entry(uint32_t group, uint32_t number, char* entry) {
    if (has_texts_) clear_slot(*layout_, entry + shape_.slot_at, pool_);
    groups_[group].remove(shape_, pool_, number);
    --entries_;
    set_partial(group);
}

size_t StateTable::evict_page(uint32_t g, uint32_t page) {
    GroupTable& group = groups_[g];
    const size_t before = used();
    const uint32_t first = page * GroupTable::kPageEntries;
    const uint32_t end = std::min(group.numbers(), first + GroupTable::kPageEntries);
    for (uint32_t number = first; number < end; ++number) {
        char* const entry = group.entry(shape_, number);
        if (!can_evict(entry)) continue;
        if (header(entry).touched)
            header(entry).touched = 0;
        else
            evict_entry(g, number, entry);
    }
    return before - used();
}

// The same page of all groups, then the next: so that all have about as many free entries.
size_t StateTable::evict(size_t bytes, size_t& most) {
    size_t freed = 0;
    while (freed < bytes && most > 0 && entries_ > 0) {
        if (next_page_ < groups_[next_group_].pages()) {
            any_page_ = true;
            freed += evict_page(next_group_, next_page_);
            most -= std::min<size_t>(most, GroupTable::kPageEntries);
        } else {
            --most;
        }
        if (++next_group_ < groups_.size()) continue;
        next_group_ = 0;
        next_page_ = std::exchange(any_page_, false) ? next_page_ + 1 : 0;
    }
    return freed;
}

size_t StateTable::shrink(size_t bytes) {
    const size_t before = group_bytes_;
    bool dropped = true;
    while (dropped && before - group_bytes_ < bytes) {
        dropped = false;
        for (uint32_t g = 0; g < groups_.size(); ++g)
            if (groups_[g].has_spare_page() && drop_last_page(g)) dropped = true;
    }
    return before - group_bytes_;
}

bool StateTable::drop_last_page(uint32_t g) {
    GroupTable& group = groups_[g];
    const uint32_t first = (group.pages() - 1) * GroupTable::kPageEntries;
    for (uint32_t number = first; number < group.numbers(); ++number) {
        char* const entry = group.entry(shape_, number);
        if (header(entry).in_wheel || (header(entry).live && !can_evict(entry))) return false;
    }
    for (uint32_t number = first; number < group.numbers(); ++number) {
        char* const entry = group.entry(shape_, number);
        if (header(entry).live) evict_entry(g, number, entry);
    }
    group_bytes_ -= group.bytes(shape_);
    group.drop_last_page();
    group_bytes_ += group.bytes(shape_);
    return true;
}

}  // namespace weir::host
