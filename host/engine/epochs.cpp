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

Status Epochs::recover(const std::atomic<bool>& stop) {
    if (store_) {
        WEIR_FAILPOINT("epochs.recover.begin");
        const std::optional<uint64_t> prepared = store_->prepared();
        last_ = left_ ? left_->epoch : prepared.value_or(store_->committed());
        auto record = record_at(last_);
        if (!record) return record.status();
        if (Status s = check_servers(*record); !s.ok()) return s;
        if ((prepared || decider_) && !is_decided_)
            if (Status s = decide(prepared.value_or(0), [&stop] { return stop.load(); }); !s.ok()) return s;
        last_ = left_ ? left_->epoch : store_->committed();
        if (Status s = read_record(last_); !s.ok()) return s;
        if (Status s = rename_stored(); !s.ok()) return s;
        if (Status s = find_dropped(); !s.ok()) return s;
        WEIR_FAILPOINT("epochs.recover.done");
    }
    if (!store_)
        if (Status s = read_record(0); !s.ok()) return s;
    return adopt_states(states_);
}

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

// Whoever had the topology may have decided an epoch since it was looked at.
Status Epochs::fence(const GiveUp& gives_up) {
    if (Status s = decider_->fence(gives_up); !s.ok()) return s;
    is_fenced_ = true;
    if (!store_) return {};
    auto marker = decider_->last_committed(gives_up);
    return marker ? check_marker(*marker, 0) : marker.status();
}

// What was prepared is decided behind a fence: its transaction may be on its way still. All else needs no more than a look.
Status Epochs::decide(uint64_t prepared, const GiveUp& gives_up) {
    std::string marker;
    if (decider_) {
        auto found = decider_->last_committed(gives_up);
        if (found)
            if (Status s = check_marker(*found, prepared); !s.ok()) return s;
        if (found && prepared && !is_fenced_) {
            if (Status s = decider_->fence(gives_up); !s.ok()) return s;
            is_fenced_ = true;
            found = decider_->last_committed(gives_up);
        }
        if (!found) return found.status();
        marker = *found;
        WEIR_FAILPOINT("epochs.decide.asked");
    }
    if (!prepared) return {};
    if (WEIR_BUG("ignore-marker")) return store_->abort(prepared);
    auto known = known_marker(prepared);
    if (!known) return known.status();
    const bool decided = (decider_ && !marker.empty() && marker == *known) || WEIR_BUG("assume-committed");
    if (decided) return decide_commit(prepared);
    if (Status s = decide_abort(prepared); !s.ok()) return s;
    return decider_ ? check_marker(marker, 0) : Status();
}

// Of an epoch that is committed or prepared; empty: it was decided without one.
Result<std::string> Epochs::known_marker(uint64_t epoch) const {
    if (epoch == 0) return std::string();
    auto record = store_->record(epoch);
    if (!record) return record.status();
    const Json parsed = Json::parse(record->value_or(""), nullptr, false);
    if (!parsed.is_object()) return Status::fatal(fmt::format("{}: the record of epoch {} is corrupt", options_.dir.string(), epoch));
    return parsed.value("marker", "");
}

// What the cluster has seen of this topology must be what the state knows.
Status Epochs::check_marker(const std::string& marker, uint64_t prepared) const {
    auto expected = known_marker(store_->committed());
    if (!expected) return expected.status();
    if (marker == *expected || is_restored()) return {};
    if (prepared) {
        auto next = known_marker(prepared);
        if (!next || marker == *next) return next.status();
    }
    return Status::config(
        "", fmt::format("{} ends with {}, but the cluster's last transaction of this topology is {}. The folder is not "
                        "the one that wrote it, or the cluster is another. Find the right one (--data-dir), or begin "
                        "anew (--reset)",
                        options_.dir.string(), expected->empty() ? "no epoch" : fmt::format("epoch `{}`", *expected),
                        marker.empty() ? "none" : fmt::format("`{}`", marker)));
}

Status Epochs::decide_commit(uint64_t prepared) {
    WEIR_FAILPOINT("epochs.decide_commit.begin");
    auto record = record_at(prepared);
    if (!record) return record.status();
    const Json renamed = Json::parse(*record, nullptr, false).value("renamed", Json::object());
    for (const auto& [now, before] : renamed.items())
        if (Status s = store_->rename_with_epoch(before.get<std::string>(), now); !s.ok()) return s;
    Status status = store_->commit(prepared);
    WEIR_FAILPOINT("epochs.decide_commit.done");
    return status;
}

Status Epochs::decide_abort(uint64_t prepared) {
    WEIR_FAILPOINT("epochs.decide_abort.begin");
    Status status = store_->abort(prepared);
    WEIR_FAILPOINT("epochs.decide_abort.done");
    return status;
}

namespace {

// The id of the server that the record knows of a connection: by its name, or, where it was called otherwise, as the only one
// of its kind then and now. Empty: none.
std::string known_server(const Json& servers, const ConnectionSpec& spec, const Topology& topology) {
    if (servers.contains(spec.name)) return servers[spec.name].value("id", "");
    const auto& all = topology.connections;
    const auto is_kind = [&](const Json& one) { return one.value("kind", "") == spec.op->name; };
    const auto is_same = [&](const ConnectionSpec& one) { return one.op->name == spec.op->name; };
    if (std::count_if(all.begin(), all.end(), is_same) != 1 || std::count_if(servers.begin(), servers.end(), is_kind) != 1) return "";
    return std::find_if(servers.begin(), servers.end(), is_kind)->value("id", "");
}

}  // namespace

// Whoever goes on elsewhere would mix what belongs to two servers; a prepared epoch would be judged by the wrong one. Records
// of before have no servers, and a server that does not tell its id now is taken for what it was.
Status Epochs::check_servers(const std::string& record) {
    Json known = Json::object();
    const Json parsed = Json::parse(record, nullptr, false);
    if (parsed.is_object()) known = parsed.value("servers", Json::object());
    for (size_t i = 0; i < plan_.connections().size(); ++i) {
        const auto& connection = plan_.connections()[i];
        const ConnectionSpec& spec = plan_.topology().connections[i];
        auto id = connection->identity();
        if (!id) return id.status();
        const std::string before = known_server(known, spec, plan_.topology());
        if (!before.empty() && !id->empty() && before != *id)
            return Status::config(
                "", fmt::format("the state in {} belongs to `{}`, which connection `{}` reached when it was written, and now it "
                                "reaches `{}`. Name the server that it was, another folder for state (--data-dir), or begin "
                                "anew (--reset)",
                                options_.dir.string(), before, spec.name, *id));
        const std::string now = id->empty() ? before : *id;
        if (!now.empty()) servers_[spec.name] = {{"kind", spec.op->name}, {"id", now}};
    }
    return {};
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
