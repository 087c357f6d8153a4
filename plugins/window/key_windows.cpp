#include "key_windows.hpp"

namespace weir::window {
KeyWindows::~KeyWindows() {
    for (PaneOf *pane : dirty_) let_go(*pane);
    for (Key *key : keys_.places())
        while (key && key->first) {
            PaneOf *pane = std::exchange(key->first, key->first->next);
            store_.drop(pane->group.state());
            PaneOf::free(pane);
        }
}

PaneOf &KeyWindows::add_pane(Key &key, Bounds bounds, PaneOf **behind) {
    PaneOf *pane = PaneOf::make(store_.bytes());
    pane->key = &key;
    pane->bounds = bounds;
    pane->group.hash = key.hash;
    pane->next = std::exchange(*behind, pane);
    ++panes_;
    return *pane;
}

void KeyWindows::remove_pane(PaneOf &pane) {
    PaneOf **at = &pane.key->first;
    while (*at != &pane) at = &(*at)->next;
    *at = pane.next;
    if (pane.group.saved) forget_saved(pane);
    store_.drop(pane.group.state());
    --panes_;
    if (!pane.key->first) keys_.erase(*pane.key);
    pane.key = nullptr;
    pane.dead = true;
    if (pane.holders == 0) PaneOf::free(&pane);
}

void KeyWindows::add_result(PaneOf &pane, const void *state, Pane kind, bool ends) {
    results_.add(pane.key->text(), state, pane.bounds, kind, sent_of(pane));
    pane.group.sent = true;
    pane.group.closed = pane.group.closed || kind != Pane::kEarly;
    pane.group.since = 0;
    if (!ends) touch(pane);
}

void KeyWindows::forget(PaneOf &pane) {
    if (spec_.output != Output::kDiscard) return;
    store_.drop(pane.group.state());
    pane.group.rows = 0;
    touch(pane);
}

Status KeyWindows::run() {
    for (Status status;;) {
        if (!results_.emit()) return Status::more();
        if (!step(status)) break;
        if (!status.ok()) return status;
    }
    return {};
}

// By its start alone: that of a session stays, mostly, while its end moves with every row.
std::string KeyWindows::state_key(const Key &key, int64_t start) const {
    std::string out;
    window::put(out, start);
    out.append(key.text());
    return out;
}

std::string KeyWindows::state_value(const PaneOf &pane) const {
    std::string out;
    const Group &group = pane.group;
    put_group(out, {group.hash, static_cast<uint64_t>(group.rows), group.since, group.sent, group.closed,
                    pane.sent ? std::string_view(*pane.sent) : std::string_view()});
    put_number(out, static_cast<uint64_t>(pane.bounds.end) - static_cast<uint64_t>(pane.bounds.start));
    put_number(out, pane.key->rows);
    if (Status s = store_.save(group.state(), out); !s.ok()) throw std::runtime_error(s.message());
    return out;
}

void KeyWindows::forget_saved(const PaneOf &pane) {
    deleted_.add(static_cast<uint32_t>(pane.key->hash >> 56), state_key(*pane.key, pane.saved_start));
}

void KeyWindows::snapshot(StateBlocks &out, bool full) {
    std::vector<PaneOf *> changed;
    if (full)
        for (const Key *key : keys_.places())
            for (PaneOf *pane = key ? key->first : nullptr; pane; pane = pane->next) changed.push_back(pane);
    for (PaneOf *pane : dirty_) {
        pane->group.dirty = false;
        if (!full && !pane->dead) changed.push_back(pane);
        let_go(*pane);
    }
    dirty_.clear();
    for (const PaneOf *pane : changed)
        if (pane->group.saved && pane->saved_start != pane->bounds.start) forget_saved(*pane);
    put_changes(out, full, changed, [](const PaneOf *pane) { return pane->group.hash; }, [&](PaneOf *pane, uint32_t number) {
        out.add(kWindowState, number, state_key(*pane->key, pane->bounds.start), state_value(*pane));
        pane->group.saved = true;
        pane->saved_start = pane->bounds.start;
    });
    const auto has_some = [&](const PaneOf *pane) { return store_.outside_bytes(pane->group.state()) > 0; };
    weigh(std::any_of(changed.begin(), changed.end(), has_some), [&](auto weigh_one) {
        for (const Key *key : keys_.places())
            for (const PaneOf *pane = key ? key->first : nullptr; pane; pane = pane->next) weigh_one(pane->group.state());
    });
}

Status KeyWindows::restore(uint32_t, uint32_t, std::string_view key, std::string_view value) {
    Bounds bounds;
    GroupEntry saved;
    uint64_t length = 0, key_rows = 0;
    if (!window::take(key, bounds.start) || !take_group(value, saved) || !take_number(value, length) || !take_number(value, key_rows))
        return damaged();
    bounds.end = static_cast<int64_t>(static_cast<uint64_t>(bounds.start) + length);
    Key &owner = keys_.at(saved.hash, key);
    PaneOf **behind = &owner.first;
    while (*behind && (*behind)->bounds.start < bounds.start) behind = &(*behind)->next;
    PaneOf &pane = add_pane(owner, bounds, behind);
    owner.rows = std::max(owner.rows, key_rows);
    pane.group.rows = static_cast<int64_t>(saved.rows);
    pane.group.since = static_cast<uint32_t>(saved.since);
    pane.group.sent = saved.sent;
    pane.group.closed = saved.closed;
    pane.group.saved = true;
    pane.saved_start = bounds.start;
    if (!saved.last.empty()) pane.sent = new std::string(saved.last);
    see(saved.hash);
    restored(pane);
    return store_.load(pane.group.state(), value);
}

}  // namespace weir::window
