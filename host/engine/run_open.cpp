// The beginning of a run: connections and state are opened, or taken over from the run before; instances get their state and
// their splits.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <weir/failpoint.hpp>

#include "host/engine/handover.hpp"
#include "host/engine/key_hash.hpp"
#include "host/engine/run.hpp"

namespace weir::host {

namespace {

constexpr std::chrono::milliseconds kOpenPoll{100};  // how often an open that is under way looks for a stop

}  // namespace

Status TopologyRun::connect(const std::atomic<bool>& stop) {
    const Status status = open_all(stop);
    // The graph before begins again behind the epoch that it has left; where that fails, too, it is asked what became of it.
    if (!status.ok() && epochs_.left()) (void)epochs_.commit_left([&stop] { return stop.load(); });
    return status;
}

Status TopologyRun::open_all(const std::atomic<bool>& stop) {
    if (options_.handover) epochs_.go_on_from(*options_.handover);
    Status status = epochs_.open();
    failed_state_ = !status.ok();
    for (auto& connection : plan_->connections()) {
        if (!status.ok()) return status;
        if (connection->is_open())
            ++taken_;
        else
            status = connection->open(stop);
    }
    if (!status.ok()) return status;
    status = epochs_.recover(stop);
    if (status.ok()) {
        first_epoch_.store(epochs_.last() - (epochs_.left() ? 1 : 0));  // which counts once it is committed
        committed_.store(first_epoch_.load());
        epochs_.allow_eviction();
        status = take_over();
    }
    if (status.ok() && epochs_.left() && reads_store()) status = commit_left();
    if (status.ok() && options_.connections) options_.connections->share(plan_->connections());
    const auto& given_up = options_.epochs.allow_loss;
    for (PlannedNode& node : plan_->nodes()) {
        for (auto& instance : node.instances) {
            instance->set_outside_start(epochs_.outside_start());
            instance->set_may_lose(std::find(given_up.begin(), given_up.end(), instance->node().name()) != given_up.end());
        }
    }
    failed_state_ = !status.ok() && status.code() != WEIR_E_RETRYABLE;
    return status;
}

Status TopologyRun::take_over() {
    const std::shared_ptr<Handover> handover = std::exchange(options_.handover, nullptr);
    if (!handover) return {};
    Status status = take_over_nodes(*handover);
    if (status.ok() && epochs_.goes_on()) take_over_keyed(*handover);
    return status;
}

// Node by node: what is there in memory, and as the store has it, is not read back. As many workers own the same key groups.
void TopologyRun::take_over_keyed(Handover& handover) {
    for (size_t i = 0; i < has_keyed_.size(); ++i) {
        const auto& instances = plan_->nodes()[i].instances;
        const NodeSpec& node = plan_->topology().nodes[i];
        if (is_moved_[i]) continue;
        const auto found = epochs_.begins_anew(i) ? handover.keyed.end() : handover.keyed.find(epochs_.former_id(i));
        if (found == handover.keyed.end() || found->second.op != node.op->name || found->second.of.size() != instances.size()) continue;
        auto& before = found->second.of;
        bool is_taken = true;
        for (size_t w = 0; w < before.size(); ++w)
            is_taken = is_taken && before[w] && instances[w]->keyed() && instances[w]->keyed()->can_take_over(*before[w]);
        if (!is_taken) continue;
        for (size_t w = 0; w < before.size(); ++w) instances[w]->keyed()->take_over(*before[w]);
        has_keyed_[i] = true;
    }
}

// Whether the epoch that was left has to be committed before rows flow: it changed state that is to be read back, or there is a sink that
// does not know where its transaction ends.
bool TopologyRun::reads_store() const {
    for (size_t i = 0; i < is_moved_.size(); ++i) {
        if (is_moved_[i]) continue;
        const weir_operator& op = plan_->nodes()[i].instance().descriptor();
        if (epochs_.lacks_state(i, has_keyed_[i]) || (op.kind == WEIR_KIND_SINK && (op.flags & WEIR_OP_TRANSACTIONAL))) return true;
    }
    return false;
}

// Instances that are in the plan already, as they were at the barrier.
Status TopologyRun::take_over_nodes(Handover& handover) {
    for (const auto& [node, left] : handover.moved)
        if (!epochs_.keeps_state(node))
            return Status::fatal(fmt::format("node `{}` was to go on as it is, and what the last epoch has of it is not its own now: that is a fault of weir",
                                             plan_->topology().nodes[node].name()));
    if (handover.splits) splits_.take_over(std::move(*handover.splits), handover.sources);
    for (auto& [node, left] : handover.moved) {
        is_moved_[node] = true;
        has_keyed_[node] = plan_->nodes()[node].instance().keyed() != nullptr;
        const auto time_of = [this, i = node](const std::string& split) {
            for (const SplitPosition& one : epochs_.progress().positions)
                if (one.node == i && one.split == split) return one.time;
            return std::optional<int64_t>();
        };
        for (uint32_t w = 0; w < workers_.size(); ++w) workers_[w].take_over(node, std::move(left[w]), time_of);
    }
    return {};
}

// Rows of another place have other times. What this host has given back since it was asked is another one's to read.
SplitPosition TopologyRun::sought(SplitPosition at) const {
    const auto node = options_.seeks.find(plan_->topology().nodes[at.node].id);
    if (node == options_.seeks.end() || at.given_back) return at;
    const auto found = node->second.find(at.split);
    if (found == node->second.end()) return at;
    return {at.node, at.split, found->second};
}

// State goes to the workers that own it now, be they as many as before or not.
bool TopologyRun::restore() {
    WEIR_FAILPOINT("coordinator.restore.begin");
    for (const SplitPosition& one : epochs_.progress().positions)
        if (!is_moved_[one.node]) splits_.restore(sought(one));
    for (const NodeTime& one : epochs_.progress().times)
        for (Worker& worker : workers_) worker.dataflow().restore_time(one);
    epoch_ = epochs_.last();
    size_t at = 0;
    Status status = epochs_.restore([&](size_t node, const weir_state_block& block) {
        at = node;
        WEIR_FAILPOINT("coordinator.restore.block");
        return restore_block(node, block);
    }, has_keyed_, is_moved_);
    WEIR_FAILPOINT("coordinator.restore.done");
    if (status.ok()) return true;
    const NodeSpec& node = plan_->topology().nodes[at];
    failed_state_ = true;
    fail({status, node.name(), node.op->plugin});
    return false;
}

Status TopologyRun::restore_block(size_t node, const weir_state_block& block) {
    if (block.state == kOutboxState) return workers_[0].restore_outbox(node, block);
    const uint32_t workers = plan_->workers();
    uint32_t first = 0, last = workers - 1;
    switch (block.kind) {
        case WEIR_STATE_KEYED:
            first = last = worker_of_group(block.group, workers);
            if (WEIR_BUG("restore-to-another-worker")) first = last = (first + 1) % workers;
            break;
        case WEIR_STATE_SPLIT: first = last = splits_.reserve(node, std::string(view(block.split))); break;
        case WEIR_STATE_LIST: last = 0; break;
        default: break;  // one copy to all
    }
    for (uint32_t w = first; w <= last; ++w) {
        Instance& instance = plan_->nodes()[node].instance(w);
        if (block.state >= WEIR_HOST_STATES) {
            if (!instance.keyed()) return Status::state_version("there is keyed state of it, and the operator declares none any more");
            if (Status s = restore_entries(*instance.keyed(), w, block); !s.ok()) return s;
            continue;
        }
        if (!instance.api().restore) return Status::state_version("there is state of it, and it cannot restore any");
        Status status = instance.call(
            [&](void* self, weir_error* error) { return instance.api().restore(self, &block, error); });
        if (!status.ok()) return status;
    }
    return {};
}

Status TopologyRun::restore_entries(KeyedState& keyed, uint32_t worker, const weir_state_block& block) {
    memory_.set_lookups(epochs_.lookup_bytes());
    if (!workers_[worker].memory().has_room()) {
        auto left = keyed.leave_in_store(block);
        if (!left || *left) return left.status();
    }
    return keyed.restore(block, now());
}

// Sinks first: whoever may emit has somebody to take it.
bool TopologyRun::open_instances() {
    for (size_t i = plan_->nodes().size(); i-- > 0;)
        for (uint32_t w = 0; w < plan_->workers(); ++w)
            if (!open_one(i, w)) return false;
    WEIR_FAILPOINT("coordinator.opened");
    return true;
}

bool TopologyRun::open_one(size_t index, uint32_t worker) {
    Instance& instance = plan_->nodes()[index].instance(worker);
    if (!instance.api().open || is_moved_[index]) return true;
    for (;;) {
        Status status = instance.call([&](void* self, weir_error* error) { return instance.api().open(self, error); });
        if (status.done()) return true;
        if (!status.is_pending()) {
            workers_[worker].dataflow().fail(index, Instance::must_be_done("open", status));
            return false;
        }
        if (stop_.load() != StopMode::kNone) {
            cancel(instance);
            return false;
        }
        fabric_.wakeup(worker).sleep(kOpenPoll);
        fabric_.wakeup(worker).take();
    }
}

// Who is to stop before there is anything to commit has not failed.
bool TopologyRun::begin_epochs() {
    if (epochs_.left()) return true;  // behind that
    const Status status = epochs_.begin([this] { return stop_.load() != StopMode::kNone; });
    if (status.code() == WEIR_E_RETRYABLE && stop_.load() != StopMode::kNone) return false;
    return is_good(status, false);
}

bool TopologyRun::assign_first_splits() {
    if (!workers_[0].discover_all()) return false;
    WEIR_FAILPOINT("coordinator.assign.begin");
    mailbox_.run();  // what was found
    for (Worker& worker : workers_) worker.run_posted();
    WEIR_FAILPOINT("coordinator.assign.done");
    return std::none_of(workers_.begin(), workers_.end(), [](Worker& w) { return w.failed(); });
}

void TopologyRun::on_splits(size_t node, std::vector<std::string> ids, bool complete) {
    mailbox_.post([this, node, ids = std::move(ids), complete] {
        splits_.update(node, ids, complete);
        hand_out_splits(node);
    });
}

}  // namespace weir::host
