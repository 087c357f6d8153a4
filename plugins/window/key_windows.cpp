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

void KeyWindows::add_result(PaneOf &pane, const void *state, Pane kind) {
    results_.add(pane.key->text(), state, pane.bounds, kind, sent_of(pane));
    pane.group.sent = true;
    pane.group.closed = pane.group.closed || kind != Pane::kEarly;
    pane.group.since = 0;
    touch(pane);
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
    drop_expired();
    return {};
}

std::string KeyWindows::state_key(const Key &key, Bounds bounds) const {
    std::string out;
    window::put(out, bounds.end);
    window::put(out, bounds.start);
    out.append(key.text());
    return out;
}

std::string KeyWindows::state_value(const PaneOf &pane) const {
    std::string out;
    const Group &group = pane.group;
    window::put(out, layout_.fingerprint);
    window::put(out, group.hash);
    window::put(out, group.rows);
    window::put(out, group.since);
    window::put(out, static_cast<uint8_t>((group.sent ? kSent : 0) | (group.closed ? kClosed : 0)));
    window::put(out, pane.key->rows);
    put_text(out, pane.sent ? std::string_view(*pane.sent) : std::string_view());
    if (Status s = store_.save(group.state(), out); !s.ok()) throw std::runtime_error(s.message());
    return out;
}

void KeyWindows::forget_saved(const PaneOf &pane) {
    deleted_.emplace_back(static_cast<uint32_t>(pane.key->hash >> 56), state_key(*pane.key, pane.saved_bounds));
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
        if (pane->group.saved && !(pane->saved_bounds == pane->bounds)) forget_saved(*pane);
    put_changes(out, full, changed, [](const PaneOf *pane) { return pane->group.hash; }, [&](PaneOf *pane, uint32_t number) {
        out.add(kWindowState, number, state_key(*pane->key, pane->bounds), state_value(*pane));
        pane->group.saved = true;
        pane->saved_bounds = pane->bounds;
    });
    const auto has_some = [&](const PaneOf *pane) { return store_.outside_bytes(pane->group.state()) > 0; };
    weigh(std::any_of(changed.begin(), changed.end(), has_some), [&](auto weigh_one) {
        for (const Key *key : keys_.places())
            for (const PaneOf *pane = key ? key->first : nullptr; pane; pane = pane->next) weigh_one(pane->group.state());
    });
}

Status KeyWindows::restore(uint32_t, uint32_t, std::string_view key, std::string_view value) {
    const auto damaged = [] { return Status::state_version("an entry of the state is damaged"); };
    Bounds bounds;
    uint64_t fingerprint = 0, hash = 0, key_rows = 0;
    int64_t rows = 0;
    uint32_t since = 0;
    uint8_t flags = 0;
    std::string_view sent;
    if (!window::take(key, bounds.end) || !window::take(key, bounds.start) || !window::take(value, fingerprint)) return damaged();
    if (fingerprint != layout_.fingerprint)
        return Status::state_version("the windows in the state are of another kind or size, or have other aggregates");
    if (!window::take(value, hash) || !window::take(value, rows) || !window::take(value, since) || !window::take(value, flags) ||
        !window::take(value, key_rows) || !take_text(value, sent))
        return damaged();
    Key &owner = keys_.at(hash, key);
    PaneOf **behind = &owner.first;
    while (*behind && (*behind)->bounds.start < bounds.start) behind = &(*behind)->next;
    PaneOf &pane = add_pane(owner, bounds, behind);
    owner.rows = std::max(owner.rows, key_rows);
    pane.group.rows = rows;
    pane.group.since = since;
    pane.group.sent = flags & kSent;
    pane.group.closed = flags & kClosed;
    pane.group.saved = true;
    pane.saved_bounds = bounds;
    if (!sent.empty()) pane.sent = new std::string(sent);
    see(hash);
    restored(pane);
    return store_.load(pane.group.state(), value);
}

}  // namespace weir::window
