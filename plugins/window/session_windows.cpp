// Sessions: windows of one key that end when nothing came for a gap. A row is a window [time, time + gap) of its own, and
// windows that overlap are one.
#include <algorithm>
#include <deque>

#include "key_windows.hpp"

namespace weir::window {
namespace {

class SessionWindows final : public KeyWindows {
public:
    using KeyWindows::KeyWindows;
    ~SessionWindows() override {
        for (const Due &due : due_) let_go(*due.pane);
    }

    Status take(const Rows &rows, Refused &refused) override;
    void advance(int64_t watermark) override;
    void send_changed(bool early, bool late) override;
    std::optional<int64_t> next_close() const override {
        return due_.empty() ? std::nullopt : std::optional(due_.front().time + 1);
    }
    uint64_t held_bytes() const override { return KeyWindows::held_bytes() + due_.capacity() * sizeof(Due); }

protected:
    bool step(Status &status) override;
    void restored(PaneOf &pane) override { enqueue(pane); }

private:
    // One for each session, by the moment at which it is to be looked at: not behind that at which it closes or expires. Those
    // whose time is not that of their session were replaced.
    struct Due {
        int64_t time;
        PaneOf *pane;
        bool operator<(const Due &o) const { return time > o.time; }  // the earliest is on top
    };

    Status take_row(const Rows &rows, size_t row, Refused &refused);
    Status join(const Rows &rows, PaneOf &into, Bounds with, Refused &refused);
    void fire(PaneOf &pane, Pane kind, bool if_true);
    Status settle(const Rows &rows, Refused &refused);
    void enqueue(PaneOf &pane);

    std::vector<Due> due_;  // a heap
    struct Fired {
        PaneOf *pane;
        Pane kind;
        bool if_true;  // that the trigger is
    };
    std::vector<Fired> pending_;
    // What becomes of a session: a result, its end, or both.
    struct Leaving {
        PaneOf *pane;
        std::optional<Pane> kind;  // of the result
        bool ends;                 // its last entry
    };
    std::deque<Leaving> sending_;
};

Status SessionWindows::take(const Rows &rows, Refused &refused) {
    const auto n = static_cast<size_t>(rows.batch.rows());
    constexpr size_t kAhead = 8;
    Status status;
    for (size_t row = 0; row < n && status.ok(); ++row) {
        if (row + kAhead < n) keys_.prefetch(rows.hashes[row + kAhead]);
        if (!rows.bad[row]) status = take_row(rows, row, refused);
    }
    return status.ok() ? settle(rows, refused) : status;
}

Status SessionWindows::take_row(const Rows &rows, size_t row, Refused &refused) {
    const int64_t watermark = watermark_of(rows.hashes[row]), time = time_of(rows, row, watermark);
    const int64_t gap = rows.gaps.empty() ? spec_.size : rows.gaps[row];
    Bounds bounds{time, time};
    const bool too_far = gap > 0 && __builtin_add_overflow(time, gap, &bounds.end);
    if (gap <= 0 || too_far) {
        const std::string why = too_far ? ", which leads beyond the last time there is" : ", and must be above 0";
        refused.errors.push_back({static_cast<int64_t>(row), "out-of-range", "",
                                  "the session's gap is " + std::to_string(gap) + " microseconds" + why});
        return {};
    }
    see(rows.hashes[row]);
    Key &key = keys_.at(rows.hashes[row], rows.keys.view(row));
    PaneOf **at = &key.first;
    while (*at && (*at)->bounds.end <= bounds.start) at = &(*at)->next;
    PaneOf *pane = *at;
    if (!pane || pane->bounds.start >= bounds.end) {  // none overlaps
        if (last_moment(bounds.end) <= watermark) {
            if (!key.first) keys_.erase(key);
            refused.late.push_back(static_cast<int32_t>(row));
            refused.lateness.push_back(saturated_sub(watermark, time));
            return {};
        }
        pane = &add_pane(key, bounds, at);
        enqueue(*pane);
    } else if (Status s = join(rows, *pane, bounds, refused); !s.ok()) {
        return s;
    }
    if (must_flush())
        if (Status s = settle(rows, refused); !s.ok()) return s;
    touch(*pane);
    put(static_cast<int32_t>(row), pane->group);
    ++pane->group.since;
    const bool late = pane->bounds.end - 1 <= watermark;
    const bool reopened = pane->group.closed && !late;
    pane->group.closed = late;
    if (reopened) enqueue(*pane);
    if (const Firing due = firing(pane->group, rows, row, late); due != Firing::kNo) fire(*pane, late ? Pane::kLate : Pane::kEarly, due == Firing::kIfTrue);
    return {};
}

void SessionWindows::fire(PaneOf &pane, Pane kind, bool if_true) {
    pane.group.pending = true;
    pending_.push_back({&pane, kind, if_true});
}

// The session takes in a window that overlaps it, and those that overlap both. What is to be sent of it is sent as it was.
Status SessionWindows::join(const Rows &rows, PaneOf &into, Bounds with, Refused &refused) {
    if (into.group.pending)
        if (Status s = settle(rows, refused); !s.ok()) return s;
    const Bounds before = into.bounds;
    into.bounds = {std::min(before.start, with.start), std::max(before.end, with.end)};
    if (!into.next || into.next->bounds.start >= into.bounds.end) return {};
    if (Status s = settle(rows, refused); !s.ok()) return s;
    while (into.next && into.next->bounds.start < into.bounds.end) {
        PaneOf &other = *into.next;
        into.bounds.end = std::max(into.bounds.end, other.bounds.end);
        into.group.rows += other.group.rows;
        into.group.since += other.group.since;
        void *to = into.group.state();
        const void *from = other.group.state();
        if (Status s = store_.merge({&to, 1}, {&from, 1}); !s.ok()) return s;
        if (other.sent && !other.sent->empty()) results_.add_delete(*other.sent);
        remove_pane(other);
    }
    touch(into);
    return results_.build();
}

Status SessionWindows::settle(const Rows &rows, Refused &refused) {
    Status status = flush(rows, refused);
    if (pending_.empty()) return status;
    if (status.ok())
        status = drop_unfired(
            pending_, [&](const Fired &one) { results_.add(one.pane->key->text(), one.pane->group.state(), one.pane->bounds, one.kind); },
            [](const Fired &one) { one.pane->group.pending = false; });
    for (const Fired &one : pending_) {
        one.pane->group.pending = false;
        if (one.pane->group.rows > 0) add_result(*one.pane, one.pane->group.state(), one.kind);
    }
    if (status.ok()) status = results_.build();
    for (const Fired &one : pending_) forget(*one.pane);
    pending_.clear();
    return status;
}

void SessionWindows::enqueue(PaneOf &pane) {
    ++pane.holders;
    const int64_t time = pane.group.closed ? last_moment(pane.bounds.end) : pane.bounds.end - 1;
    pane.due = static_cast<uint32_t>(time);
    due_.push_back({time, &pane});
    std::push_heap(due_.begin(), due_.end());
}

void SessionWindows::advance(int64_t watermark) {
    if (watermark <= watermark_) return;
    watermark_ = watermark;
    while (!due_.empty() && due_.front().time <= watermark) {
        std::pop_heap(due_.begin(), due_.end());
        PaneOf &pane = *due_.back().pane;
        const bool replaced = static_cast<uint32_t>(due_.back().time) != pane.due;
        due_.pop_back();
        if (pane.dead || pane.expired || replaced) {
            let_go(pane);
            continue;
        }
        std::optional<Pane> kind;
        if (pane.bounds.end - 1 <= watermark && !pane.group.closed) {
            pane.group.closed = true;
            kind = Pane::kOnTime;
        }
        const bool ends = last_moment(pane.bounds.end) <= watermark;
        // Late rows that are gathered do not wait for late.every.
        if (ends && !kind && pane.group.since > 0) kind = Pane::kLate;
        if (ends || kind) sending_.push_back({&pane, kind, ends});
        pane.expired = ends;
        if (ends) continue;
        enqueue(pane);
        let_go(pane);
    }
}

void SessionWindows::send_changed(bool early, bool late) {
    for (const Key *key : keys_.places())
        for (PaneOf *pane = key ? key->first : nullptr; pane; pane = pane->next)
            if (pane->group.since > 0 && !pane->expired && (pane->group.closed ? late : early))
                sending_.push_back({pane, pane->group.closed ? Pane::kLate : Pane::kEarly, false});
}

// What has expired goes with its batch: a million sessions may end at once.
bool SessionWindows::step(Status &status) {
    if (sending_.empty()) return false;
    std::vector<PaneOf *> sent, gone;
    for (; !sending_.empty() && !results_.full() && gone.size() < WEIR_BATCH_MAX_ROWS; sending_.pop_front()) {
        const auto [pane, kind, ends] = sending_.front();
        if (ends) gone.push_back(pane);
        if (!kind || pane->group.rows == 0) continue;
        add_result(*pane, pane->group.state(), *kind, ends);
        if (!ends) sent.push_back(pane);
    }
    status = results_.build();
    for (PaneOf *pane : sent) forget(*pane);
    for (PaneOf *pane : gone) {
        remove_pane(*pane);
        let_go(*pane);
    }
    return true;
}

}  // namespace

std::unique_ptr<Windows> make_session_windows(const Spec &spec, const Layout &layout, States &store, Results &results) {
    return std::make_unique<SessionWindows>(spec, layout, store, results);
}

}  // namespace weir::window
