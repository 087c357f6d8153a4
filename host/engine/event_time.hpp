// How far event time has come at one node on one worker, split by split, and the watermark that follows: behind the greatest
// time so far by max_delay and a microsecond, the minimum over the splits that are at work.
//
// A split is at work from when it is assigned until it ends, or has sent no row for `idle_after` while it had none to send. While
// its rows could not come in any case, because the node is held (its way is full, or a barrier waits there), that time stands still.
// Where none is at work nobody is to wait for the node: it is idle, and its watermark is what the furthest split allows, in
// whatever order they fell silent. A node that is no source has one split, which is all of its rows.
//
// Threads: the worker.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "host/topology/event_time.hpp"

namespace weir::host {

inline constexpr int64_t kNoEventTime = INT64_MIN;  // before any; no row has it

// What an epoch knows of a node that is no source: the watermark of its inputs, and the greatest time of its rows where it
// declares event time.
struct NodeTime {
    size_t node = 0;
    std::optional<int64_t> watermark, greatest;
};

class EventTime {
public:
    explicit EventTime(const EventTimeSpec& spec);

    const EventTimeSpec& spec() const { return spec_; }

    // `time`: the greatest so far, where it is known.
    void add_split(uint64_t number, std::optional<int64_t> time, int64_t now);
    // It sends no more rows, and counts as far as it has come.
    void end_split(uint64_t number);
    // It is somebody else's.
    void remove_split(uint64_t number);
    // Whether it has nothing to send for now: only then it may become idle.
    void set_waiting(uint64_t number, bool waiting);
    void wait_for_none();  // all may have something to send
    // Its silence, so far, was not its own fault.
    void restart_idle_clock(uint64_t number, int64_t now);
    // Whether rows can come at all.
    void set_held(bool held, int64_t now);
    bool is_held() const { return held_since_.has_value(); }

    // Rows of the split came, `greatest` their latest time. Of a split that is not known: nothing is moved.
    void advance(uint64_t number, int64_t greatest, int64_t now);
    // The same of splits that are at work again, with rows that are still to come.
    void rejoin(uint64_t number, int64_t now) { advance(number, kNoEventTime, now); }
    // A promise from outside: no row up to `watermark` will come.
    void promise(int64_t watermark);
    int64_t promised() const { return promised_; }
    // Nobody is to wait for its splits until their next rows.
    void make_idle();
    // Finds splits that have become idle by `now`. True if there are any.
    bool find_idle(int64_t now);
    // When find_idle has something to find, if no rows come.
    std::optional<int64_t> next_idle() const;

    struct State {
        int64_t watermark = kNoEventTime;
        bool idle = true;
        std::optional<uint64_t> held_by;  // the slowest split that is at work
        int64_t held_since = 0;           // its last row by the clock, or when it was assigned
    };
    State state() const;

    // The watermark of a split alone; and the least of those that are at work and have sent anything, INT64_MAX: none has.
    int64_t watermark_of_split(uint64_t number) const;
    int64_t slowest() const;

    // Up to which time rows are taken at `now`.
    int64_t latest(int64_t now) const;

    // The greatest time of a split; and the same as it was at the last mark.
    std::optional<int64_t> time_of(uint64_t number) const;
    std::optional<int64_t> marked(uint64_t number) const;
    void mark();

private:
    struct Split {
        uint64_t number = 0;
        int64_t time = kNoEventTime, marked = kNoEventTime;
        int64_t last_row = 0;  // by the clock, or when it was assigned
        bool waiting = false, idle = false, ended = false;
    };
    Split* find(uint64_t number);
    const Split* find(uint64_t number) const { return const_cast<EventTime*>(this)->find(number); }
    int64_t watermark_of(int64_t time) const;
    static std::optional<int64_t> if_any(int64_t time) {
        return time == kNoEventTime ? std::nullopt : std::optional(time);
    }

    const EventTimeSpec& spec_;
    std::vector<Split> splits_;
    size_t last_ = 0;  // split that was found
    int64_t promised_ = kNoEventTime;
    std::optional<int64_t> held_since_;
};

}  // namespace weir::host
