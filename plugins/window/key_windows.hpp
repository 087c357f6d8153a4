// What windows of single keys share: panes, how they are sent, handed over and freed.
#pragma once

#include <set>

#include "key_table.hpp"
#include "windows.hpp"

namespace weir::window {

class KeyWindows : public Windows {
public:
    using Windows::Windows;
    ~KeyWindows() override;

    Status run() final;
    void snapshot(StateBlocks &out, bool full) final;
    Status restore(uint32_t state, uint32_t group, std::string_view key, std::string_view value) final;
    uint64_t held_bytes() const override {
        return outside_ + deleted_.held_bytes() + keys_.held_bytes() + panes_ * (sizeof(PaneOf) + store_.bytes());
    }
    int64_t open_groups() const final { return static_cast<int64_t>(panes_); }

protected:
    // One batch of results at most, if there is anything to be sent. False: there was not.
    virtual bool step(Status &status) = 0;
    // Of a restored pane, which is linked to its key.
    virtual void restored(PaneOf &) {}

    PaneOf &add_pane(Key &key, Bounds bounds, PaneOf **behind);
    // The pane is gone, and its key if that was the last one.
    void remove_pane(PaneOf &pane);
    // One list less has it.
    static void let_go(PaneOf &pane) {
        if (--pane.holders == 0 && pane.dead) PaneOf::free(&pane);
    }
    void touch(PaneOf &pane) {
        if (pane.group.dirty) return;
        pane.group.dirty = true;
        ++pane.holders;
        dirty_.push_back(&pane);
    }
    // `ends`: it is removed next, so that there is nothing to be saved of it.
    void add_result(PaneOf &pane, const void *state, Pane kind, bool ends = false);
    // After a result: with `output: discard` it begins anew.
    void forget(PaneOf &pane);
    std::string *sent_of(PaneOf &pane) {
        if (layout_.changelog && !pane.sent) pane.sent = new std::string;
        return pane.sent;
    }

    KeyTable keys_;
    size_t panes_ = 0;

private:
    std::string state_key(const Key &key, int64_t start) const;
    std::string state_value(const PaneOf &pane) const;
    void forget_saved(const PaneOf &pane);

    std::vector<PaneOf *> dirty_;
};

}  // namespace weir::window
