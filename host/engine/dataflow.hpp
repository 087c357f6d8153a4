// The dataflow of one worker: nodes that call each other directly, queues where a node is not ready, rings where
// rows cross to another worker, and control messages that keep their place among the batches.
//
// A batch that is emitted is processed at once by the next node, inside the emit, unless that node is in the
// middle of something (MORE, PENDING), blocked by alignment, or without room on its own outputs; then it waits on
// its edge and the emitter is told FULL. An edge therefore holds at most kMaxQueuedBatches. Where a node has several
// inputs, one batch may wait on each, and they have turns.
//
// On an edge that is routed by key, every worker's emitter reaches every worker's node: one channel each, the own one
// a queue, the others rings. A node aligns barriers, takes the minimum of watermarks, and ends over all of its
// channels. A broadcast edge goes through the node of worker 0: all others get its rows from there, so that they see
// them in one order.
//
// Threads: one worker. Only wake() and the counters may be used from others.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "host/engine/batch.hpp"
#include "host/engine/error_rows.hpp"
#include "host/engine/event_time.hpp"
#include "host/engine/fabric.hpp"
#include "host/engine/hot_keys.hpp"
#include "host/engine/instance.hpp"
#include "host/engine/item.hpp"
#include "host/engine/live_tap.hpp"
#include "host/engine/part_builder.hpp"
#include "host/engine/plan.hpp"
#include "host/engine/tap.hpp"
#include "host/engine/wakeup.hpp"

namespace weir::host {

// Why a run ended early.
struct Failure {
    Status status;
    std::string node;    // or empty
    std::string plugin;  // or empty
    std::string text() const;
};

// What a dataflow knows of a node beside its instance, for the one that goes on with that.
struct NodeLeft {
    int64_t watermark = kNoEventTime;  // of its inputs; of a source, what that has told
    int64_t promised = kNoEventTime;   // by a source, of the event time that the node declares
    std::optional<int64_t> wake_at;
};

// What the nodes of a worker tell whoever drives it. [worker]
class DataflowListener {
public:
    virtual ~DataflowListener() = default;
    // Every node of this worker has passed it, its sinks are prepared.
    virtual void on_barrier_done(uint64_t epoch) = 0;
    virtual void on_source_wake(size_t node) = 0;  // a source woke, or its time has come
    virtual void on_sink_wake(size_t node) = 0;
    // What a sink handed over in prepare. At least one.
    virtual void on_committables(size_t node, uint64_t epoch, std::vector<std::string> committables) = 0;
    // Whether any of them have not arrived: rows of theirs may still fail.
    virtual bool has_committables(size_t node) const = 0;
    // State that a node hands over at the barrier.
    virtual Status on_state(size_t node, const weir_state_block& block, uint32_t mode) = 0;
};

class Dataflow : public InstanceHost {
public:
    // `fabric` must outlive it, and it the plan's instances: their plugins' threads may call it to the last.
    Dataflow(Plan& plan, uint32_t worker, Fabric& fabric, std::function<int64_t()> clock, DataflowListener& listener);

    // What these ports emit is shown, from now on. `taps` is attached to the plan, and outlives it.
    void add_taps(Taps& taps);
    // The same for somebody who looks for a while, until he leaves. [worker]
    void add_tap(size_t node, uint32_t port, std::shared_ptr<LiveTap> tap);

    // Goes on with what can go on: resumes, queues, and with `woken` the nodes that were. True if anything moved.
    bool step(bool woken);
    // Delivers what is being gathered for the far side of exchanges. True if there was any.
    bool flush();
    // The earliest time at which step() has something to do by the clock.
    std::optional<int64_t> next_time() const;

    // Sources, driven by the worker. A source may be polled while it is not in the middle of a call and its
    // outputs have room.
    bool source_ready(size_t node) const { return has_room(nodes_[node]); }
    Status poll(size_t node, uint64_t split, uint64_t max_rows);
    // The splits that a source reads here, for the event time of their rows: `time` is the greatest so far, where it is
    // known. With tell_splits the watermarks and the idleness that follow go their way.
    void add_split(size_t node, uint64_t split, const std::string& id, std::optional<int64_t> time);
    void drop_split(size_t node, uint64_t split, bool ended);
    void tell_splits(size_t node, bool any);
    // Whether a split had nothing when it was polled last. On a wake all may have something.
    void set_waiting(size_t node, uint64_t split, bool waiting);
    void on_splits_woken(size_t node);
    // Whether a split is to wait for slower ones; the worker is woken when it need not any more.
    bool is_ahead(size_t node, uint64_t split);
    // The greatest time of a split: now, and at the barrier of the last epoch.
    std::optional<int64_t> time_of_split(size_t node, uint64_t split) const;
    std::optional<int64_t> marked_time_of_split(size_t node, uint64_t split) const;
    // Looks who has sent nothing for too long. True if anything moved. After the sources were polled.
    bool check_idle();
    // Nobody can send, up to the next step: that is no silence.
    void hold_idle_clocks();
    // Of nodes that are no sources, as at the barrier of the last epoch. And the other way, before the first step.
    std::vector<NodeTime> marked_times() const;
    void restore_time(const NodeTime& time);
    // Before the first step, of an instance that comes from another dataflow: what that has left, which it knows already.
    void take_over(size_t node, const NodeLeft& left);
    // REQUIRES: is_at_rest().
    NodeLeft leave(size_t node) const;
    // Whether every node stands at the barrier of the last epoch: nothing is under way, and nothing has ended.
    bool is_at_rest() const;
    // A source has no more splits, or is stopped: its end travels behind its last batch.
    void end_source(size_t node, bool stopped);
    // Sends a barrier from every source that has not ended, and from sinks that wait for their end; nodes that have ended
    // pass it at once. One epoch at a time: REQUIRES that the last one's on_barrier_done has come. With `stands` nodes are not
    // called behind the barrier, until go_on: they are as of the epoch.
    void start_epoch(uint64_t epoch, bool stands = false);
    void go_on();
    // Whether the node has passed the barrier of an epoch that is not whole yet: what it emits is behind that barrier.
    bool is_behind_barrier(size_t node) const { return barriers_left_ > 0 && nodes_[node].passed == epoch_; }
    // All that ends without an epoch. What reads a sink's `errors` ends within the last ones: those at whose end nothing is
    // left to make visible.
    bool all_ended() const { return running_ == 0; }

    bool failed() const { return failure_.has_value(); }
    const Failure& failure() const { return *failure_; }
    void fail(size_t node, const Status& status);
    // Rows that failed during a call which the dataflow did not make go their way.
    void flush_errors(size_t node) { flush_errors(nodes_[node]); }

    // InstanceHost
    int32_t on_emit(Instance& from, uint32_t port, weir_batch* batch) override;
    void on_fail_rows(Instance& from, const weir_batch* batch, const weir_row_error* errors, uint64_t n) override;
    void on_wake(Instance& instance) override;
    void on_wake_at(Instance& instance, int64_t time) override;
    void on_watermark(Instance& source, int64_t time) override;
    int64_t now() override { return clock_(); }

private:
    enum class State { kReady, kMore, kPending, kHeld };  // held: the host goes on with the next step that finds room
    struct Node;
    struct Relay;
    struct Link {  // a channel into a node of this worker
        Node* to = nullptr;
        uint32_t input = 0;       // of the node
        Channel* ring = nullptr;  // from another worker; without one `queue` holds what waits
        std::deque<Item> queue;
        Relay* relay = nullptr;  // worker 0, broadcast edge: what is taken here goes on to the other workers
        int64_t watermark = kNoEventTime;
        bool idle = false;
        bool ended = false, stopped = false;  // as End says
        bool blocked = false;  // its barrier came, others' have not
        bool empty() const { return ring ? ring->empty() : queue.empty(); }
        const Item& front() const { return ring ? ring->front() : queue.front(); }  // REQUIRES: not empty
    };
    struct Relay {  // a broadcast edge on worker 0, with more workers than that
        size_t node = 0;  // that reads it
        std::vector<Link*> from;
        std::vector<Channel*> to;
        int64_t watermark = kNoEventTime;
        uint64_t barrier = 0;  // the last one that was passed on
        bool idle = false;
        bool ended = false;
        bool has_room() const;
    };
    struct Route {  // an edge as its emitter on this worker sees it
        size_t from = 0;  // node
        const PlannedEdge* edge = nullptr;
        const Schema* types = nullptr;
        Link* local = nullptr;         // null for a broadcast edge on workers other than 0
        std::vector<Channel*> remote;  // by worker; null for the own one. Empty when all rows stay here
        std::vector<std::unique_ptr<PartBuilder>> parts;  // by worker, of a keyed edge: rows not delivered yet
        HotKeys hot;                                          // and where rows can be added up: whose
        std::vector<std::unique_ptr<PartBuilder>> hot_parts;  // by worker: rows of theirs; none where rows cannot be
        std::optional<int64_t> watermark;  // not delivered yet, behind these rows
        bool idle = false;
    };
    struct Node {
        size_t index = 0;
        Instance* instance = nullptr;
        KeyedState* keyed = nullptr;  // where it has declared any
        std::vector<int64_t> timer_times;
        State state = State::kReady;
        std::function<void()> then;  // once the call under way is done
        std::vector<Link*> inputs;
        std::vector<std::vector<Route>> outputs;  // by port; the last is `errors`
        std::vector<const ArrowSchema*> schemas;  // by port
        std::atomic<bool> woken{false};
        std::optional<int64_t> wake_at;
        bool due = false;  // a wake that no call has answered
        int64_t watermark = kNoEventTime;  // of the inputs; of a source that tells its own, of that
        int64_t marked_watermark = kNoEventTime;
        std::unique_ptr<EventTime> event_time;  // where it is declared: what follows is of this node then
        size_t time_port = 0, time_column = 0;
        bool by_split = false;             // it is a source, or does the clauses of one
        int64_t told = kNoEventTime;       // the watermark that was sent
        Node* clock = nullptr;             // of a source: who has the event time of its splits, itself or its clauses
        uint64_t polled = WEIR_NO_SPLIT;   // of a source, during poll
        std::optional<uint64_t> barrier;    // being aligned
        std::optional<uint64_t> preparing;  // prepare has not finished
        std::optional<uint32_t> late_port;
        uint64_t passed = 0;    // the last epoch whose barrier it has passed
        bool idle = false;
        bool closing = false;  // a sink that has finished, and whose `errors` are read: they end once nothing can fail any more
        bool ended = false;
        bool late = false;      // it ends behind such a sink
        bool moved = false;     // its instance was another dataflow's
        size_t next_input = 0;  // fairness
        std::optional<ErrorRows> errors;
        std::vector<std::pair<uint32_t, TapBuffer*>> taps;  // by port
        std::vector<std::pair<uint32_t, std::shared_ptr<LiveTap>>> live_taps;  // the same
    };

    void connect();
    Link* connect_input(Node& to, uint32_t input, size_t edge);
    Link& add_link(Node& to, uint32_t input);
    bool has_room(const Node& node) const;
    bool has_room(const Route& route) const;
    bool can_take(const Link& link) const;
    bool may_leave(const Link& link) const;
    void pass_on(Relay& relay, const Item& item);
    void relay_barrier(Relay& relay, uint64_t epoch);
    void relay_control(Relay& relay);
    void deliver(Link& link, Item item);
    void deliver(Route& route, const BatchRef& batch);
    void deliver_by_key(Route& route, const BatchRef& batch);
    bool flush(Route& route);
    void push(const Route& route, Channel& channel, Item item);
    void note_hot_keys(Route& route, size_t rows);
    bool flush_remote(Route& route, uint32_t to);
    void push_combined(Route& route, uint32_t to, BatchRef batch);
    void take_combined(Node& node, Link& link, const Combined& combined);
    void send(Node& node, const Item& item);
    bool hash_keys(Route& route, const BatchRef& batch, uint64_t* hashes);
    void process(Node& node, Link& link, const BatchRef& batch);
    void control(Node& node, Link& link, const Item& item);
    void align(Node& node, uint64_t epoch);
    void pass_barrier(Node& node, uint64_t epoch);
    Status snapshot(Node& node, uint64_t epoch);
    void prepare(Node& node, uint64_t epoch);
    void passed_barrier(Node& node, uint64_t epoch);
    bool takes_committables(const Node& node) const;
    struct Inputs {  // what channels say together
        int64_t watermark = kNoEventTime;
        bool any_open = false, idle = false;
        std::optional<uint32_t> held_by;  // the input of the slowest
    };
    static Inputs combine(const std::vector<Link*>& links);
    static bool is_stopped(const std::vector<Link*>& links);
    void advance_watermark(Node& node, std::function<void()> then = nullptr);
    void forward_watermark(Node& node);
    void forward_activity(Node& node, const Inputs& inputs);
    void make_event_times();
    void announce_restored();
    void repeat_watermark(Node& node);
    // The greatest event time of a batch that was emitted; rows without one, or too far ahead, fail and leave the batch.
    int64_t take_times(Node& node, BatchRef& batch, int64_t now);
    int64_t refuse_times(Node& node, BatchRef& batch, int64_t latest);
    void deliver_timed(Node& node, const BatchRef& batch, int64_t greatest, int64_t now);
    void deliver_all(std::vector<Route>& routes, const BatchRef& batch);
    void tell_event_time(Node& node);
    void tell_alignment(const Node& node);
    void end_split(Node& node, const SplitEnd& gone);
    bool is_held(const Node& node) const;
    void note_held();
    void set_held(Node& node, bool held);
    // Calls on_timers until no timer is due, then `then`. So many a step; the node is held meanwhile.
    void fire_timers(Node& node, uint32_t clock, int64_t upto, std::function<void()> then);
    bool can_fire(const Node& node) const;
    bool stands(const Node& node) const { return stands_ && node.passed == epoch_; }
    bool fire_processing_timers(Node& node);
    void try_finish(Node& node);
    void end(Node& node);
    void find_late(const std::vector<Node*>& readers);
    // Takes what a (flow) call returned; runs `then` when it is done, now or later.
    void settle(Node& node, const Status& status, std::function<void()> then = nullptr);
    void flush_errors(Node& node);
    void show(const Node& node, size_t port, const BatchRef& batch) {
        for (const auto& [tapped, buffer] : node.taps)
            if (tapped == port) buffer->offer(batch);
        for (const auto& [tapped, tap] : node.live_taps)
            if (tapped == port) tap->show(worker_, batch);
    }
    void apply_errors_policy(Node& node, const BatchRef& rows);
    bool step_node(Node& node, bool woken);
    void wake(Node& node, std::function<void()> then = nullptr);
    void note_flow(Node& node);
    bool is_ahead(const Link& link) const;
    bool drain_inputs(Node& node);
    static Item take(Link& link);

    Plan& plan_;
    const uint32_t worker_;
    Fabric& fabric_;
    Wakeup& wakeup_;
    std::function<int64_t()> clock_;
    DataflowListener& listener_;
    std::deque<Node> nodes_;
    std::deque<Link> links_;
    std::deque<Relay> relays_;
    std::vector<Node*> clocks_;  // nodes with event time
    bool restored_ = false;      // times, and nobody was told of them yet
    struct ChosenRows {
        uint32_t count = 0;
        std::array<int32_t, WEIR_BATCH_MAX_ROWS> rows;
    };
    std::vector<ChosenRows> rows_of_worker_, hot_rows_of_worker_;  // scratch of deliver_by_key
    std::vector<uint64_t> hashes_;            // the same
    std::optional<Failure> failure_;
    uint64_t epoch_ = 0;        // in flight while barriers_left_ > 0
    bool stands_ = false;       // behind its barrier
    size_t barriers_left_ = 0;  // nodes that have not passed it
    size_t running_ = 0;        // nodes that have not ended or are closing, without late ones
};

}  // namespace weir::host
