// The waiting values, by pair: one slot for a number and its complement, since only one of the two can wait.
//
// A slot is found by its key, the smaller value of the pair: directly where there are few pairs, else by open
// addressing ordered by the key's hash (so that a key group is a contiguous range). Slots are made on demand and
// stay until the table grows. Those that changed since the last snapshot are listed. One user at a time.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "entry_store.hpp"
#include "value_range.hpp"

namespace weir::pair_match {

template <class V>
struct Slot {
    Entry *head = nullptr;  // waiting, first in first out
    Entry **end = nullptr;  // where the next one is linked: to the last one's next, or `head`
    V key{};
    bool used = false;
    bool dirty = false;  // changed since the last snapshot, and listed
    uint8_t side = 0;    // which value of the pair waits: 0 the key, 1 its complement
    uint8_t saved = 0;   // bit `side`: the last snapshot has an entry for that value
};

template <class V>
class PairTable {
public:
    static constexpr int kMaxDirect = 4096;

    explicit PairTable(const ValueRange &range) : first_(static_cast<V>(range.first)) {
        // Up to 2 x 10^38 apart: more than an Int128 holds.
        const Uint128 pairs = (static_cast<Uint128>(range.last) - static_cast<Uint128>(range.first)) / 2 + 1;
        direct_ = pairs <= kMaxDirect;
        if (!direct_) {
            resize(kMinCapacity);
            return;
        }
        slots_.resize(static_cast<size_t>(pairs));
        for (size_t i = 0; i < slots_.size(); ++i) {
            slots_[i].key = static_cast<V>(first_ + static_cast<V>(i));
            slots_[i].end = &slots_[i].head;
            slots_[i].used = true;
        }
    }

    bool direct() const { return direct_; }
    size_t held_bytes() const { return slots_.capacity() * sizeof(Slot<V>) + dirty_.capacity() * sizeof(uint32_t); }
    // Of a direct table: that of key first + i is slots()[i].
    Slot<V> *slots() { return slots_.data(); }
    // The slot of a key, made if there is none. Valid until the next call.
    template <bool kDirect>
    Slot<V> &at(V key) {
        if constexpr (kDirect) return slots_[static_cast<size_t>(key - first_)];
        size_t mask = slots_.size() - 1;
        for (size_t i = hash_key(key) >> shift_;; i = (i + 1) & mask) {
            Slot<V> &slot = slots_[i];
            if (!slot.used) return make(key, i);
            if (slot.key == key) return slot;
        }
    }
    Slot<V> &find(V key) { return direct_ ? at<true>(key) : at<false>(key); }

    // Asks for the memory of a slot that is needed soon. For a table that is not direct.
    void prefetch(V key) const { __builtin_prefetch(&slots_[hash_key(key) >> shift_]); }

    void touch(Slot<V> &slot) {
        if (slot.dirty) return;
        slot.dirty = true;
        dirty_.push_back(static_cast<uint32_t>(&slot - slots_.data()));
    }
    // Calls f(slot) for every slot that changed since the last clear_dirty.
    template <class F>
    void for_each_dirty(F &&f) {
        for (uint32_t i : dirty_) f(slots_[i]);
    }
    template <class F>
    void for_each(F &&f) {
        for (Slot<V> &slot : slots_)
            if (slot.used) f(slot);
    }
    void clear_dirty() {
        for (uint32_t i : dirty_) slots_[i].dirty = false;
        dirty_.clear();
    }

private:
    static constexpr size_t kMinCapacity = 1024;

    Slot<V> &make(V key, size_t index) {
        if ((used_ + 1) * 8 > slots_.size() * 5) {
            grow();
            return at<false>(key);
        }
        ++used_;
        slots_[index].used = true;
        slots_[index].end = &slots_[index].head;
        slots_[index].key = key;
        return slots_[index];
    }
    void resize(size_t capacity) {
        slots_.assign(capacity, Slot<V>{});
        shift_ = 64 - std::countr_zero(capacity);
    }
    // Into a table at most 5/16 full, without the slots that hold nothing and that no snapshot knows.
    void grow() {
        std::vector<Slot<V>> old = std::move(slots_);
        auto needed = [](const Slot<V> &s) { return s.used && (s.head || s.saved); };
        auto n = static_cast<size_t>(std::count_if(old.begin(), old.end(), needed));
        size_t capacity = kMinCapacity;
        while (n * 16 > capacity * 5) capacity *= 2;
        resize(capacity);
        dirty_.clear();
        used_ = n;
        for (const Slot<V> &slot : old) {
            if (!needed(slot)) continue;
            size_t i = hash_key(slot.key) >> shift_;
            while (slots_[i].used) i = (i + 1) & (capacity - 1);
            slots_[i] = slot;
            if (!slot.head) slots_[i].end = &slots_[i].head;
            if (slot.dirty) dirty_.push_back(static_cast<uint32_t>(i));
        }
    }

    V first_;
    bool direct_ = false;
    int shift_ = 0;
    size_t used_ = 0;  // slots in use, of a table that is not direct
    std::vector<Slot<V>> slots_;
    std::vector<uint32_t> dirty_;
};

}  // namespace weir::pair_match
