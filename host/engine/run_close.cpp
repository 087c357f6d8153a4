// The end of a run: nobody looks on any more, and what is open is closed.
#include "host/engine/run.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "host/engine/handover.hpp"
#include "host/engine/host_services.hpp"

namespace weir::host {

namespace {

constexpr std::chrono::milliseconds kClosePoll{20};  // how often a close that is under way is looked at, beside its wakes

}  // namespace

void TopologyRun::cancel(Instance& instance) {
    if (!instance.api().cancel) return;
    const std::string fault = call_plugin_void([&] { instance.api().cancel(instance.self()); });
    if (!fault.empty()) HostServices::get().log(WEIR_LOG_WARNING, fmt::format("{}: cancel: {}", instance.node().name(), fault));
}

// Who looks on holds batches and connections, which go.
void TopologyRun::hide() {
    if (options_.taps) options_.taps->detach();
    if (options_.connections) options_.connections->withdraw();
    const std::lock_guard lock(live_mutex_);
    is_hidden_ = true;
    for (const auto& one : live_taps_)
        if (const auto tap = one.lock()) tap->close();
    live_taps_.clear();
}

// Whether the instances that the next graph declares alike stand at the last epoch's barrier, with nothing under way. What was
// posted meanwhile, of splits say, is theirs to know.
bool TopologyRun::comes_to_rest() {
    if (left_open_.empty() || in_outbox_ > 0) return false;
    for (bool has_moved = true; has_moved;) {
        has_moved = mailbox_.run();
        for (Worker& worker : workers_) has_moved = worker.run_posted() || has_moved;
    }
    return std::all_of(workers_.begin(), workers_.end(), [](const Worker& worker) { return worker.is_at_rest(); });
}

// For the next graph.
void TopologyRun::leave_open() {
    const std::lock_guard lock(change_mutex_);
    if (failure_ || has_ended()) return kept_.clear();
    left_open_ = moves_;
    if (!comes_to_rest()) left_open_.clear();
}

void TopologyRun::close_all() {
    auto deadline = std::chrono::steady_clock::now() + options_.close_timeout;
    for (size_t i = 0; i < plan_->nodes().size(); ++i) {
        const auto is_it = [i](const auto& move) { return move.first == i; };
        if (std::any_of(left_open_.begin(), left_open_.end(), is_it)) continue;
        for (auto& instance : plan_->nodes()[i].instances) close_one(*instance, deadline);
    }
    Connections kept;
    {
        const std::lock_guard lock(change_mutex_);
        std::erase_if(kept_, [this](const auto& one) { return failure_ || !one->is_open(); });
        kept = kept_;
    }
    for (const auto& connection : plan_->connections())
        if (std::find(kept.begin(), kept.end(), connection) == kept.end()) close_connection(*connection, deadline);
}

void TopologyRun::close_connection(ConnectionInstance& connection, std::chrono::steady_clock::time_point deadline) {
    const Status status = connection.close(deadline);
    if (!status.ok() && !failure_)
        HostServices::get().log(WEIR_LOG_WARNING, fmt::format("connection {}: closing: {}", connection.name(), status.message()));
}

void TopologyRun::close_kept() {
    const auto deadline = std::chrono::steady_clock::now() + options_.close_timeout;
    if (epochs_.left()) settle_left();
    for (const auto& [node, next] : std::exchange(left_open_, {}))
        for (auto& instance : plan_->nodes()[node].instances) close_one(*instance, deadline);
    for (const auto& connection : std::exchange(kept_, {}))
        if (connection->is_open()) close_connection(*connection, deadline);
}

std::shared_ptr<Handover> TopologyRun::hand_over(Plan& next) {
    auto out = std::make_shared<Handover>();
    const auto is_kept = [this](const auto& one) { return std::find(kept_.begin(), kept_.end(), one) != kept_.end(); };
    out->fits = std::all_of(next.connections().begin(), next.connections().end(), [&](const auto& one) { return !one->was_opened() || is_kept(one); });
    if (!out->fits) close_kept();
    for (const auto& [node, there] : left_open_) {
        for (Worker& worker : workers_) out->moved[there].push_back(worker.leave(node));
        if (plan_->nodes()[node].instance().is_source()) out->sources.emplace_back(node, there);
        for (auto& instance : plan_->nodes()[node].instances) instance->leave_host();
    }
    out->splits = std::move(splits_);
    plan_->move(next, std::exchange(left_open_, {}));
    out->connections = std::exchange(kept_, {});
    epochs_.leave_to(*out);
    for (const PlannedNode& node : plan_->nodes()) {
        if (node.instances.empty()) continue;
        Handover::Keyed keyed{node.instance().node().op->name, {}};
        for (const auto& instance : node.instances) keyed.of.push_back(instance->share_keyed());
        out->keyed.emplace(node.instance().node().id, std::move(keyed));
    }
    return out;
}

// After a failure everything pending is cancelled first; otherwise each close gets its time.
void TopologyRun::close_one(Instance& instance, std::chrono::steady_clock::time_point deadline) {
    if (failure_) cancel(instance);
    while (instance.api().close) {
        Status status = instance.call([&](void* self, weir_error* error) { return instance.api().close(self, error); });
        if (!status.ok() && !failure_) HostServices::get().log(WEIR_LOG_WARNING, fmt::format("{}: closing: {}", instance.node().name(), status.message()));
        if (!status.is_pending() || std::chrono::steady_clock::now() > deadline) return;
        Wakeup& woken = fabric_.wakeup(instance.worker());
        woken.sleep(kClosePoll);
        woken.take();
    }
}

}  // namespace weir::host
