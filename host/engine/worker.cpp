#include "host/engine/worker.hpp"

#include <algorithm>
#include <utility>

namespace weir::host {

Worker::Worker(Plan& plan, uint32_t index, Fabric& fabric, std::function<int64_t()> clock, RecordBudget& budget,
               const std::atomic<bool>& hold, bool keep_state, WorkerListener& listener)
    : index_(index),
      fabric_(fabric),
      clock_(clock),
      budget_(budget),
      hold_(hold),
      keep_state_(keep_state),
      plan_(plan),
      listener_(listener),
      mailbox_(fabric.wakeup(index)),
      dataflow_(plan, index, fabric, clock, *this),
      sources_(plan, index, dataflow_, *this),
      discovery_(plan, dataflow_, [this](size_t node, std::vector<std::string> ids, bool complete) {
          listener_.on_splits(node, std::move(ids), complete);
      }) {}

// The wake-up is taken before anything is looked at: what comes later leaves it pending.
bool Worker::turn() {
    const bool woken = fabric_.wakeup(index_).take();
    if (failed_) return false;
    moved_ = mailbox_.run();
    if (dataflow_.step(woken)) moved_ = true;
    if (index_ == 0 && !failed() && discovery_.step(clock_())) moved_ = true;
    poll();
    tell();
    return moved_;
}

void Worker::poll() {
    if (failed() || hold_.load(std::memory_order_relaxed)) return;
    if (sources_.poll(budget_)) moved_ = true;
    if (!started_ && sources_.records() > 0) {
        started_ = true;
        listener_.on_first_record();
    }
    if (!spent_ && budget_.spent()) {
        spent_ = true;
        listener_.on_budget_spent();
    }
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

void Worker::begin_epoch(uint64_t epoch) {
    if (failed() || dataflow_.epoch() >= epoch) return;
    sources_.mark_positions();
    marked_records_ = sources_.records();
    if (!failed()) dataflow_.start_epoch(epoch);
}

// Sorted and encoded here, where every worker does its own share.
void Worker::on_barrier_done(uint64_t epoch) {
    state_.seal();
    listener_.on_epoch_done(index_, {epoch, sources_.marked(), std::move(state_), marked_records_});
    state_ = EpochPart();
}

void Worker::commit(uint64_t epoch) {
    if (failed()) return;
    sources_.commit(epoch);
    if (sources_.wants_epoch()) listener_.on_wants_epoch();
}

void Worker::on_source_wake(size_t node) {
    sources_.on_wake(node);
    if (index_ == 0) discovery_.on_wake(node);
}

Status Worker::on_state(size_t node, const weir_state_block& block, uint32_t mode) {
    return keep_state_ ? state_.put(plan_.topology().nodes[node].id, block, mode) : Status();
}

}  // namespace weir::host
