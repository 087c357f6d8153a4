// The sources of one worker: the splits that it reads, polling in turn, positions, commit.
//
// Which splits there are, and which worker reads each, is the coordinator's business (splits.hpp).
//
// Threads: the worker; before it runs, the thread that made it.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "host/engine/dataflow.hpp"
#include "host/engine/splits.hpp"

namespace weir::host {

// How many records the sources of all workers may still give. Any thread.
class RecordBudget {
public:
    explicit RecordBudget(std::optional<int64_t> records)
        : limited_(records.has_value()), left_(records.value_or(INT64_MAX)) {}
    bool limited() const { return limited_; }
    // Takes at most `most` out of it; what was not used of it comes back by give_back, be it 0.
    int64_t take(int64_t most);
    void give_back(int64_t records) {
        left_.fetch_add(records);
        out_.fetch_sub(1);
    }
    // Nothing is left, and nothing is out.
    bool spent() const { return left_.load() == 0 && out_.load() == 0; }

private:
    const bool limited_;
    std::atomic<int64_t> left_;
    std::atomic<int64_t> out_{0};
};

// How far a run has come, as an epoch keeps it: where its sources were, and event time at its nodes.
struct RunProgress {
    std::vector<SplitPosition> positions;
    std::vector<NodeTime> times;  // one a node

    // That of another worker. Times are the earliest.
    void add(RunProgress other);
};

// A split that a source reads.
struct SourceSplit {
    uint64_t number = 0;
    std::string id;
    bool ready = true, ended = false;
    bool leaving = false;         // no longer listed
    bool leaving_marked = false;  // and its last position belongs to the epoch in flight
    std::optional<std::string> marked;
};

// What Sources knows of a source beside its instance, for the one that goes on with that.
struct SourceLeft {
    std::deque<SourceSplit> splits;
    std::set<std::string> begun;  // splits that were assigned: where they go on if they come back, the source knows
};

class SourcesListener {
public:
    virtual ~SourcesListener() = default;
    virtual void on_split_ended(size_t node, uint64_t split) = 0;
    virtual void on_split_revoked(size_t node, uint64_t split, std::optional<int64_t> time) = 0;
    virtual void on_budget_returned() = 0;  // others may poll again
};

class Sources {
public:
    Sources(Plan& plan, uint32_t worker, Dataflow& dataflow, SourcesListener& listener);

    // These are the worker's splits of the source now: new ones are assigned, those that are not listed any more
    // are given back after the next epoch. False if the source failed (the dataflow says why).
    bool set_splits(size_t node, const std::vector<SplitAssignment>& splits);
    // Of a source whose instance comes from another worker's Sources, before the first poll. `time_of`: the greatest event time of a
    // split of that id.
    void take_over(size_t node, SourceLeft left, const std::function<std::optional<int64_t>(const std::string&)>& time_of);
    SourceLeft leave(size_t node);
    // Whether none of the source's splits has come to its end.
    bool is_going_on(size_t node) const;
    // Polls each source that can be polled once. True if anything moved.
    bool poll(RecordBudget& budget);
    void on_wake(size_t node);
    void end(size_t node, bool stopped = false);
    // Though there may be more.
    void end_all();

    // Notes the positions of all splits as those of the epoch that begins now.
    void mark_positions();
    std::vector<SplitPosition> marked() const;
    // Tells the sources that the marked positions are durable, and gives back the splits that waited for it.
    void commit(uint64_t epoch);
    // A split is to be given back as soon as an epoch has been committed.
    bool wants_epoch() const { return wants_epoch_; }

    // Rows that sources gave, failed ones included.
    int64_t records() const;

private:
    using Split = SourceSplit;
    struct Source : SourceLeft {
        size_t node = 0;
        Instance* instance = nullptr;
        size_t next = 0;
        bool ended = false;
        int64_t records() const;
    };

    Source* find(size_t node);
    void tell_splits(const Source& source);
    bool assign(Source& source, const SplitAssignment& split);
    bool poll_one(Source& source, RecordBudget& budget);
    Status revoke_leaving(Source& source);
    Split* next_ready(Source& source);

    Dataflow& dataflow_;
    SourcesListener& listener_;
    std::deque<Source> sources_;
    bool wants_epoch_ = false;
};

}  // namespace weir::host
