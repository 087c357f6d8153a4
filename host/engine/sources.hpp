// The sources of one worker and their splits: discovery, assignment, polling in turn, positions, commit.
//
// Threads: the worker.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "host/engine/dataflow.hpp"

namespace weir::host {

// How long at least lies between two discoveries of a source that keeps waking.
inline constexpr int64_t kDiscoverInterval = 100'000;  // microseconds

class Sources {
public:
    Sources(Plan& plan, Dataflow& dataflow, std::function<int64_t()> clock);

    // Asks every source for its splits and assigns new ones. False if one failed (the dataflow says why).
    bool discover_all();
    // Polls each source that can be polled once, at most `budget` rows in all. True if anything moved.
    bool poll(int64_t budget);
    void on_wake(size_t node);
    // Ends every source: no more polls, their end is sent.
    void end_all();

    // Notes the positions of all splits as those of the epoch that begins now.
    void mark_positions();
    // Tells the sources that the marked positions are durable, and gives back the splits that waited for it.
    void commit(uint64_t epoch);
    // A split is to be given back as soon as an epoch has been committed.
    bool wants_epoch() const { return wants_epoch_; }

    // Rows that sources gave, failed ones included.
    int64_t records() const;
    std::optional<int64_t> next_time() const;

private:
    struct Split {
        uint64_t number = 0;
        std::string id;
        bool ready = true, ended = false;
        bool leaving = false;         // no longer listed
        bool leaving_marked = false;  // and its last position belongs to the epoch in flight
        std::optional<std::string> marked;
    };
    struct Source {
        size_t node = 0;
        Instance* instance = nullptr;
        std::deque<Split> splits;
        size_t next = 0;
        bool complete = false;  // no other splits will come
        bool ended = false;
        bool discover = false;  // asked to, and waiting for its time
        int64_t discovered_at = 0;
    };

    bool discover(Source& source);
    bool apply(Source& source, const std::vector<std::string>& ids);
    bool assign(Source& source, const std::string& id);
    bool poll_one(Source& source, int64_t budget);
    void end_if_over(Source& source);
    Status revoke_leaving(Source& source);
    Split* next_ready(Source& source);

    Dataflow& dataflow_;
    std::function<int64_t()> clock_;
    std::deque<Source> sources_;
    uint64_t next_split_ = 0;
    bool wants_epoch_ = false;
};

}  // namespace weir::host
