#include "host/engine/worker.hpp"

#include <algorithm>
#include <utility>

#include <weir/failpoint.hpp>

namespace weir::host {
namespace {

// For WEIR_BUG: a block without its first entry, or without its deletions.
struct BrokenBlock {
    explicit BrokenBlock(const weir_state_block& whole) : block(whole) {
        for (uint64_t i = 0; i < whole.n; ++i) {
            if (WEIR_BUG("skip-dirty-key") ? i == 0 : !whole.values[i].data) continue;
            keys.push_back(whole.keys[i]);
            values.push_back(whole.values[i]);
        }
        block.n = keys.size();
        block.keys = keys.data();
        block.values = values.data();
    }
    BrokenBlock(const BrokenBlock&) = delete;
    BrokenBlock& operator=(const BrokenBlock&) = delete;
    std::vector<weir_str> keys, values;
    weir_state_block block;
};

constexpr int kTurnsToFlush = 4;  // while there is always more to do

}  // namespace

Worker::Worker(Plan& plan, uint32_t index, Fabric& fabric, std::function<int64_t()> clock, RecordBudget& budget,
               const std::atomic<bool>& hold, bool keep_state, MemoryBudget& memory, WorkerListener& listener)
    : index_(index),
      fabric_(fabric),
      clock_(clock),
      budget_(budget),
      hold_(hold),
      keep_state_(keep_state),
      plan_(plan),
      listener_(listener),
      memory_(plan, index, memory),
      outbox_(plan, index),
      mailbox_(fabric.wakeup(index)),
      dataflow_(plan, index, fabric, clock, *this),
      sources_(plan, index, dataflow_, *this),
      discovery_(plan, dataflow_, [this](size_t node, std::vector<std::string> ids, bool complete) {
          listener_.on_splits(node, std::move(ids), complete);
      }) {}

// The wake-up is taken before anything is looked at: what comes later leaves it pending.
bool Worker::turn(bool reads_mail) {
    const bool woken = fabric_.wakeup(index_).take();
    if (failed_) return false;
    moved_ = reads_mail ? mailbox_.run() : !mailbox_.empty();
    if (dataflow_.step(woken)) moved_ = true;
    if (index_ == 0 && !failed() && discovery_.step(clock_())) moved_ = true;
    poll();
    send();
    flush();
    balance();
    tell();
    return moved_;
}

void Worker::poll() {
    if (failed()) return;
    if (hold_.load(std::memory_order_relaxed) || memory_.holds()) return dataflow_.hold_idle_clocks();
    if (sources_.poll(budget_)) moved_ = true;
    if (dataflow_.check_idle()) moved_ = true;
    if (!started_ && sources_.records() > 0) {
        started_ = true;
        listener_.on_first_record();
    }
    if (!spent_ && budget_.spent()) {
        spent_ = true;
        listener_.on_budget_spent();
    }
}

// What decided epochs left to be made visible. Once all of it is, an epoch stores that.
void Worker::send() {
    if (failed() || outbox_.size() == 0) return;
    const Outbox::Outcome outcome = outbox_.send([this](size_t node) { return dataflow_.is_behind_barrier(node); });
    if (outcome.moved) moved_ = true;
    if (!outcome.status.ok()) dataflow_.fail(outcome.node, outcome.status);
    for (size_t node : outcome.called) dataflow_.flush_errors(node);
    if (outcome.moved && (outbox_.size() == 0 || outcome.replaced)) listener_.on_wants_epoch();
}

void Worker::flush() {
    if (failed() || (moved_ && ++unflushed_ < kTurnsToFlush)) return;
    unflushed_ = 0;
    if (dataflow_.flush()) moved_ = true;
}

// Between the calls of its instances, whose slots are not valid any more.
void Worker::balance() {
    if (failed() || !memory_.is_limited()) return;
    memory_.balance();
    if (memory_.wants_epoch()) listener_.on_wants_epoch();
    if (const auto fault = memory_.fault()) dataflow_.fail(fault->node, fault->status);
}

void Worker::tell() {
    if (failed()) {
        failed_ = true;
        listener_.on_failed(index_);
    } else if (!ended_ && dataflow_.all_ended()) {
        ended_ = true;
        listener_.on_ended(index_);
    }
}

void Worker::sleep() {
    auto until = next_time();
    std::optional<std::chrono::microseconds> at_most;
    if (until) at_most = std::chrono::microseconds(std::max<int64_t>(0, *until - clock_()));
    fabric_.wakeup(index_).sleep(at_most);
}

std::optional<int64_t> Worker::next_time() const {
    auto next = dataflow_.next_time();
    if (index_ != 0) return next;
    auto discovery = discovery_.next_time();
    return next && discovery ? std::min(*next, *discovery) : next ? next : discovery;
}

bool Worker::discover_all() { return discovery_.ask_all(clock_()); }

bool Worker::set_splits(size_t node, const std::vector<SplitAssignment>& splits) {
    const bool good = sources_.set_splits(node, splits);
    if (sources_.wants_epoch()) listener_.on_wants_epoch();
    return good;
}

bool Worker::is_at_rest() const {
    if (failed() || outbox_.size() > 0 || !dataflow_.is_at_rest()) return false;
    for (size_t i = 0; i < plan_.nodes().size(); ++i) {
        const Instance& instance = plan_.nodes()[i].instance(index_);
        if (instance.is_broken() || (instance.is_source() && !sources_.is_going_on(i))) return false;
    }
    return true;
}

MovedNode Worker::leave(size_t node) {
    MovedNode left{dataflow_.leave(node), {}};
    if (plan_.nodes()[node].instance(index_).is_source()) left.source = sources_.leave(node);
    return left;
}

void Worker::take_over(size_t node, MovedNode left, const std::function<std::optional<int64_t>(const std::string&)>& time_of_split) {
    dataflow_.take_over(node, left.flow);
    if (plan_.nodes()[node].instance(index_).is_source()) sources_.take_over(node, std::move(left.source), time_of_split);
}

void Worker::begin_epoch(uint64_t epoch, bool stands) {
    if (failed()) return;
    WEIR_FAILPOINT("worker.epoch.begin");
    sources_.mark_positions();
    marked_records_ = sources_.records();
    WEIR_FAILPOINT("worker.epoch.positions");
    if (!failed()) dataflow_.start_epoch(epoch, stands);
    WEIR_FAILPOINT("worker.epoch.barriers");
}

// Sorted and encoded here, where every worker does its own share.
void Worker::on_barrier_done(uint64_t epoch) {
    WEIR_FAILPOINT("worker.epoch.aligned");
    if (Status s = outbox_.snapshot(epoch, state_); !s.ok()) return dataflow_.fail(0, s);
    state_.seal();
    WEIR_FAILPOINT("worker.epoch.sealed");
    memory_.epoch_begun();
    memory_.note_state();
    std::vector<EpochReport::Expired> expired;
    for (size_t i = 0; i < plan_.nodes().size(); ++i)
        if (KeyedState* keyed = plan_.nodes()[i].instance(index_).keyed())
            for (const auto& [state, upto] : keyed->expired()) expired.push_back({i, state, upto});
    listener_.on_epoch_done(index_, {epoch, {sources_.marked(), dataflow_.marked_times()}, std::move(state_), std::exchange(own_state_, {}),
                                     std::exchange(keyed_state_, {}), outbox_.size(), marked_records_, std::move(expired), index_});
    state_ = EpochPart();
    WEIR_FAILPOINT("worker.epoch.reported");
}

void Worker::commit(uint64_t epoch) {
    if (failed()) return;
    WEIR_FAILPOINT("worker.commit.begin");
    memory_.committed();
    outbox_.publish(epoch);
    sources_.commit(epoch);
    dataflow_.go_on();
    WEIR_FAILPOINT("worker.commit.done");
    if (sources_.wants_epoch()) listener_.on_wants_epoch();
}

void Worker::on_source_wake(size_t node) {
    sources_.on_wake(node);
    if (index_ == 0) discovery_.on_wake(node);
}

Status Worker::on_state(size_t node, const weir_state_block& block, uint32_t mode) {
    // All workers have the same of what is one copy to all.
    if (!keep_state_ || (block.kind == WEIR_STATE_BROADCAST && index_ > 0)) return {};
    const std::string& id = plan_.topology().nodes[node].id;
    const KeyedState* keyed = plan_.nodes()[node].instance(index_).keyed();
    (keyed && keyed->owns(block.state) ? keyed_state_ : own_state_).insert(node);
    WEIR_FAILPOINT("worker.snapshot.put");
    if (WEIR_BUG("skip-dirty-key") || WEIR_BUG("lose-deletion")) return state_.put(id, BrokenBlock(block).block, mode);
    return state_.put(id, block, mode);
}

}  // namespace weir::host
