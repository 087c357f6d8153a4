// The end of a run: nobody looks on any more, and what is open is closed.
#include "host/engine/run.hpp"

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
    for (auto& connection : plan_->connections()) {
        Status status = connection->close(deadline);
        if (!status.ok() && !failure_)
            HostServices::get().log(WEIR_LOG_WARNING, fmt::format("connection {}: closing: {}", connection->spec().name, status.message()));
    }
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
