// Windows whose bounds do not depend on keys. Where windows overlap and each has one result, rows are kept by slice, and a
// window's groups are merged out of its slices when it closes; otherwise each window keeps its own.
#include <deque>
#include <limits>
#include <map>
#include <set>
#include <unordered_map>

#include "windows.hpp"

namespace weir::window {
namespace {

// By which windows are in the order in which they close.
struct ByEnd {
    bool operator()(const Bounds &a, const Bounds &b) const { return a.end != b.end ? a.end < b.end : a.start < b.start; }
};

class TimeWindows final : public Windows {
public:
    TimeWindows(const Spec &spec, const Layout &layout, States &store, const TimeGrid &grid, Results &results)
        : Windows(spec, layout, store, results),
          grid_(grid),
          shared_(spec.shares_slices()),
          slices_are_units_(shared_ || spec.kind == Kind::kTumbling || spec.kind == Kind::kCalendar) {}
    ~TimeWindows() override {
        for (auto &[bounds, unit] : units_) drop_states(unit.table);
        if (merged_) drop_states(merged_->table);
    }

    Status take(const Rows &rows, Refused &refused) override;
    Status add(std::span<const Sum> sums) override;
    bool has_closed(Bounds slice) const override { return is_closed(grid_.first_window(slice.start).end, watermark_); }
    bool has_closed(Bounds slice, uint64_t hash) const override { return is_closed(grid_.first_window(slice.start).end, watermark_of(hash)); }
    void advance(int64_t watermark) override;
    void send_changed(bool early, bool late) override;
    Status run() override;
    std::optional<int64_t> next_close() const override;
    void snapshot(StateBlocks &out, bool full) override;
    Status restore(uint32_t state, uint32_t group, std::string_view key, std::string_view value) override;
    uint64_t held_bytes() const override;
    int64_t open_groups() const override;

private:
    // A window; or a slice, where those are shared.
    struct Unit {
        explicit Unit(size_t state_bytes) : table(state_bytes) {}
        Bounds bounds;
        GroupTable table;
        bool closed = false;
        bool gathered = false;  // late rows that it has are on their way
        std::unordered_map<const Group *, std::string> sent;  // of a changelog: what was sent last
    };
    struct Sending {  // a unit whose groups are being sent
        Unit *unit;
        Pane pane;
        size_t next = 0;
    };
    struct Fired {  // a group to be sent with the rows at hand
        Unit *unit;
        Group *group;
        Pane pane;
        bool if_true;  // that the trigger is
    };
    struct Merged {  // a window whose slices were merged
        Bounds bounds;
        GroupTable table;
        size_t next = 0;
    };

    Unit &unit_of(Bounds bounds);
    Group &group_of(Unit &unit, const Rows &rows, size_t row);
    Status take_row(const Rows &rows, size_t row, Refused &refused);
    Status take_into(Bounds window, const Rows &rows, size_t row, int64_t watermark, Refused &refused);
    Status take_into_slice(Bounds slice, const Rows &rows, size_t row, int64_t watermark, Refused &refused);
    bool is_gone(int64_t end, int64_t watermark) const { return last_moment(end) <= watermark; }
    bool is_closed(int64_t end, int64_t watermark) const { return end - 1 <= watermark; }
    // Windows whose last moment is not behind it are gone.
    int64_t gone_until(int64_t watermark) const { return saturated_sub(watermark, spec_.allowed_lateness); }
    void send(Unit &unit, Group &group, Pane pane);
    void forget(Unit &unit, Group &group);
    Status settle(const Rows &rows, Refused &refused);
    Status send_late(const Rows &rows, Bounds slice, size_t row, int64_t watermark, Refused &refused);
    Status merge(Bounds window, GroupTable &into, const Group *only, std::string_view key);
    bool step(Status &status);
    Status step_unit(Sending &sending);
    Status step_merged();
    bool has_to_be_sent(const Group &group, Pane pane) const;
    bool has_expired(const Unit &unit) const;
    bool list_gathered();
    void drop_expired();
    void drop_states(GroupTable &table) {
        for (Group *group : table.groups()) store_.drop(group->state());
    }
    std::string state_key(const Unit &unit, const Group &group) const;
    std::string state_value(const Unit &unit, const Group &group) const;

    const TimeGrid &grid_;
    const bool shared_;
    const bool slices_are_units_;
    std::map<Bounds, Unit, ByEnd> units_;
    Unit *last_ = nullptr;  // that a row went to: the next one's, mostly
    std::vector<Fired> pending_;

    std::deque<Sending> sending_;
    std::deque<Bounds> closing_;  // shared: windows that close
    std::optional<Merged> merged_;
};

TimeWindows::Unit &TimeWindows::unit_of(Bounds bounds) {
    if (last_ && last_->bounds == bounds) return *last_;
    const auto [at, added] = units_.try_emplace(bounds, store_.bytes());
    if (added) {
        at->second.bounds = bounds;
        at->second.closed = !shared_ && is_closed(bounds.end, watermark_);
    }
    last_ = &at->second;
    return *last_;
}

Group &TimeWindows::group_of(Unit &unit, const Rows &rows, size_t row) {
    Group &group = unit.table.at(rows.hashes[row], rows.keys.view(row));
    unit.table.touch(group);
    return group;
}

Status TimeWindows::take(const Rows &rows, Refused &refused) {
    const auto n = static_cast<size_t>(rows.batch.rows());
    constexpr size_t kAhead = 8;
    Status status;
    for (size_t row = 0; row < n && status.ok(); ++row) {
        if (last_ && row + kAhead < n) last_->table.prefetch(rows.hashes[row + kAhead]);
        if (!rows.bad[row]) status = take_row(rows, row, refused);
    }
    return status.ok() ? settle(rows, refused) : status;
}

Status TimeWindows::take_row(const Rows &rows, size_t row, Refused &refused) {
    const int64_t watermark = watermark_of(rows.hashes[row]), time = time_of(rows, row, watermark);
    see(rows.hashes[row]);
    const bool known = slices_are_units_ && last_ && time >= last_->bounds.start && time < last_->bounds.end;
    const Bounds slice = known ? last_->bounds : grid_.slice(time);
    if (is_gone(grid_.last_end(slice.start), watermark)) {
        refused.late.push_back(static_cast<int32_t>(row));
        refused.lateness.push_back(saturated_sub(watermark, time));
        return {};
    }
    if (shared_) return take_into_slice(slice, rows, row, watermark, refused);
    Bounds window;
    if (!grid_.first_behind(slice.start, gone_until(watermark), window)) return {};
    do {
        if (Status s = take_into(window, rows, row, watermark, refused); !s.ok()) return s;
    } while (grid_.next_window(slice.start, window));
    return {};
}

Status TimeWindows::take_into(Bounds window, const Rows &rows, size_t row, int64_t watermark, Refused &refused) {
    Unit &unit = unit_of(window);
    Group *group = &group_of(unit, rows, row);
    if (group->pending || must_flush())
        if (Status s = settle(rows, refused); !s.ok()) return s;
    put(static_cast<int32_t>(row), *group);
    ++group->since;
    const bool late = is_closed(window.end, watermark);
    const Firing due = firing(*group, rows, row, late);
    if (late) group->closed = true;
    if (due == Firing::kNo) return {};
    group->pending = true;
    pending_.push_back({&unit, group, late ? Pane::kLate : Pane::kEarly, due == Firing::kIfTrue});
    return {};
}

Status TimeWindows::take_into_slice(Bounds slice, const Rows &rows, size_t row, int64_t watermark, Refused &refused) {
    Group &group = group_of(unit_of(slice), rows, row);
    if (must_flush())
        if (Status s = settle(rows, refused); !s.ok()) return s;
    put(static_cast<int32_t>(row), group);
    if (!is_closed(grid_.first_window(slice.start).end, watermark)) return {};
    return send_late(rows, slice, row, watermark, refused);
}

// The windows of a slice that have closed, of one key, each with its late row.
Status TimeWindows::send_late(const Rows &rows, Bounds slice, size_t row, int64_t watermark, Refused &refused) {
    if (Status s = settle(rows, refused); !s.ok()) return s;
    const std::string_view key = rows.keys.view(row);
    const Group *only = unit_of(slice).table.find(rows.hashes[row], key);
    if (only->rows == 0) return {};
    Bounds window;
    if (!grid_.first_behind(slice.start, gone_until(watermark), window)) return {};
    do {
        if (!is_closed(window.end, watermark)) return {};
        GroupTable merged(store_.bytes());
        Status status = merge(window, merged, only, key);
        if (status.ok() && merged.size()) {
            results_.add(merged.key(merged[0]), merged[0].state(), window, Pane::kLate);
            status = results_.build();
        }
        drop_states(merged);
        if (!status.ok()) return status;
    } while (grid_.next_window(slice.start, window));
    return {};
}

Status TimeWindows::add(std::span<const Sum> sums) {
    std::vector<void *> into;
    std::vector<const void *> from;
    for (const Sum &sum : sums) {
        Unit &unit = unit_of(sum.slice);
        Group &group = unit.table.at(sum.hash, sum.key);
        unit.table.touch(group);
        see(sum.hash);
        group.rows += sum.rows;
        group.since += static_cast<uint32_t>(sum.rows);
        into.push_back(group.state());
        from.push_back(sum.state);
    }
    return store_.merge(into, from);
}

void TimeWindows::send(Unit &unit, Group &group, Pane pane) {
    results_.add(unit.table.key(group), group.state(), unit.bounds, pane, layout_.changelog ? &unit.sent[&group] : nullptr);
    group.sent = true;
    group.closed = group.closed || pane != Pane::kEarly;
    group.since = 0;
    unit.table.touch(group);
}

// A group that has been sent begins anew, where results hold what is new.
void TimeWindows::forget(Unit &unit, Group &group) {
    if (spec_.output != Output::kDiscard) return;
    store_.drop(group.state());
    group.rows = 0;
    unit.table.touch(group);
}

// The rows gathered so far are in their states, and what they fired is on its way.
Status TimeWindows::settle(const Rows &rows, Refused &refused) {
    Status status = flush(rows, refused);
    if (pending_.empty()) return status;
    if (status.ok())
        status = drop_unfired(
            pending_,
            [&](const Fired &one) { results_.add(one.unit->table.key(*one.group), one.group->state(), one.unit->bounds, Pane::kEarly); },
            [](const Fired &one) { one.group->pending = false; });
    for (const Fired &one : pending_) {
        one.group->pending = false;
        if (one.group->rows > 0) send(*one.unit, *one.group, one.pane);
    }
    if (status.ok()) status = results_.build();
    for (const Fired &one : pending_) forget(*one.unit, *one.group);
    pending_.clear();
    return status;
}

// All groups of a window's slices, or that of one key.
Status TimeWindows::merge(Bounds window, GroupTable &into, const Group *only, std::string_view key) {
    std::vector<void *> to;
    std::vector<const void *> from;
    // Slices lie side by side, so that they begin in the order in which they end.
    for (auto at = units_.lower_bound({std::numeric_limits<int64_t>::min(), saturated_add(window.start, 1)}); at != units_.end(); ++at) {
        Unit &unit = at->second;
        if (unit.bounds.end > window.end) break;
        if (unit.bounds.start < window.start) continue;
        to.clear();
        from.clear();
        auto add = [&](const Group &group) {
            if (group.rows == 0) return;
            Group &sum = into.at(group.hash, unit.table.key(group));
            sum.rows += group.rows;
            to.push_back(sum.state());
            from.push_back(group.state());
        };
        if (only) {
            if (const Group *group = unit.table.find(only->hash, key)) add(*group);
        } else {
            const std::vector<Group *> &groups = unit.table.groups();
            into.reserve(groups.size());
            constexpr size_t kAhead = 8;  // groups lie anywhere in memory
            for (size_t i = 0; i < groups.size(); ++i) {
                if (i + 2 * kAhead < groups.size()) __builtin_prefetch(groups[i + 2 * kAhead]);
                if (i + kAhead < groups.size()) into.prefetch(groups[i + kAhead]->hash);
                if (window.end - 1 > restored_watermark(groups[i]->hash)) add(*groups[i]);  // otherwise it was sent in a life before
            }
        }
        if (Status s = store_.merge(to, from); !s.ok()) return s;
    }
    return {};
}

void TimeWindows::advance(int64_t watermark) {
    if (watermark <= watermark_) return;
    const int64_t before = std::exchange(watermark_, watermark);
    if (!shared_) {
        for (auto &[bounds, unit] : units_) {
            if (!is_closed(bounds.end, watermark)) break;
            if (!unit.closed) sending_.push_back({&unit, Pane::kOnTime});
            unit.closed = true;
        }
        return;
    }
    std::set<Bounds, ByEnd> closing;
    for (const auto &[slice, unit] : units_) {
        if (grid_.first_window(slice.start).end - 1 > watermark) break;  // and so have all behind it
        Bounds window;
        if (!grid_.first_behind(slice.start, before, window)) continue;
        do {
            if (!is_closed(window.end, watermark)) break;
            closing.insert(window);
        } while (grid_.next_window(slice.start, window));
    }
    closing_.insert(closing_.end(), closing.begin(), closing.end());
}

void TimeWindows::send_changed(bool early, bool late) {
    for (auto &[bounds, unit] : units_) {
        if (unit.closed ? late : early) sending_.push_back({&unit, unit.closed ? Pane::kLate : Pane::kEarly});
    }
}

bool TimeWindows::has_to_be_sent(const Group &group, Pane pane) const {
    if (group.rows == 0) return false;
    return pane == Pane::kOnTime ? !group.closed : group.since > 0;
}

Status TimeWindows::step_unit(Sending &sending) {
    GroupTable &table = sending.unit->table;
    const size_t first = sending.next;
    for (; sending.next < table.size() && !results_.full(); ++sending.next) {
        Group &group = table[sending.next];
        if (has_to_be_sent(group, sending.pane)) send(*sending.unit, group, sending.pane);
        group.closed = group.closed || sending.unit->closed;
    }
    Status status = results_.build();
    for (size_t i = first; i < sending.next; ++i)
        if (table[i].sent && table[i].since == 0) forget(*sending.unit, table[i]);
    return status;
}

Status TimeWindows::step_merged() {
    if (!merged_) {
        merged_.emplace(Merged{closing_.front(), GroupTable(store_.bytes())});
        closing_.pop_front();
        if (Status s = merge(merged_->bounds, merged_->table, nullptr, {}); !s.ok()) return s;
    }
    GroupTable &table = merged_->table;
    for (; merged_->next < table.size() && !results_.full(); ++merged_->next) {
        const Group &group = table[merged_->next];
        results_.add(table.key(group), group.state(), merged_->bounds, Pane::kOnTime);
    }
    Status status = results_.build();
    if (merged_->next < table.size()) return status;
    drop_states(table);
    merged_.reset();
    return status;
}

// A batch of results, if there is any to be sent.
bool TimeWindows::step(Status &status) {
    if (!sending_.empty()) {
        status = step_unit(sending_.front());
        if (sending_.front().next == sending_.front().unit->table.size()) sending_.pop_front();
        return true;
    }
    if (!merged_ && closing_.empty()) return false;
    status = step_merged();
    return true;
}

Status TimeWindows::run() {
    for (Status status;;) {
        if (!results_.emit()) return Status::more();
        if (!step(status) && !list_gathered()) break;
        if (!status.ok()) return status;
    }
    drop_expired();
    return {};
}

bool TimeWindows::has_expired(const Unit &unit) const {
    return is_gone(grid_.last_end(unit.bounds.start), watermark_) || (!shared_ && is_gone(unit.bounds.end, watermark_));
}

// Late rows that are gathered, and whose windows do not wait for late.every.
bool TimeWindows::list_gathered() {
    if (!spec_.late_every) return false;
    for (auto &[bounds, unit] : units_) {
        if (!has_expired(unit)) break;
        if (std::exchange(unit.gathered, true)) continue;
        sending_.push_back({&unit, Pane::kLate});
    }
    return !sending_.empty();
}

void TimeWindows::drop_expired() {
    while (!units_.empty()) {
        Unit &unit = units_.begin()->second;
        if (!has_expired(unit)) return;
        for (const Group *group : unit.table.groups())
            if (group->saved) deleted_.add(static_cast<uint32_t>(group->hash >> 56), state_key(unit, *group));
        drop_states(unit.table);
        if (last_ == &unit) last_ = nullptr;
        units_.erase(units_.begin());
    }
}

std::optional<int64_t> TimeWindows::next_close() const {
    for (const auto &[bounds, unit] : units_) {
        if (!shared_ && !unit.closed) return bounds.end;
        if (Bounds window; shared_ && grid_.first_behind(bounds.start, watermark_, window)) return window.end;
    }
    return std::nullopt;
}

std::string TimeWindows::state_key(const Unit &unit, const Group &group) const {
    std::string out;
    window::put(out, unit.bounds.end);
    window::put(out, unit.bounds.start);
    out.append(unit.table.key(group));
    return out;
}

std::string TimeWindows::state_value(const Unit &unit, const Group &group) const {
    std::string out;
    const auto last = unit.sent.find(&group);
    put_group(out, {group.hash, static_cast<uint64_t>(group.rows), group.since, group.sent, group.closed,
                    last == unit.sent.end() ? std::string_view() : std::string_view(last->second)});
    if (Status s = store_.save(group.state(), out); !s.ok()) throw std::runtime_error(s.message());
    return out;
}

void TimeWindows::snapshot(StateBlocks &out, bool full) {
    std::vector<std::pair<Group *, Unit *>> changed;
    const auto holds = [](const Group &group) { return group.rows > 0 || group.sent || group.closed; };
    for (auto &[bounds, unit] : units_)
        for (Group *group : full ? unit.table.groups() : unit.table.dirty())
            if (holds(*group) || group->saved) changed.emplace_back(group, &unit);
    put_changes(out, full, changed, [](const auto &one) { return one.first->hash; }, [&](const auto &one, uint32_t number) {
        auto &[group, unit] = one;
        if (holds(*group)) out.add(kWindowState, number, state_key(*unit, *group), state_value(*unit, *group));
        else if (!full) out.add(kWindowState, number, state_key(*unit, *group), std::nullopt);
        group->saved = holds(*group);
    });
    for (auto &[bounds, unit] : units_) unit.table.clear_dirty();
    const auto has_some = [&](const auto &one) { return store_.outside_bytes(one.first->state()) > 0; };
    weigh(std::any_of(changed.begin(), changed.end(), has_some), [&](auto weigh_one) {
        for (auto &[bounds, unit] : units_)
            for (const Group *group : unit.table.groups()) weigh_one(group->state());
    });
}

Status TimeWindows::restore(uint32_t, uint32_t, std::string_view key, std::string_view value) {
    Bounds bounds;
    GroupEntry saved;
    if (!window::take(key, bounds.end) || !window::take(key, bounds.start) || !take_group(value, saved)) return damaged();
    Unit &unit = unit_of(bounds);
    Group &group = unit.table.at(saved.hash, key);
    if (Status s = store_.load(group.state(), value); !s.ok()) return s;
    group.rows = static_cast<int64_t>(saved.rows);
    group.since = static_cast<uint32_t>(saved.since);
    group.sent = saved.sent;
    group.closed = saved.closed;
    group.saved = true;
    if (!saved.last.empty()) unit.sent[&group] = saved.last;
    see(saved.hash);
    return {};
}

uint64_t TimeWindows::held_bytes() const {
    uint64_t bytes = outside_ + deleted_.held_bytes();
    for (const auto &[bounds, unit] : units_) bytes += unit.table.held_bytes();
    return bytes;
}

int64_t TimeWindows::open_groups() const {
    size_t groups = 0;
    for (const auto &[bounds, unit] : units_) groups += unit.table.size();
    return static_cast<int64_t>(groups);
}

}  // namespace

std::unique_ptr<Windows> make_time_windows(const Spec &spec, const Layout &layout, States &store, const TimeGrid &grid,
                                           Results &results) {
    return std::make_unique<TimeWindows>(spec, layout, store, grid, results);
}

}  // namespace weir::window
