// One worker: its share of the dataflow and of the sources' splits, driven round by round.
//
// Threads: turn, sleep and what they call on the worker's thread; post from any. Until the first turn the thread
// that made it may use all of it.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "host/engine/dataflow.hpp"
#include "host/engine/discovery.hpp"
#include "host/engine/fabric.hpp"
#include "host/engine/mailbox.hpp"
#include "host/engine/outbox.hpp"
#include "host/engine/sources.hpp"
#include "host/engine/worker_memory.hpp"
#include "host/state/epoch_part.hpp"

namespace weir::host {

// What a worker has to say when all of its nodes have passed a barrier.
struct EpochReport {
    uint64_t epoch = 0;
    RunProgress progress;
    EpochPart state;
    std::set<size_t> own_state, keyed_state;  // nodes that have entries in it, of their own and of what the host keeps by key
    size_t in_outbox = 0;  // what sinks have still to make visible
    int64_t records = 0;  // that its sources gave since the run began, up to the barrier
    struct Expired {
        size_t node;
        uint32_t state;
        int64_t upto;
    };
    std::vector<Expired> expired;  // of states with a time to live
    uint32_t worker = 0;
};

// What a worker has of a node, for the worker of the next run that goes on with it.
struct MovedNode {
    NodeLeft flow;
    SourceLeft source;  // where it is one
};

// [worker]
class WorkerListener : public SourcesListener {
public:
    virtual void on_epoch_done(uint32_t worker, EpochReport report) = 0;
    // Worker 0 alone: the splits of a source are others than before.
    virtual void on_splits(size_t node, std::vector<std::string> ids, bool complete) = 0;
    virtual void on_wants_epoch() = 0;
    virtual void on_first_record() = 0;
    virtual void on_budget_spent() = 0;
    virtual void on_ended(uint32_t worker) = 0;
    virtual void on_failed(uint32_t worker) = 0;
};

class Worker : private DataflowListener, private SourcesListener {
public:
    // `hold`: no source is polled while it is true. `keep_state`: reports carry what snapshots hand over.
    Worker(Plan& plan, uint32_t index, Fabric& fabric, std::function<int64_t()> clock, RecordBudget& budget,
           const std::atomic<bool>& hold, bool keep_state, MemoryBudget& memory, WorkerListener& listener);

    void post(std::function<void()> work) { mailbox_.post(std::move(work)); }
    // Only what was posted. [worker]
    bool run_posted() { return mailbox_.run(); }
    // What was posted, what waits in the dataflow, then the sources. True if anything moved; after a failure it does
    // nothing and returns false. Without `reads_mail` as if what was posted had come a moment later.
    bool turn(bool reads_mail = true);
    void sleep();
    bool is_woken() const { return fabric_.wakeup(index_).is_pending(); }
    std::optional<int64_t> next_time() const;

    // These run on the worker: at the start, or by post.
    bool discover_all();  // worker 0
    bool set_splits(size_t node, const std::vector<SplitAssignment>& splits);
    // `stands`: behind the barrier nothing is called until the epoch is committed.
    void begin_epoch(uint64_t epoch, bool stands = false);
    void commit(uint64_t epoch);
    // For those behind a change of the graph: whether all is as of the last epoch, and what there is of a node then. And the other
    // way, before the first turn.
    bool is_at_rest() const;
    MovedNode leave(size_t node);
    void take_over(size_t node, MovedNode left, const std::function<std::optional<int64_t>(const std::string&)>& time_of_split);
    Status restore_outbox(size_t node, const weir_state_block& block) { return outbox_.restore(node, block); }
    void end_source(size_t node) { sources_.end(node); }
    void end_all_sources() { sources_.end_all(); }

    Dataflow& dataflow() { return dataflow_; }
    WorkerMemory& memory() { return memory_; }
    bool failed() const { return dataflow_.failed(); }

private:
    void on_barrier_done(uint64_t epoch) override;
    void on_source_wake(size_t node) override;
    void on_sink_wake(size_t node) override { outbox_.on_wake(node); }
    void on_committables(size_t node, uint64_t epoch, std::vector<std::string> committables) override {
        outbox_.add(node, epoch, std::move(committables));
    }
    bool has_committables(size_t node) const override { return outbox_.has(node); }
    Status on_state(size_t node, const weir_state_block& block, uint32_t mode) override;
    void on_split_ended(size_t node, uint64_t split) override { listener_.on_split_ended(node, split); }
    void on_split_revoked(size_t node, uint64_t split, std::optional<int64_t> time) override {
        listener_.on_split_revoked(node, split, time);
    }
    void on_budget_returned() override { fabric_.notify_all(); }
    void poll();
    void send();
    void flush();
    void balance();
    void tell();

    const uint32_t index_;
    Fabric& fabric_;
    std::function<int64_t()> clock_;
    RecordBudget& budget_;
    const std::atomic<bool>& hold_;
    const bool keep_state_;
    Plan& plan_;
    WorkerListener& listener_;
    EpochPart state_;  // of the epoch in flight
    std::set<size_t> own_state_, keyed_state_;
    WorkerMemory memory_;
    Outbox outbox_;
    int64_t marked_records_ = 0;
    Mailbox mailbox_;
    Dataflow dataflow_;
    Sources sources_;
    Discovery discovery_;
    bool started_ = false, spent_ = false, ended_ = false, failed_ = false;
    bool moved_ = false;
    int unflushed_ = 0;  // turns
};

}  // namespace weir::host
