// State of the matcher: snapshot, restore, rekey. Definitions for matcher_impl.hpp.
#pragma once

#include "matcher_impl.hpp"

namespace weir::pair_match {

// Entries of a slot as they are now, and deletions of what the last snapshot had and is gone.
template <class V>
void MatcherOf<V>::put_slot(const Slot<V> &slot, StateWriter &writer) const {
    const uint32_t group = group_of(hash_key(slot.key));
    for (uint8_t side : {uint8_t{0}, uint8_t{1}}) {
        V value = value_of(slot, side);
        if (slot.head && slot.side == side) {
            std::string bytes = format_.head();
            for (const Entry *e = slot.head; e; e = e->next)
                format_.add_item(bytes, options_.ttl ? static_cast<const Timed *>(e)->since : 0, store_.payload(e));
            writer.put(group, value, std::move(bytes));
        } else if (slot.saved >> side & 1) {
            writer.erase(group, value);
        }
    }
}

// What was restored and not settled yet: the last snapshot has it, a full one must have it again.
template <class V>
void MatcherOf<V>::put_restored(StateWriter &writer) const {
    std::map<V, std::string> values;
    for (const Restored &r : restored_) {
        std::string &bytes = values.try_emplace(r.value, format_.head()).first->second;
        format_.add_item(bytes, r.since, store_.payload(r.entry));
    }
    for (auto &[value, bytes] : values)
        writer.put(group_of(hash_key(key_of(value, sum_))), value, std::move(bytes));
}

template <class V>
Status MatcherOf<V>::snapshot(const weir_snapshot &out) {
    StateWriter writer;
    auto put = [&](Slot<V> &slot) {
        if (out.mode == WEIR_SNAPSHOT_FULL) slot.saved = 0;
        put_slot(slot, writer);
        slot.saved = static_cast<uint8_t>(slot.head ? 1 << slot.side : 0);
    };
    if (out.mode == WEIR_SNAPSHOT_FULL) {
        table_.for_each(put);
        put_restored(writer);
    } else {
        table_.for_each_dirty(put);
        for (V value : gone_) writer.erase(group_of(hash_key(key_of(value, sum_))), value);
    }
    table_.clear_dirty();
    gone_.clear();
    return writer.flush(out);
}

template <class V>
Status MatcherOf<V>::restore(const weir_state_block &block) {
    if (block.version != kStateVersion)
        return Status::state_version("state of version " + std::to_string(block.version) + ", this is version " +
                                     std::to_string(kStateVersion));
    for (uint64_t i = 0; i < block.n; ++i) {
        Int128 value = 0;
        if (!parse_key(view(block.keys[i]), &value) || value != static_cast<V>(value))
            return Status::state_version("the key of a waiting value is damaged, or beyond the column's type");
        if (!block.values[i].data) continue;
        auto items = format_.parse(view(block.values[i]));
        if (!items) return items.status();
        for (const auto &item : *items)
            restored_.push_back({static_cast<V>(value), item.since, store_.copy_payload(item.payload)});
    }
    return {};
}

// An entry's key tells its group. How many rows wait under it stands in its value.
template <class V>
Status MatcherOf<V>::rekey(const weir_state_block &block, const weir_snapshot &out, RekeyCount &count) {
    StateWriter writer;
    for (uint64_t i = 0; i < block.n; ++i) {
        Int128 value = 0;
        if (!parse_key(view(block.keys[i]), &value))
            return Status::state_version("the key of a waiting value is damaged");
        uint32_t group = group_of(hash_key(key_of(value, static_cast<Int128>(sum_))));
        if (!block.values[i].data) {
            writer.erase(group, value);
            continue;
        }
        auto items = format_.parse(view(block.values[i]));
        if (!items) return items.status();
        count.rows += items->size();
        if (value != static_cast<V>(value) || !can_pair(static_cast<V>(value))) count.leaving += items->size();
        writer.put(group, value, std::string(view(block.values[i])));
    }
    return writer.flush(out);
}

template <class V>
void MatcherOf<V>::settle_restored(int64_t now) {
    for (Restored &r : restored_)
        if (r.since == 0) r.since = now;  // written while there was no time to live
    std::stable_sort(restored_.begin(), restored_.end(),
                     [](const Restored &a, const Restored &b) { return a.since < b.since; });
    make_room(restored_.size());
    for (const Restored &r : restored_) {
        if (!can_pair(r.value)) {
            unfit_.push_back(r.entry);
            unfit_values_.push_back(r.value);
            gone_.push_back(r.value);
            continue;
        }
        Slot<V> &slot = table_.find(key_of(r.value, sum_));
        slot.saved |= static_cast<uint8_t>(1 << side_of(r.value));
        if (Entry *left = pop(slot, r.value)) {
            table_.touch(slot);
            add_pair(left, r.value, 0);
            right_.push_back(r.entry);
        } else {
            push(slot, r.value, r.since, r.entry);
        }
    }
    restored_.clear();
}

}  // namespace weir::pair_match
