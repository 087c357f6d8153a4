#include "host/engine/shared_connections.hpp"

#include <mutex>

namespace weir::host {

void SharedConnections::share(const Connections& connections) {
    const std::unique_lock lock(mutex_);
    connections_ = &connections;
    is_open_ = true;
}

void SharedConnections::withdraw() {
    is_open_ = false;
    const std::unique_lock lock(mutex_);
    connections_ = nullptr;
}

void* SharedConnections::find(std::string_view name) const {
    if (!connections_) return nullptr;
    for (const auto& connection : *connections_)
        if (connection->name() == name) return connection->self();
    return nullptr;
}

}  // namespace weir::host
