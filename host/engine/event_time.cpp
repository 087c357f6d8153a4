#include "host/engine/event_time.hpp"

#include <algorithm>

namespace weir::host {

EventTime::EventTime(const EventTimeSpec& spec) : spec_(spec) {}

EventTime::Split* EventTime::find(uint64_t number) {
    if (last_ < splits_.size() && splits_[last_].number == number) return &splits_[last_];
    for (last_ = 0; last_ < splits_.size(); ++last_)
        if (splits_[last_].number == number) return &splits_[last_];
    return nullptr;
}

void EventTime::add_split(uint64_t number, std::optional<int64_t> time, int64_t now) {
    if (find(number)) return;
    Split& split = splits_.emplace_back();
    split.number = number;
    split.time = split.marked = time.value_or(kNoEventTime);
    split.last_row = now;
}

void EventTime::end_split(uint64_t number) {
    if (Split* split = find(number)) split->ended = true;
}

void EventTime::remove_split(uint64_t number) {
    std::erase_if(splits_, [number](const Split& split) { return split.number == number; });
}

void EventTime::set_waiting(uint64_t number, bool waiting) {
    if (Split* split = find(number)) split->waiting = waiting;
}

void EventTime::wait_for_none() {
    for (Split& split : splits_) split.waiting = false;
}

void EventTime::restart_idle_clock(uint64_t number, int64_t now) {
    if (Split* split = find(number)) split->last_row = now;
}

void EventTime::set_held(bool held, int64_t now) {
    if (held == is_held()) return;
    const int64_t since = held_since_.value_or(now);
    held_since_ = held ? std::optional(now) : std::nullopt;
    if (held) return;
    for (Split& split : splits_) split.last_row += now - std::max(since, split.last_row);
}

void EventTime::advance(uint64_t number, int64_t greatest, int64_t now) {
    Split* split = find(number);
    if (!split) return;
    split->idle = false;
    split->last_row = now;
    split->time = std::max(split->time, greatest);
}

void EventTime::promise(int64_t watermark) { promised_ = std::max(promised_, watermark); }

void EventTime::make_idle() {
    for (Split& split : splits_) split.idle = true;
}

bool EventTime::find_idle(int64_t now) {
    if (!spec_.idle_after || is_held()) return false;
    bool found = false;
    for (Split& split : splits_) {
        if (split.idle || split.ended || !split.waiting || now - split.last_row < spec_.idle_after->count()) continue;
        split.idle = found = true;
    }
    return found;
}

std::optional<int64_t> EventTime::next_idle() const {
    std::optional<int64_t> next;
    if (!spec_.idle_after || is_held()) return next;
    for (const Split& split : splits_)
        if (!split.idle && !split.ended && split.waiting) next = std::min(next.value_or(INT64_MAX), split.last_row);
    if (next) *next += spec_.idle_after->count();
    return next;
}

int64_t EventTime::watermark_of(int64_t time) const {
    const int64_t behind = spec_.max_delay.count() + 1;
    return time < kNoEventTime + behind ? kNoEventTime : time - behind;
}

EventTime::State EventTime::state() const {
    State out;
    int64_t lowest = INT64_MAX, highest = kNoEventTime;
    for (const Split& split : splits_) {
        highest = std::max(highest, split.time);
        if (split.idle || split.ended) continue;
        out.idle = false;
        if (split.time >= lowest) continue;
        lowest = split.time;
        out.held_by = split.number;
        out.held_since = split.last_row;
    }
    out.watermark = std::max(promised_, watermark_of(out.idle ? highest : lowest));
    return out;
}

int64_t EventTime::watermark_of_split(uint64_t number) const {
    const Split* split = find(number);
    return split ? watermark_of(split->time) : kNoEventTime;
}

int64_t EventTime::slowest() const {
    int64_t out = INT64_MAX;
    for (const Split& split : splits_)
        if (!split.idle && !split.ended && split.time != kNoEventTime) out = std::min(out, watermark_of(split.time));
    return out;
}

int64_t EventTime::latest(int64_t now) const {
    if (!spec_.max_future) return INT64_MAX;
    const int64_t ahead = spec_.max_future->count();
    return now > INT64_MAX - ahead ? INT64_MAX : now + ahead;
}

std::optional<int64_t> EventTime::time_of(uint64_t number) const {
    const Split* split = find(number);
    return split ? if_any(split->time) : std::nullopt;
}

std::optional<int64_t> EventTime::marked(uint64_t number) const {
    const Split* split = find(number);
    return split ? if_any(split->marked) : std::nullopt;
}

void EventTime::mark() {
    for (Split& split : splits_) split.marked = split.time;
}

}  // namespace weir::host
