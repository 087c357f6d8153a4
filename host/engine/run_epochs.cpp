// The end of a run's epochs: judged where the graph is on trial, then committed, or left to the run that goes on behind it.
#include <algorithm>
#include <utility>

#include <weir/failpoint.hpp>

#include "host/engine/key_hash.hpp"
#include "host/engine/run.hpp"

namespace weir::host {

// An epoch without a record tries nothing.
bool TopologyRun::awaits_trial() {
    if (!trial_until_) return false;
    const int64_t time = now();
    if (!started_.load(std::memory_order_acquire) && time < *trial_until_) {
        constexpr int64_t kLookAgain = 10'000;
        next_checkpoint_ = std::min(time + kLookAgain, *trial_until_);
        return true;
    }
    trial_until_.reset();
    next_checkpoint_ = time + std::max(plan_->topology().checkpoint, options_.trial->length).count();
    return true;
}

void TopologyRun::commit_epoch() {
    WEIR_FAILPOINT("coordinator.epoch.reported");
    std::vector<EpochPart> parts;
    RunProgress progress;
    in_outbox_ = 0;
    int64_t records = 0;
    size_t bytes = 0;
    for (EpochReport& report : reports_) {
        in_outbox_ += report.in_outbox;
        records += report.records;
        bytes += report.state.bytes();
        parts.push_back(std::move(report.state));
        progress.add(std::move(report.progress));
    }
    in_flight_ = false;
    splits_.mark(progress.positions);
    progress.positions = splits_.positions();
    if (const std::string why = judge_trial(records, progress); !why.empty()) return fail({Status::fatal(why), "", ""});
    const bool ends = last_epoch_ && (in_outbox_ == 0 || stopped_waiting());
    if (ends && leaves_epoch_ && in_outbox_ == 0)
        return leave_epoch({epoch_, std::move(parts), bytes, records, {}, {}}, progress);
    Status status = epochs_.commit(epoch_, parts, progress, [this] { return gives_up_commit(); }, !ends || !is_changed_);
    if (epochs_.last() == epoch_) committed_records_ = records;
    if (!status.ok()) {
        failed_state_ = epochs_.is_damaged();
        return fail({status, "", ""});
    }
    committed_.store(epoch_);
    options_.epoch_log->committed(bytes, records, marks_of(progress));
    memory_.set_lookups(epochs_.lookup_bytes());
    for (const EpochReport& report : reports_) expire(report);
    WEIR_FAILPOINT("coordinator.epoch.committed");
    for (Worker& worker : workers_) worker.post([&worker, epoch = epoch_] { worker.commit(epoch); });
    WEIR_FAILPOINT("coordinator.epoch.told");
    if (options_.on_committed) options_.on_committed();
    over_ = ends;
    next_checkpoint_ = now() + plan_->topology().checkpoint.count();
    const std::string flood = flood_.judge(now(), records, dead_lettered(*plan_));
    if (!flood.empty()) fail({Status::fatal(flood), "", ""});
}

// The next run goes on while it is committed, as this one does with every other epoch.
void TopologyRun::leave_epoch(LeftEpoch left, const RunProgress& progress) {
    left.records -= std::exchange(committed_records_, left.records);
    for (const PlannedNode& node : plan_->nodes())  // what was sent of an outbox is gone with the next epoch
        if (node.instance().descriptor().flags & WEIR_OP_OUTBOX) left.own_state.insert(node.instance().node().id);
    for (const EpochReport& report : reports_) {
        for (const size_t node : report.own_state) left.own_state.insert(plan_->topology().nodes[node].id);
        for (const size_t node : report.keyed_state) left.keyed_state.insert(plan_->topology().nodes[node].id);
    }
    const Status status = epochs_.leave(std::move(left), progress, [this] { return gives_up_commit(); });
    if (!status.ok()) return fail({status, "", ""});
    over_ = true;
}

Status TopologyRun::commit_left() {
    const LeftEpoch& left = *epochs_.left();
    const uint64_t epoch = left.epoch;
    const size_t bytes = left.bytes;
    const int64_t records = left.records;
    const Status status = epochs_.commit_left([this] { return gives_up_commit(); });
    if (!status.ok()) {
        failed_state_ = failed_state_ || epochs_.is_damaged();
        return status;
    }
    committed_.store(epoch);
    options_.epoch_log->committed_late(bytes, records);
    memory_.set_lookups(epochs_.lookup_bytes());
    for (Worker& worker : workers_) worker.post([&worker, epoch] { worker.commit(epoch); });
    return status;
}

// For who ends: its own, which nobody goes on behind, or that of the run before. Sources that are open are told.
void TopologyRun::settle_left() {
    if (const Status status = commit_left(); !status.ok()) return fail({status, "", ""});
    for (Worker& worker : workers_) worker.run_posted();
}

// Rows of the next epoch flow already, and sinks hold them back.
void TopologyRun::begin_behind_left() {
    Status status = commit_left();
    if (status.ok()) status = epochs_.begin([this] { return gives_up_commit(); });
    if (!status.ok()) fail({status, "", ""});
}

// Before the epoch is decided: what has failed leaves no trace.
std::string TopologyRun::judge_trial(int64_t records, const RunProgress& progress) {
    if (!trial_) return "";
    const std::string why = trial_->judge(records, epochs_.leaving(), progress);
    trial_.reset();
    return why.empty() ? flood_.judge(now(), records, dead_lettered(*plan_)) : why;
}

void TopologyRun::expire(const EpochReport& report) {
    for (uint32_t group = 0; group < kKeyGroups && !report.expired.empty(); ++group) {
        if (worker_of_group(group, plan_->workers()) != report.worker) continue;
        for (const auto& [node, state, upto] : report.expired) epochs_.expire(node, state, group, upto);
    }
}

}  // namespace weir::host
