// The marker of the last decided epoch, where the broker keeps it: an offset that every epoch's transaction
// commits to a consumer group without members. Offset = epoch, metadata = the marker as printable text.
//
// The broker takes an offset only for a partition that exists: that is partition 0 of the topic `weir.markers`,
// which stays empty. It forgets the offsets of a group in which nothing was committed for its
// offsets.retention.minutes (7 days by default), which is how long a topology may stand still.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "client.hpp"
#include "properties.hpp"

namespace weir::kafka {

inline constexpr const char *kMarkerTopic = "weir.markers";
inline constexpr size_t kMarkerMax = 4096;  // offset.metadata.max.bytes, as brokers have it by default

// Printable ASCII as it stands but %; every other byte as %XX.
std::string printable_marker(std::string_view marker);
// nullopt: that was not written by printable_marker.
std::optional<std::string> marker_of(std::string_view printable);

// Adds the marker to the producer's open transaction. Blocks for at most `timeout`. The error, or NULL; owned
// by the caller. REQUIRES: printable.size() <= kMarkerMax.
rd_kafka_error_t *send_marker(rd_kafka_t *producer, const std::string &group, uint64_t epoch,
                              std::string_view printable, std::chrono::milliseconds timeout);

// Reads a group's marker. A client of its own, which is no member of the group: the request of librdkafka 2.0.2
// for administrators that does the same fails an assertion when the broker goes away meanwhile.
class MarkerReader {
public:
    // `waits`: for a transaction that may still bring another marker; else it says what is decided so far. `listener` outlives this.
    static Result<MarkerReader> create(const Settings &settings, const std::string &group, bool waits, Listener *listener,
                                       std::shared_ptr<LogTarget> log);
    MarkerReader() = default;

    // nullopt: the group holds nothing yet. Tries again until
    // `deadline` or until `go_on` is false: then WEIR_E_RETRYABLE. WEIR_E_FATAL: it holds something else. Blocks.
    Result<std::optional<std::string>> read(std::chrono::steady_clock::time_point deadline,
                                            const std::function<bool()> &go_on) const;

private:
    Result<std::optional<std::string>> read_once() const;

    std::string group_;
    Client client_;
};

}  // namespace weir::kafka
