// The connections of a topology while they are open, for those who use them beside the dataflow.
//
// A topology that begins again closes its connections and opens others; whoever uses one is waited for.
// Threads: share and withdraw on the coordinator's side, one at a time; use on any.
#pragma once

#include <atomic>
#include <shared_mutex>
#include <string_view>

#include "host/engine/plan.hpp"

namespace weir::host {

class SharedConnections {
public:
    void share(const Connections& connections);
    // Blocks until nobody uses one: as long as a use lasts.
    void withdraw();

    // f(the instance). WEIR_E_RETRYABLE while the topology is not connected.
    template <class F>
    Status use(std::string_view name, F&& f) {
        if (!is_open_) return closed();
        const std::shared_lock lock(mutex_);
        void* self = find(name);
        if (!self) return closed();
        return f(self);
    }

private:
    void* find(std::string_view name) const;
    static Status closed() { return Status::retryable("the topology is not connected now: it begins, begins again, or ends"); }

    std::atomic<bool> is_open_{false};  // so that new users do not hold up who withdraws
    std::shared_mutex mutex_;
    const Connections* connections_ = nullptr;
};

}  // namespace weir::host
