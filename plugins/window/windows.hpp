// The windows of one instance, of whatever kind: rows go in, time moves on, results come out, state is handed over. What is
// the same for all kinds is here: rows on their way into states, and what they lead to.
//
// Calls do as much as there is room for; run() goes on, and says whether it is done. One user at a time.
#pragma once

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <weir/expression.hpp>
#include <weir/saturated.hpp>

#include "group_table.hpp"
#include "results.hpp"
#include "state_blocks.hpp"
#include "states.hpp"

namespace weir::window {

// The rows of a batch, as windows see them.
struct Rows {
    const BatchView &batch;
    const std::vector<int64_t> &times;  // without meaning where rows belong to windows by their number
    const uint64_t *hashes;
    const KeyBatch &keys;
    const std::vector<int64_t> &gaps;      // of sessions, by row; empty: the same for all
    const std::vector<uint8_t> &triggers;  // of early.when, by row: 1 where it is true; or empty
    const std::vector<uint8_t> &bad;       // by row: 1 where it is refused already
};

// What became of a batch's rows beside those that are in windows.
struct Refused {
    std::vector<int32_t> late;
    std::vector<int64_t> lateness;  // microseconds behind the last moment at which it would have been taken
    std::vector<RowError> errors;
    void clear() {
        late.clear();
        lateness.clear();
        errors.clear();
    }
};

// What rows of one key and slice came to elsewhere.
struct Sum {
    uint64_t hash = 0;
    std::string_view key;
    Bounds slice;
    int64_t rows = 0;
    const void *state = nullptr;
};

class Windows {
public:
    // All outlive it.
    Windows(const Spec &spec, const Layout &layout, States &store, Results &results)
        : spec_(spec), layout_(layout), store_(store), results_(results) {
        restored_watermarks_.fill(INT64_MIN);
    }
    virtual ~Windows() = default;
    Windows(const Windows &) = delete;
    Windows &operator=(const Windows &) = delete;

    // Rows not behind one that fails for good are in windows then, or in `refused`.
    virtual Status take(const Rows &rows, Refused &refused) = 0;
    // The same of rows that were added up: no two of a key and slice, and none of which has_closed says that it may be late.
    virtual Status add(std::span<const Sum>) { return Status::unsupported("these windows take rows alone"); }
    // Whether any window of a slice has closed: for all keys, or for one.
    virtual bool has_closed(Bounds) const { return true; }
    virtual bool has_closed(Bounds, uint64_t /*hash*/) const { return true; }
    // By the clock: the time of a key's rows that come now.
    int64_t clock_time(uint64_t hash, int64_t now) const { return std::max(now, saturated_add(watermark_of(hash), 1)); }
    // Time has come to there: windows whose last moment is not behind it close.
    virtual void advance(int64_t watermark) = 0;
    // The time of early.every or late.every has come.
    virtual void send_changed(bool early, bool late) = 0;
    // What advance and send_changed lead to. Done: it is all on its way.
    virtual Status run() = 0;
    // By the clock: when a window closes next.
    virtual std::optional<int64_t> next_close() const = 0;

    virtual void snapshot(StateBlocks &out, bool full) = 0;
    virtual Status restore(uint32_t state, uint32_t group, std::string_view key, std::string_view value) = 0;
    virtual uint64_t held_bytes() const = 0;
    virtual int64_t open_groups() const = 0;

    // The input has ended, and with it every window. What comes in a later run, with this state, is late as of before.
    void end() {
        reached_ = watermark_;
        advance(INT64_MAX);
    }
    void save_watermarks(StateBlocks &out, bool full);
    // An entry of kWatermarkState, which comes before those of the group's windows.
    Status restore_watermark(uint32_t group, std::string_view value);
    bool has_watermark(uint32_t group) const { return seen_groups_[group]; }

protected:
    // As of which a key's rows are late, and its windows were closed: not before what a restored state has seen.
    int64_t watermark_of(uint64_t hash) const { return std::max(watermark_, restored_watermarks_[hash >> 56]); }
    // By the clock nothing is late, even where it was put back.
    int64_t time_of(const Rows &rows, size_t row, int64_t watermark) const {
        return spec_.processing_time ? std::max(rows.times[row], saturated_add(watermark, 1)) : rows.times[row];
    }
    // The last moment at which rows of a window with such an end are taken.
    int64_t last_moment(int64_t end) const { return saturated_add(end - 1, spec_.allowed_lateness); }
    int64_t restored_watermark(uint64_t hash) const { return restored_watermarks_[hash >> 56]; }
    void see(uint64_t hash) { seen_groups_[hash >> 56] = true; }

    // A row goes into a state, with the next flush.
    void put(int32_t row, Group &group) {
        rows_.push_back(row);
        groups_.push_back(&group);
        states_.push_back(group.state());
        ++group.rows;
    }
    bool must_flush() const { return rows_.size() >= WEIR_BATCH_MAX_ROWS; }
    // Rows that are not taken are refused.
    Status flush(const Rows &rows, Refused &refused);

    // Whether a row leads to a result of its group at once: `kIfTrue` where the trigger is over aggregates, which then have it.
    enum class Firing : uint8_t { kNo, kIfTrue, kYes };
    Firing firing(const Group &group, const Rows &rows, size_t row, bool late) const {
        if (late) return spec_.late_every ? Firing::kNo : Firing::kYes;
        if (spec_.early_rows && group.since >= static_cast<uint64_t>(spec_.early_rows)) return Firing::kYes;
        if (!rows.triggers.empty()) return rows.triggers[row] ? Firing::kYes : Firing::kNo;
        return layout_.trigger ? Firing::kIfTrue : Firing::kNo;
    }

    // Of those to be sent only where the trigger is true, where it is not: `drop` is told, and they go from `fired`. `add` gives
    // the group of one to results_.
    template <class Fired, class Add, class Drop>
    Status drop_unfired(std::vector<Fired> &fired, Add add, Drop drop) {
        if (!layout_.trigger) return {};
        for (const Fired &one : fired)
            if (one.if_true) add(one);
        std::vector<uint8_t> is_true;
        if (Status s = results_.test(is_true); !s.ok()) return s;
        size_t tested = 0;
        std::erase_if(fired, [&](const Fired &one) {
            if (!one.if_true || is_true[tested++]) return false;
            drop(one);
            return true;
        });
        return {};
    }

    // What deleted_ has and what `changed` has, by key group: `write` adds one, whose key has the hash that `hash_of` gives.
    template <class Change, class HashOf, class Write>
    void put_changes(StateBlocks &out, bool full, std::vector<Change> &changed, HashOf hash_of, Write write) {
        const auto number_of = [&](const Change &one) { return static_cast<uint32_t>(hash_of(one) >> 56); };
        std::stable_sort(changed.begin(), changed.end(), [&](const Change &a, const Change &b) { return number_of(a) < number_of(b); });
        auto next = changed.begin();
        for (uint32_t number = 0; number < kKeyGroups; ++number) {
            deleted_.take(number, [&](std::string_view key) {
                if (!full) out.add(kWindowState, number, key, std::nullopt);
            });
            for (; next != changed.end() && number_of(*next) == number; ++next) write(*next, number);
        }
    }
    // Memory beside the states, looked at with each snapshot: `changed` has some, or there was some. `each` calls with every state.
    template <class Each>
    void weigh(bool changed, Each each) {
        if (!changed && outside_ == 0) return;
        outside_ = 0;
        each([&](const void *state) { outside_ += store_.outside_bytes(state); });
    }

    const Spec &spec_;
    const Layout &layout_;
    States &store_;
    Results &results_;
    int64_t watermark_ = INT64_MIN;
    uint64_t outside_ = 0;  // bytes
    DeletedKeys deleted_;  // that the last snapshot has

private:
    std::vector<int32_t> rows_;
    std::vector<Group *> groups_;
    std::vector<void *> states_;
    std::array<int64_t, 256> restored_watermarks_;
    std::array<bool, 256> seen_groups_{}, saved_groups_{};
    std::optional<int64_t> reached_;  // before the end
    int64_t saved_watermark_ = INT64_MIN;
};

std::unique_ptr<Windows> make_time_windows(const Spec &spec, const Layout &layout, States &store, const TimeGrid &grid,
                                           Results &results);
std::unique_ptr<Windows> make_session_windows(const Spec &spec, const Layout &layout, States &store, Results &results);
std::unique_ptr<Windows> make_row_windows(const Spec &spec, const Layout &layout, States &store, Results &results);

}  // namespace weir::window
