// Matches values with waiting complements, first in first out, and keeps those that wait.
//
// Pure logic over one operator instance's share of the keys: it neither emits nor knows ports. Values are
// int64 where the column's type allows it, else 128 bits wide; this is the face of both. One user at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <weir/batch.hpp>
#include <weir/operator.hpp>

#include "entry_store.hpp"
#include "value_range.hpp"

namespace weir::pair_match {

inline constexpr uint32_t kStateVersion = 1;

// Matches that were not dropped yet, in the order of the later ones. The left entries waited; the right ones
// are rows of the batch or, where both come out of restored state, entries.
struct Pairs {
    std::span<Entry *const> left;
    std::span<const int32_t> rows;   // empty: see right
    std::span<Entry *const> right;   // empty: see rows

    size_t size() const { return left.size(); }
};

// Rows of a block whose key groups are others now, and those of them that cannot pair any more.
struct RekeyCount {
    uint64_t rows = 0, leaving = 0;
};

struct MatcherOptions {
    ValueRange range;
    Field value;  // the column that is matched
    std::vector<StoredColumn> columns;
    int64_t ttl = 0;  // microseconds; 0: values wait for ever
};

class Matcher {
public:
    static std::unique_ptr<Matcher> make(const MatcherOptions &options);
    virtual ~Matcher() = default;

    // Takes the rows of a batch: matches go to pairs(), rows that can never match to `errors`, the others wait.
    // REQUIRES: pairs() is empty.
    virtual void match(const BatchView &batch, size_t value_column, int64_t now,
                       std::vector<RowError> &errors) = 0;
    // The key's hash of each row; 0 for null.
    virtual void hashes(const BatchView &batch, size_t value_column, uint64_t *out) = 0;

    virtual Pairs pairs() const = 0;
    // Appends the left or right values of pairs [begin, begin + n).
    virtual void append_values(bool left, size_t begin, size_t n, ColumnBuilder &to) const = 0;
    virtual void drop_pairs() = 0;

    // Takes what is older than the time to live out of the table. Oldest first.
    virtual void expire(int64_t now) = 0;
    virtual std::optional<int64_t> next_expiry() const = 0;
    virtual const std::vector<Entry *> &expired() const = 0;
    virtual void append_expired_values(size_t begin, size_t n, ColumnBuilder &to) const = 0;
    virtual void drop_expired() = 0;

    // What was restored and cannot pair any more, oldest first, since this was last dropped, and why.
    virtual const std::vector<Entry *> &unfit() const = 0;
    virtual void append_unfit_values(size_t begin, size_t n, ColumnBuilder &to) const = 0;
    virtual RowError unfit_error(size_t i, int64_t row) const = 0;
    virtual void drop_unfit() = 0;

    virtual int64_t waiting() const = 0;
    // Of memory, by the table and what waits in it.
    virtual size_t held_bytes() const = 0;
    virtual const EntryStore &store() const = 0;

    // State. A block's entries are kept aside until settle_restored, which also matches what a change of the
    // parameters made match. Values of unknown age wait since `now`.
    virtual Status snapshot(const weir_snapshot &out) = 0;
    virtual Status restore(const weir_state_block &block) = 0;
    // Adds to `count`.
    virtual Status rekey(const weir_state_block &block, const weir_snapshot &out, RekeyCount &count) = 0;
    virtual void settle_restored(int64_t now) = 0;
};

}  // namespace weir::pair_match
