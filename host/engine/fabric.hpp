// What joins the workers of one topology: a wake-up for each of them, a ring for each edge that crosses from
// one to another, and what keeps sources together.
//
// Threads: made before the workers run. A channel is written by its sender's worker and read by its receiver's.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <tuple>

#include "host/engine/alignment.hpp"
#include "host/engine/item.hpp"
#include "host/engine/plan.hpp"
#include "host/engine/ring.hpp"
#include "host/engine/wakeup.hpp"

namespace weir::host {

class Channel {
public:
    Channel(Wakeup& sender, Wakeup& receiver) : sender_(sender), receiver_(receiver) {}

    // [sender] False: its emitter went on behind FULL for too long.
    bool push(Item item) {
        if (!ring_.push(std::move(item))) return false;
        ++quiet_;
        return true;
    }
    // [sender] Items that the receiver was not told of yet.
    size_t quiet() const { return quiet_; }
    void announce() {
        quiet_ = 0;
        receiver_.notify();
    }
    // [sender] Whether there is room for a batch, and behind it for what may still be under way.
    bool has_room() const { return ring_.size() < kMaxQueuedBatches; }
    // [receiver] REQUIRES: not empty.
    Item pop() {
        Item item = ring_.pop();
        if (ring_.size() + 1 >= kMaxQueuedBatches) sender_.notify();
        return item;
    }
    // [receiver] REQUIRES: not empty.
    const Item& front() const { return ring_.front(); }
    bool empty() const { return ring_.empty(); }  // either
    size_t size() const { return ring_.size(); }  // either

private:
    // Beyond kMaxQueuedBatches: those behind FULL, and control messages, which never wait.
    Ring<Item, 64> ring_;
    Wakeup& sender_;
    Wakeup& receiver_;
    size_t quiet_ = 0;
};

class Fabric {
public:
    explicit Fabric(const Plan& plan);

    Wakeup& wakeup(uint32_t worker) { return wakeups_[worker]; }
    // Null where no rows cross: the edge forwards, or the workers are the same.
    Channel* channel(size_t edge, uint32_t from, uint32_t to);
    Alignment& alignment() { return alignment_; }
    // Wakes every worker.
    void notify_all();

private:
    std::deque<Wakeup> wakeups_;
    Alignment alignment_;
    std::map<std::tuple<size_t, uint32_t, uint32_t>, Channel> channels_;
};

}  // namespace weir::host
