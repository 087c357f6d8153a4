#include "host/engine/epochs.hpp"

#include <algorithm>
#include <random>

#include <fmt/format.h>

#include <weir/ext/start.h>
#include <weir/failpoint.hpp>
#include <weir/memory.hpp>

#include "host/engine/handover.hpp"
#include "host/engine/host_services.hpp"
#include "host/engine/memory_budget.hpp"
#include "host/engine/outbox.hpp"
#include "host/engine/state_conversion.hpp"
#include "host/state/replacement.hpp"

namespace weir::host {

namespace {

// Tells the hosts of one topology apart, so that an epoch of another run is not taken for one's own.
std::string make_run_id() {
    std::random_device random;
    return fmt::format("{:08x}{:08x}", random(), random());
}

}  // namespace

Epochs::Epochs(Plan& plan, EpochsOptions options)
    : plan_(plan),
      options_(std::move(options)),
      decider_(plan.decider()),
      run_id_(make_run_id()),
      record_(options_.record) {}

Epochs::~Epochs() = default;

void Epochs::go_on_from(Handover& handover) {
    if (handover.memory_limit == plan_.topology().memory_limit) store_ = std::move(handover.store);
    handover.store.reset();  // it is to be opened again
    goes_on_ = store_ != nullptr;
    is_fenced_ = decider_ && decider_ == handover.decider;
    is_decided_ = goes_on_ && decider_ == handover.decider;
    left_ = std::exchange(handover.epoch, std::nullopt);
}

void Epochs::leave_to(Handover& handover) {
    handover.decider = decider_;
    handover.memory_limit = plan_.topology().memory_limit;
    handover.store = std::move(store_);
    handover.epoch = std::exchange(left_, std::nullopt);
}

Status Epochs::open() {
    if (options_.dir.empty() || store_) return {};
    StoreOptions options;
    options.topology = plan_.topology().name;
    options.memory_bytes = MemoryBudget::store_buffers(plan_.topology().memory_limit);
    options.lookups = plan_.topology().memory_limit > 0;
    options.expired_by = has_expired;
    if (Status s = StateReplacement::settle(options_.dir); !s.ok()) return s;
    if (Status s = replace(options); !s.ok()) return s;
    WEIR_FAILPOINT("epochs.open.begin");
    std::error_code failed;
    std::filesystem::create_directories(options_.dir.parent_path(), failed);  // the store says what is wrong with it
    auto opened = StateStore::open(options_.dir, options);
    if (!opened) return opened.status();
    store_ = std::move(*opened);
    if (options_.reset && options_.savepoint.empty())
        if (Status s = mark_restored(options_.dir, 0); !s.ok()) return s;
    WEIR_FAILPOINT("epochs.open.done");
    return {};
}

// The state that is there comes back unless the run begins.
Status Epochs::replace(const StoreOptions& options) {
    if (!options_.reset && options_.savepoint.empty()) return {};
    auto begun = StateReplacement::begin(options_.dir, options);
    if (!begun) return begun.status();
    replacement_ = std::move(*begun);
    if (options_.savepoint.empty()) return {};
    std::error_code failed;
    std::filesystem::rename(options_.savepoint, options_.dir, failed);
    if (!failed) return {};
    return Status::fatal(fmt::format("{}: cannot become {}: {}", options_.savepoint.string(), options_.dir.string(), failed.message()));
}

Status Epochs::hold() {
    if (!replacement_) return {};
    if (Status s = replacement_->keep(); !s.ok()) return s;  // the old state comes back once the store is closed
    replacement_.reset();
    return {};
}

// A node that is gone takes its state with it only where the user said so.
Status Epochs::find_dropped() {
    for (const std::string& node : store_->nodes()) {
        if (plan_.topology().find_node(node) >= 0 && !replaced_.contains(node)) continue;
        if (Status s = may_lose(node, "state"); !s.ok()) return s;
        dropped_.push_back(node);
    }
    return {};
}

Status Epochs::may_lose(const std::string& node, const char* what) const {
    if (std::find(options_.allow_loss.begin(), options_.allow_loss.end(), node) != options_.allow_loss.end()) return {};
    const auto before = replaced_.find(node);
    const std::string why = before == replaced_.end()
                                ? "which the topology does not have. Call the node so again"
                                : fmt::format("which was {} then. Make it one again", before->second);
    return Status::config("", fmt::format("{} holds {} of node `{}`, {}, or drop its {}: --allow-loss {}",
                                          options_.dir.string(), what, node, why, what, node));
}

bool Epochs::is_restored() const { return !left_ && restored_at(options_.dir) == store_->committed(); }

// What the nodes declare now, against what the last epoch knew of them.
Status Epochs::adopt_states(const Json& known) {
    Json next = Json::object();
    for (size_t i = 0; i < plan_.nodes().size(); ++i) {
        PlannedNode& node = plan_.nodes()[i];
        const std::string &id = node.instance().node().id, before = former_id(i);
        for (auto& instance : node.instances) {
            if (!instance->keyed()) continue;
            auto adopted = instance->keyed()->adopt(known.contains(before) ? known[before] : Json());
            if (!adopted) return Status::state_version(fmt::format("node `{}`: {}", id, adopted.status().message()));
            next[id] = std::move(*adopted);
        }
    }
    states_ = std::move(next);
    return {};
}

void Epochs::allow_eviction() {
    if (!store_ || plan_.topology().memory_limit == 0) return;
    for (PlannedNode& node : plan_.nodes()) {
        for (auto& instance : node.instances) {
            if (!instance->keyed()) continue;
            instance->keyed()->allow_eviction([store = store_.get(), id = instance->node().id](
                                                  uint32_t state, std::span<const GroupKey> keys,
                                                  const StateStore::Found& found) { return store->find(id, state, keys, found); });
        }
    }
}

void Epochs::expire(size_t node, uint32_t state, uint32_t group, int64_t upto) {
    if (store_) store_->expire(plan_.topology().nodes[node].id, state, group, upto);
}

Result<int32_t> Epochs::outside_start() const {
    if (!store_ || last_ > 0 || !plan_.has_state() || options_.outside_start == OutsideStart::kTake)
        return WEIR_START_OUTSIDE;
    // Reset, by this start or by one that did not come to its first epoch.
    if (options_.outside_start == OutsideStart::kIgnore || is_restored()) return WEIR_START_CONFIGURED;
    return Status::state_version(fmt::format(
        "there is no state of topology `{}` in {} that goes with that. Begin as configured (--reset), or there without "
        "the state (--from-group), or from a savepoint (--savepoint NAME), or name the folder that has the state (--data-dir)",
        plan_.topology().name, options_.dir.string()));
}

Status Epochs::begin(const GiveUp& gives_up) {
    WEIR_FAILPOINT("epochs.begin.begin");
    if (!decider_) return {};
    if (!is_fenced_)
        if (Status s = fence(gives_up); !s.ok()) return s;
    Status status = decider_->begin(last_ + 1, gives_up);
    WEIR_FAILPOINT("epochs.begin.done");
    return status;
}

Status Epochs::restore(const Restore& restore, const std::vector<bool>& has_keyed, const std::vector<bool>& has_all) {
    leaving_ = 0;
    if (!store_ || last_ == 0) return {};
    for (size_t i = 0; i < plan_.nodes().size(); ++i)
        if (!has_all[i] && !begins_anew(i))
            if (Status s = restore_node(i, restore, has_keyed[i]); !s.ok()) return s;
    return {};
}

Status Epochs::restore_node(size_t node, const Restore& restore, bool has_keyed) {
    PlannedNode& planned = plan_.nodes()[node];
    Instance& instance = planned.instance();
    const std::string& id = instance.node().id;
    const bool is_rekeyed = rekeyed_.contains(id);
    Rekeyed count;
    const auto keep = [&](const weir_state_block& block) { return restore(node, block); };
    const auto rekey = [&](const weir_state_block& block) { return is_rekeyed ? rekey_block(instance, block, keep, count) : keep(block); };
    const auto take = [&](const weir_state_block& block) {
        if (block.version == instance.descriptor().state_version || block.state >= WEIR_HOST_STATES) return rekey(block);
        return migrate_block(instance, block, rekey);
    };
    const auto wants = [&](uint32_t state) { return !has_keyed || !instance.keyed()->owns(state); };
    const Status status = store_->read(id, take, wants);
    if (is_rekeyed && status.code() == WEIR_E_UNSUPPORTED)
        return Status::config("", fmt::format("the state of node `{}` lies under its key, which is another now, and {} cannot tell it from what it keeps. Run "
                                              "it as it was, or drop its state: --allow-loss {}", id, instance.descriptor().name, id));
    if (!status.ok() || !is_rekeyed) return status;
    leaving_ += count.leaving;
    for (auto& each : planned.instances) each->want_whole_snapshot();
    HostServices::get().log(WEIR_LOG_INFO, fmt::format("{}: node `{}`: rekeyed {} rows, {} leave by errors", plan_.topology().name, id, count.rows, count.leaving));
    return {};
}

std::string Epochs::marker_of(uint64_t epoch) const { return fmt::format("{}.{}", epoch, run_id_); }

Status Epochs::commit(uint64_t epoch, std::vector<EpochPart>& parts, const RunProgress& progress, const GiveUp& gives_up,
                      bool goes_on) {
    WEIR_FAILPOINT("epochs.commit.begin");
    drop_gone(parts);
    is_in_doubt_ = store_ != nullptr;
    LeftEpoch all{epoch, std::move(parts), 0, 0, {}, {}, record_of(epoch, progress), marker_of(epoch)};
    if (Status s = write(all, gives_up); !s.ok()) return s;
    last_ = epoch;
    is_in_doubt_ = false;
    progress_ = progress;
    if (!store_) record_ = std::move(all.record);
    return goes_on ? begin(gives_up) : Status();
}

void Epochs::drop_gone(std::vector<EpochPart>& parts) {
    if (dropped_.empty() && rekeyed_.empty()) return;
    EpochPart& part = parts.emplace_back();
    for (const std::string& node : dropped_) part.replace(node);
    for (const std::string& node : rekeyed_) part.replace(node);
    dropped_.clear();
    rekeyed_.clear();
}

// Of an epoch that was left the decider is prepared already.
Status Epochs::write(LeftEpoch& all, const GiveUp& gives_up) {
    const uint64_t epoch = all.epoch;
    if (store_)
        if (Status s = store_->prepare(epoch, all.parts, all.record); !s.ok()) return s;
    WEIR_FAILPOINT("epochs.commit.store_prepared");
    if (store_ && WEIR_BUG("local-commit-first"))
        if (Status s = store_->commit(epoch); !s.ok()) return s;
    if (decider_) {
        if (Status s = left_ ? Status() : decider_->prepare(epoch, gives_up); !s.ok()) return s;
        WEIR_FAILPOINT("epochs.commit.decider_prepared");
        if (Status s = decider_->commit(epoch, all.marker, gives_up); !s.ok()) return s;
        WEIR_FAILPOINT("epochs.commit.decided");
    }
    if (!store_) return {};
    if (Status s = store_->commit(epoch); !s.ok()) return s;
    renamed_stored_ = Json::object();
    WEIR_FAILPOINT("epochs.commit.store_committed");
    std::error_code ignored;  // where it stays, it says nothing of this epoch
    std::filesystem::remove(options_.dir / kRestoredFile, ignored);
    return store_->health();  // folding may have found damage
}

Status Epochs::leave(LeftEpoch epoch, const RunProgress& progress, const GiveUp& gives_up) {
    if (decider_)
        if (Status s = decider_->prepare(epoch.epoch, gives_up); !s.ok()) return s;
    drop_gone(epoch.parts);
    epoch.record = record_of(epoch.epoch, progress);
    epoch.marker = marker_of(epoch.epoch);
    left_ = std::move(epoch);
    return {};
}

Status Epochs::commit_left(const GiveUp& gives_up) {
    Status status = write(*left_, gives_up);
    if (status.ok()) last_ = left_->epoch;
    left_.reset();
    return status;
}

bool Epochs::lacks_state(size_t node, bool has_keyed) const {
    const std::string& id = plan_.topology().nodes[node].id;
    return left_->own_state.contains(id) || (!has_keyed && left_->keyed_state.contains(id));
}

}  // namespace weir::host
