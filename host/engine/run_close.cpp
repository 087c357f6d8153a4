// The end of a run: nobody looks on any more, and what is open is closed.
#include "host/engine/run.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

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

void TopologyRun::close_all() {
    auto deadline = std::chrono::steady_clock::now() + options_.close_timeout;
    for (auto& node : plan_->nodes())
        for (auto& instance : node.instances) close_one(*instance, deadline);
    Connections kept;
    if (!failure_ && !has_ended()) {
        const std::lock_guard lock(change_mutex_);
        std::erase_if(kept_, [](const auto& one) { return !one->is_open(); });
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
    for (const auto& connection : std::exchange(kept_, {}))
        if (connection->is_open()) close_connection(*connection, deadline);
}

std::shared_ptr<Handover> TopologyRun::hand_over() {
    auto out = std::make_shared<Handover>();
    out->connections = std::exchange(kept_, {});
    epochs_.leave_to(*out);
    for (const PlannedNode& node : plan_->nodes()) {
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
