// The matcher for one width of values, int64 or 128 bits. Included by matcher.cpp.
#pragma once

#include <algorithm>
#include <cstring>
#include <map>

#include "matcher.hpp"
#include "pair_table.hpp"
#include "state_format.hpp"

namespace weir::pair_match {

template <class V>
class MatcherOf final : public Matcher {
public:
    explicit MatcherOf(const MatcherOptions &options)
        : options_(options),
          first_(static_cast<V>(options.range.first)),
          last_(static_cast<V>(options.range.last)),
          sum_(static_cast<V>(options.range.sum)),
          table_(options.range),
          store_(options.columns, options.ttl ? sizeof(Timed) : sizeof(Entry)),
          format_(options.value.type.scale, store_.layout()) {}
    ~MatcherOf() override;

    void match(const BatchView &batch, size_t value_column, int64_t now, std::vector<RowError> &errors) override;
    void hashes(const BatchView &batch, size_t value_column, uint64_t *out) override;

    Pairs pairs() const override {
        return {{left_.data(), n_pairs_}, {rows_.data(), right_.empty() ? n_pairs_ : 0}, right_};
    }
    void append_values(bool left, size_t begin, size_t n, ColumnBuilder &to) const override {
        const V *right = values_.data() + begin;
        if (left)
            append_all(n, to, [&](size_t i) { return static_cast<V>(sum_ - right[i]); });
        else
            append_all(n, to, [&](size_t i) { return right[i]; });
    }
    void drop_pairs() override {
        release(left_.data(), n_pairs_);
        release(right_.data(), right_.size());
        right_.clear();
        n_pairs_ = 0;
    }

    void expire(int64_t now) override;
    std::optional<int64_t> next_expiry() const override {
        if (!oldest_) return std::nullopt;
        return oldest_->since + options_.ttl;
    }
    const std::vector<Entry *> &expired() const override { return expired_; }
    void append_expired_values(size_t begin, size_t n, ColumnBuilder &to) const override {
        append_all(n, to, [&](size_t i) { return expired_values_[begin + i]; });
    }
    void drop_expired() override {
        release(expired_.data(), expired_.size());
        expired_.clear();
        expired_values_.clear();
    }

    const std::vector<Entry *> &unfit() const override { return unfit_; }
    void append_unfit_values(size_t begin, size_t n, ColumnBuilder &to) const override {
        append_all(n, to, [&](size_t i) { return unfit_values_[begin + i]; });
    }
    RowError unfit_error(size_t i, int64_t row) const override { return out_of_range(unfit_values_[i], row); }
    void drop_unfit() override {
        release(unfit_.data(), unfit_.size());
        unfit_.clear();
        unfit_values_.clear();
    }

    int64_t waiting() const override { return waiting_; }
    size_t held_bytes() const override { return table_.held_bytes() + store_.held_bytes(); }
    const EntryStore &store() const override { return store_; }

    Status snapshot(const weir_snapshot &out) override;
    Status restore(const weir_state_block &block) override;
    Status rekey(const weir_state_block &block, const weir_snapshot &out, RekeyCount &count) override;
    void settle_restored(int64_t now) override;

private:
    // With a time to live, entries are also in one list by age. The oldest one of all heads its slot.
    struct Timed : Entry {
        Timed *older = nullptr, *newer = nullptr;
        int64_t since = 0;  // processing time
        unsigned char value_bytes[sizeof(V)] = {};

        V value() const {
            V v;
            std::memcpy(&v, value_bytes, sizeof v);
            return v;
        }
    };
    struct Restored {
        V value;
        int64_t since;
        Entry *entry;
    };

    const V *load(const Column &column, int64_t rows);
    void make_room(size_t rows);
    template <bool kDirect>
    void match_rows(const BatchView &batch, const Column &column, const V *values, int64_t now,
                    std::vector<RowError> &errors);
    template <bool kDirect>
    void match_plain_rows(const Column &column, int64_t rows, const V *values, std::vector<RowError> &errors);
    bool refuse(const Column &column, V value, int64_t row, std::vector<RowError> &errors) const;
    RowError out_of_range(V value, int64_t row) const {
        return {row, "out-of-range", options_.value.name, options_.value.name + ": " + options_.range.explain(value)};
    }
    bool can_pair(V value) const { return value >= first_ && value <= last_; }
    V value_of(const Slot<V> &slot, uint8_t side) const {
        return side ? static_cast<V>(sum_ - slot.key) : slot.key;
    }
    void put_slot(const Slot<V> &slot, StateWriter &writer) const;
    void put_restored(StateWriter &writer) const;

    // Which value of its pair: 0 the smaller one or both alike, 1 the greater one.
    uint8_t side_of(V value) const { return value > static_cast<V>(sum_ - value); }
    bool is_half(V value) const { return value == static_cast<V>(sum_ - value); }
    // The oldest waiting entry, taken out. REQUIRES: there is one.
    Entry *unlink_first(Slot<V> &slot) {
        Entry *entry = slot.head;
        slot.head = entry->next;
        if (!slot.head) slot.end = &slot.head;
        if (options_.ttl) unlink(static_cast<Timed *>(entry));
        --waiting_;
        return entry;
    }
    // The waiting entry that `value` matches, taken out; NULL: none waits.
    Entry *pop(Slot<V> &slot, V value) {
        if (!slot.head || (slot.side == side_of(value) && !is_half(value))) return nullptr;
        return unlink_first(slot);
    }
    void push(Slot<V> &slot, V value, int64_t now, Entry *entry) {
        entry->next = nullptr;
        *slot.end = entry;
        slot.end = &entry->next;
        slot.side = side_of(value);
        if (options_.ttl) link(static_cast<Timed *>(entry), value, now);
        ++waiting_;
    }
    void add_pair(Entry *left, V right, int32_t row) {
        left_[n_pairs_] = left;
        values_[n_pairs_] = right;
        rows_[n_pairs_++] = row;
    }
    void release(Entry *const *entries, size_t n) {
        if (!store_.has_variable()) return store_.release_all(entries, n);
        for (size_t i = 0; i < n; ++i) store_.release(entries[i]);
    }
    void link(Timed *entry, V value, int64_t now) {
        entry->since = now;
        std::memcpy(entry->value_bytes, &value, sizeof value);
        entry->newer = nullptr;
        entry->older = newest_;
        (newest_ ? newest_->newer : oldest_) = entry;
        newest_ = entry;
    }
    void unlink(Timed *entry) {
        (entry->older ? entry->older->newer : oldest_) = entry->newer;
        (entry->newer ? entry->newer->older : newest_) = entry->older;
    }

    template <class F>
    void append_all(size_t n, ColumnBuilder &to, F &&value) const {
        auto fill = [&]<class T>() {
            T *out = to.append_n<T>(static_cast<int64_t>(n));
            for (size_t i = 0; i < n; ++i) out[i] = static_cast<T>(value(i));
        };
        switch (value_width(to.type().id)) {
            case 1: return fill.template operator()<int8_t>();
            case 2: return fill.template operator()<int16_t>();
            case 4: return fill.template operator()<int32_t>();
            case 8: return fill.template operator()<int64_t>();
            default: return fill.template operator()<Int128>();
        }
    }

    MatcherOptions options_;
    V first_, last_, sum_;
    PairTable<V> table_;
    EntryStore store_;
    StateFormat format_;
    int64_t waiting_ = 0;
    Timed *oldest_ = nullptr, *newest_ = nullptr;
    size_t n_pairs_ = 0;  // the first so many of these three
    std::vector<Entry *> left_;
    std::vector<int32_t> rows_;
    std::vector<V> values_;        // the right ones
    std::vector<Entry *> right_;   // of pairs that come out of restored state
    std::vector<Entry *> expired_;
    std::vector<V> expired_values_;
    std::vector<Entry *> unfit_;
    std::vector<V> unfit_values_;
    std::vector<Restored> restored_;
    std::vector<V> gone_;  // restored values that cannot pair: the next snapshot deletes them
    std::vector<V> scratch_;
    size_t n_pushed_ = 0;  // the first so many of these two: what waits since this batch
    std::vector<Entry *> pushed_;
    std::vector<int32_t> pushed_rows_;
};

template <class V>
MatcherOf<V>::~MatcherOf() {
    if (!store_.has_variable()) return;  // all in chunks
    drop_pairs();
    drop_expired();
    drop_unfit();
    for (const Restored &r : restored_) store_.release(r.entry);
    table_.for_each([&](Slot<V> &slot) {
        while (Entry *entry = slot.head) {
            slot.head = entry->next;
            store_.release(entry);
        }
    });
}

template <class V>
void MatcherOf<V>::match(const BatchView &batch, size_t value_column, int64_t now,
                         std::vector<RowError> &errors) {
    Column column = batch.column(value_column);
    const V *values = load(column, batch.rows());
    make_room(static_cast<size_t>(batch.rows()));
    n_pushed_ = 0;
    const bool plain = !options_.ttl && !store_.has_variable();
    if (plain && table_.direct())
        match_plain_rows<true>(column, batch.rows(), values, errors);
    else if (plain)
        match_plain_rows<false>(column, batch.rows(), values, errors);
    else if (table_.direct())
        match_rows<true>(batch, column, values, now, errors);
    else
        match_rows<false>(batch, column, values, now, errors);
    store_.fill(batch, pushed_rows_.data(), pushed_.data(), n_pushed_);
}

template <class V>
void MatcherOf<V>::make_room(size_t rows) {
    if (left_.size() > rows) return;  // one more than rows, for what is written before it is known to count
    left_.resize(rows + 1);
    rows_.resize(rows + 1);
    values_.resize(rows + 1);
    pushed_.resize(rows + 1);
    pushed_rows_.resize(rows + 1);
}

template <class V>
void MatcherOf<V>::hashes(const BatchView &batch, size_t value_column, uint64_t *out) {
    Column column = batch.column(value_column);
    const V *values = load(column, batch.rows());
    for (int64_t i = 0; i < batch.rows(); ++i) out[i] = hash_key(key_of(values[i], sum_));
    for (int64_t i = 0; column.has_nulls() && i < batch.rows(); ++i)
        if (column.is_null(i)) out[i] = 0;
}

// The column's values as V. Null rows hold anything.
template <class V>
const V *MatcherOf<V>::load(const Column &column, int64_t rows) {
    auto widen = [&]<class T>() {
        const T *from = column.values<T>();
        scratch_.assign(from, from + rows);
        return static_cast<const V *>(scratch_.data());
    };
    switch (column.type().id) {
        case TypeId::kInt8: return widen.template operator()<int8_t>();
        case TypeId::kInt16: return widen.template operator()<int16_t>();
        case TypeId::kInt32: return widen.template operator()<int32_t>();
        case TypeId::kUint8: return widen.template operator()<uint8_t>();
        case TypeId::kUint16: return widen.template operator()<uint16_t>();
        case TypeId::kUint32: return widen.template operator()<uint32_t>();
        case TypeId::kUint64: return widen.template operator()<uint64_t>();
        case TypeId::kDecimal128:
            scratch_.resize(static_cast<size_t>(rows));
            for (int64_t i = 0; i < rows; ++i) scratch_[static_cast<size_t>(i)] = static_cast<V>(column.decimal(i));
            return scratch_.data();
        default:
            if constexpr (sizeof(V) == sizeof(int64_t))
                return column.values<V>();
            else
                return widen.template operator()<int64_t>();
    }
}

template <class V>
template <bool kDirect>
void MatcherOf<V>::match_rows(const BatchView &batch, const Column &column, const V *values, int64_t now,
                              std::vector<RowError> &errors) {
    const bool nulls = column.has_nulls();
    for (int64_t row = 0; row < batch.rows(); ++row) {
        V value = values[row];
        if (!can_pair(value) || nulls) [[unlikely]]
            if (refuse(column, value, row, errors)) continue;
        Slot<V> &slot = table_.template at<kDirect>(key_of(value, sum_));
        table_.touch(slot);
        if (Entry *left = pop(slot, value)) {
            add_pair(left, value, static_cast<int32_t>(row));
            continue;
        }
        Entry *entry = store_.allocate(store_.row_bytes(batch, row));
        push(slot, value, now, entry);
        pushed_[n_pushed_] = entry;
        pushed_rows_[n_pushed_++] = static_cast<int32_t>(row);
    }
}

template <class T>
T *pick(bool condition, T *yes, T *no) {
    auto mask = -static_cast<uintptr_t>(condition);
    return reinterpret_cast<T *>((reinterpret_cast<uintptr_t>(yes) & mask) |
                                 (reinterpret_cast<uintptr_t>(no) & ~mask));
}

// The same for payloads of one size and without a time to live. Whether a row finds its complement is a coin
// toss that no branch predictor wins, so both outcomes are written and one of them counts. Members are copied to
// locals because the compiler must assume that a store changes them.
template <class V>
template <bool kDirect>
void MatcherOf<V>::match_plain_rows(const Column &column, int64_t rows, const V *values,
                                    std::vector<RowError> &errors) {
    constexpr int64_t kAhead = 12;  // rows: about the time that memory takes
    const bool nulls = column.has_nulls();
    const V first = first_, last = last_, sum = sum_;
    Entry **const left = left_.data(), **const pushed = pushed_.data();
    V *const right = values_.data();
    int32_t *const pair_rows = rows_.data(), *const pushed_rows = pushed_rows_.data();
    Slot<V> *const slots = table_.slots();
    store_.reserve(static_cast<size_t>(rows) + 1);
    Entry *const *free = store_.fresh();
    Entry nobody;
    size_t n_pairs = 0, n_pushed = 0;
    for (int64_t row = 0; row < rows; ++row) {
        const V value = values[row];
        if (value < first || value > last || nulls) [[unlikely]]
            if (refuse(column, value, row, errors)) continue;
        const V other = static_cast<V>(sum - value);
        const V key = value < other ? value : other;
        if constexpr (!kDirect)
            if (row + kAhead < rows) table_.prefetch(key_of(values[row + kAhead], sum));
        Slot<V> &slot = kDirect ? slots[static_cast<size_t>(key - first)] : table_.template at<false>(key);
        table_.touch(slot);
        Entry *const head = slot.head, *const fresh = *free;
        const auto side = static_cast<uint8_t>(value > other);
        const bool match = (head != nullptr) & ((slot.side != side) | (value == other));
        fresh->next = nullptr;
        Entry *const oldest = pick(head != nullptr, head, &nobody);
        Entry *const next = oldest->next;
        *pick(match, &nobody.next, slot.end) = fresh;
        Entry *const now = pick(match, next, slot.head);
        slot.end = pick(match, pick(next != nullptr, slot.end, &slot.head), &fresh->next);
        slot.head = now;
        slot.side = static_cast<uint8_t>(slot.side ^ ((slot.side ^ side) & (match - 1)));
        __builtin_prefetch(now);  // the next match of this slot reads it
        left[n_pairs] = oldest;
        right[n_pairs] = value;
        pair_rows[n_pairs] = static_cast<int32_t>(row);
        n_pairs += match;
        pushed[n_pushed] = fresh;
        pushed_rows[n_pushed] = static_cast<int32_t>(row);
        n_pushed += !match;
        free -= !match;
    }
    n_pairs_ = n_pairs;
    n_pushed_ = n_pushed;
    waiting_ += static_cast<int64_t>(n_pushed) - static_cast<int64_t>(n_pairs);
    store_.take(n_pushed);
}

template <class V>
bool MatcherOf<V>::refuse(const Column &column, V value, int64_t row, std::vector<RowError> &errors) const {
    const std::string &name = options_.value.name;
    if (column.is_null(row)) {
        errors.push_back({row, "null", name, name + " is null: there is nothing to match"});
        return true;
    }
    if (can_pair(value)) return false;
    errors.push_back(out_of_range(value, row));
    return true;
}

template <class V>
void MatcherOf<V>::expire(int64_t now) {
    while (oldest_ && oldest_->since <= now - options_.ttl) {
        V value = oldest_->value();
        Slot<V> &slot = table_.find(key_of(value, sum_));
        table_.touch(slot);
        expired_.push_back(unlink_first(slot));
        expired_values_.push_back(value);
    }
}

}  // namespace weir::pair_match

#include "matcher_state.hpp"
