// Windows of so many rows of a key, and the one window that has them all. A window of the last n rows with a result every m
// is kept in parts of as many rows as divide both.
#include <deque>
#include <numeric>

#include "key_windows.hpp"

namespace weir::window {
namespace {

class RowWindows final : public KeyWindows {
public:
    RowWindows(const Spec &spec, const Layout &layout, States &store, Results &results)
        : KeyWindows(spec, layout, store, results),
          global_(spec.kind == Kind::kGlobal),
          part_(global_ ? 0 : std::gcd(spec.rows, spec.every_rows)) {}

    Status take(const Rows &rows, Refused &refused) override;
    void advance(int64_t watermark) override;
    void send_changed(bool early, bool) override {
        if (early) list_all(Pane::kEarly);
    }
    std::optional<int64_t> next_close() const override { return std::nullopt; }

protected:
    bool step(Status &status) override;

private:
    Status take_row(const Rows &rows, size_t row, Refused &refused);
    Status settle(const Rows &rows, Refused &refused);
    Status send(Key &key, Pane kind);
    void clear_sums();
    void list_all(Pane kind);
    void behind_result(Key &key);

    const bool global_;
    const int64_t part_;  // rows
    struct Fired {
        Key *key;
        bool if_true;  // that the trigger is
    };
    std::vector<Fired> pending_;
    std::deque<std::pair<Key *, Pane>> sending_;
    std::deque<std::vector<char>> sums_;  // of windows in parts, until they are computed
};

Status RowWindows::take(const Rows &rows, Refused &refused) {
    const auto n = static_cast<size_t>(rows.batch.rows());
    constexpr size_t kAhead = 8;
    Status status;
    for (size_t row = 0; row < n && status.ok(); ++row) {
        if (row + kAhead < n) keys_.prefetch(rows.hashes[row + kAhead]);
        if (!rows.bad[row]) status = take_row(rows, row, refused);
    }
    return status.ok() ? settle(rows, refused) : status;
}

// The newest pane is the first.
Status RowWindows::take_row(const Rows &rows, size_t row, Refused &refused) {
    Key *found = &keys_.at(rows.hashes[row], rows.keys.view(row));
    see(found->hash);
    if (found->pending || must_flush()) {
        if (Status s = settle(rows, refused); !s.ok()) return s;
        found = &keys_.at(rows.hashes[row], rows.keys.view(row));  // it may be gone with its window
    }
    Key &key = *found;
    if (!key.first || (part_ && key.rows % static_cast<uint64_t>(part_) == 0)) {
        const auto number = global_ ? 0 : static_cast<int64_t>(key.rows / static_cast<uint64_t>(part_));
        add_pane(key, {-number, -number}, &key.first);  // restored in this order
    }
    PaneOf &pane = *key.first;
    touch(pane);
    put(static_cast<int32_t>(row), pane.group);
    ++pane.group.since;
    ++key.rows;
    const Firing due = global_ ? firing(pane.group, rows, row, false)
                    : key.rows % static_cast<uint64_t>(spec_.every_rows) == 0 ? Firing::kYes : Firing::kNo;
    if (due == Firing::kNo) return {};
    key.pending = true;
    pending_.push_back({&key, due == Firing::kIfTrue});
    return {};
}

Status RowWindows::settle(const Rows &rows, Refused &refused) {
    Status status = flush(rows, refused);
    if (pending_.empty()) return status;
    if (status.ok())
        status = drop_unfired(
            pending_,
            [&](const Fired &one) { results_.add(one.key->text(), one.key->first->group.state(), one.key->first->bounds, Pane::kEarly); },
            [](const Fired &one) { one.key->pending = false; });
    for (const Fired &one : pending_) {
        one.key->pending = false;
        if (status.ok()) status = send(*one.key, global_ ? Pane::kEarly : Pane::kOnTime);
    }
    if (status.ok()) status = results_.build();
    clear_sums();
    for (const Fired &one : pending_) behind_result(*one.key);
    pending_.clear();
    return status;
}

// Adds the result over the key's panes.
Status RowWindows::send(Key &key, Pane kind) {
    PaneOf &newest = *key.first;
    int64_t rows = 0;
    for (const PaneOf *pane = &newest; pane; pane = pane->next) rows += pane->group.rows;
    if (rows == 0) return {};
    if (!newest.next) {
        add_result(newest, newest.group.state(), kind);
        return {};
    }
    std::vector<const PaneOf *> oldest_first;
    for (const PaneOf *pane = &newest; pane; pane = pane->next) oldest_first.insert(oldest_first.begin(), pane);
    const size_t bytes = store_.bytes();
    std::vector<char> &memory = sums_.emplace_back(bytes + 16, 0);
    void *at = memory.data();
    size_t space = memory.size();
    void *sum = std::align(16, bytes, at, space);
    for (const PaneOf *pane : oldest_first) {
        const void *from = pane->group.state();
        if (Status s = store_.merge({&sum, 1}, {&from, 1}); !s.ok()) return s;
    }
    add_result(newest, sum, kind);
    return {};
}

void RowWindows::clear_sums() {
    const size_t bytes = store_.bytes();
    for (std::vector<char> &memory : sums_) {
        void *at = memory.data();
        size_t space = memory.size();
        store_.drop(std::align(16, bytes, at, space));
    }
    sums_.clear();
}

// Parts that no later window has go.
void RowWindows::behind_result(Key &key) {
    if (global_) return forget(*key.first);
    const auto kept = static_cast<uint64_t>(spec_.rows - spec_.every_rows);  // rows, of the next window
    uint64_t parts = kept / static_cast<uint64_t>(part_);
    std::vector<PaneOf *> gone;
    for (PaneOf *pane = key.first; pane; pane = pane->next) {
        if (parts > 0) --parts;
        else gone.push_back(pane);
    }
    for (PaneOf *pane : gone) remove_pane(*pane);
}

void RowWindows::list_all(Pane kind) {
    for (Key *key : keys_.places())
        if (key && key->first && key->first->group.since > 0) sending_.emplace_back(key, kind);
}

// At the end of the input every window that has new rows has a result.
void RowWindows::advance(int64_t watermark) {
    watermark_ = std::max(watermark_, watermark);
    if (watermark == INT64_MAX) list_all(Pane::kOnTime);
}

bool RowWindows::step(Status &status) {
    if (sending_.empty()) return false;
    std::vector<Key *> sent;
    while (!sending_.empty() && !results_.full() && status.ok()) {
        auto [key, kind] = sending_.front();
        sending_.pop_front();
        status = send(*key, kind);
        sent.push_back(key);
    }
    if (status.ok()) status = results_.build();
    clear_sums();
    if (global_)
        for (Key *key : sent) forget(*key->first);
    return true;
}

}  // namespace

std::unique_ptr<Windows> make_row_windows(const Spec &spec, const Layout &layout, States &store, Results &results) {
    return std::make_unique<RowWindows>(spec, layout, store, results);
}

}  // namespace weir::window
