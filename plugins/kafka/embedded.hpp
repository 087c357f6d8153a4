// The embedded broker: librdkafka's mock cluster, one a process (a module), reference counted. Any thread.
//
// It keeps the last 5 MiB of each partition in memory, has consumer groups and idempotent producers, and no
// transactions, no authentication, no compaction.
#pragma once

#include <string>

#include <weir/result.hpp>

namespace weir::kafka {

// A reference to the running broker; the last one that goes stops it.
class EmbeddedBroker {
public:
    // Starts it, on a free loopback port, if it does not run. `started`: whether this call did.
    static Result<EmbeddedBroker> acquire(bool *started = nullptr);
    EmbeddedBroker() = default;
    EmbeddedBroker(EmbeddedBroker &&o) noexcept : held_(std::exchange(o.held_, false)) {}
    EmbeddedBroker &operator=(EmbeddedBroker &&o) noexcept {
        std::swap(held_, o.held_);
        return *this;
    }
    ~EmbeddedBroker();

    explicit operator bool() const { return held_; }
    std::string address() const;
    // False: it was there. REQUIRES: held.
    Result<bool> create_topic(const std::string &name, int32_t partitions);

private:
    bool held_ = false;
};

inline constexpr int32_t kEmbeddedPartitions = 4;

}  // namespace weir::kafka
