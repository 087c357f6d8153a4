#include "records.hpp"

#include <chrono>
#include <string>

#include "connection.hpp"
#include "offsets.hpp"
#include "position.hpp"
#include "topic_reader.hpp"

namespace weir::kafka {
namespace {

constexpr int64_t kMicrosInMilli = 1000;

KafkaConnection &opened(void *connection) { return *static_cast<KafkaConnection *>(connection); }

Result<TopicPartition> partition_of(weir_str split) {
    auto partition = parse_split(view(split));
    if (!partition) return Status::config("", ticked(view(split)) + " is no partition: expected TOPIC/PARTITION");
    return std::move(*partition);
}

Result<int64_t> look_up(KafkaConnection &connection, const TopicPartition &partition, int64_t time) {
    Offsets found;
    Status status = offsets_for(connection.client(), {partition}, time, found);
    if (!status.ok()) return status;
    return found[partition];
}

// The first record from the time on, as `start:` of a source has it.
Result<int64_t> offset_of_time(KafkaConnection &connection, const TopicPartition &partition, int64_t micros) {
    if (micros < 0) return look_up(connection, partition, kEarliestOffset);
    auto found = look_up(connection, partition, (micros + kMicrosInMilli - 1) / kMicrosInMilli);
    if (found && found.value() < 0) return look_up(connection, partition, kLatestOffset);
    return found;
}

Result<int64_t> checked_offset(KafkaConnection &connection, const TopicPartition &partition, int64_t offset) {
    auto first = look_up(connection, partition, kEarliestOffset);
    if (!first) return first.status();
    auto end = look_up(connection, partition, kLatestOffset);
    if (!end) return end.status();
    if (offset >= first.value() && offset <= end.value()) return offset;
    return Status::config("", split_id(partition) + " has offsets " + std::to_string(first.value()) + " to " + std::to_string(end.value()) + ", and not " +
                                  std::to_string(offset));
}

Result<int64_t> offset_at(KafkaConnection &connection, const TopicPartition &partition, int32_t place, int64_t value) {
    switch (place) {
        case WEIR_AT_EARLIEST: return look_up(connection, partition, kEarliestOffset);
        case WEIR_AT_LATEST: return look_up(connection, partition, kLatestOffset);
        case WEIR_AT_TIME: return offset_of_time(connection, partition, value);
        case WEIR_AT_OFFSET: return checked_offset(connection, partition, value);
        default: return Status::config("", "a place that is not known: " + std::to_string(place));
    }
}

int32_t offset_of(weir_str position, int64_t *offset, weir_error *error) {
    return detail::guarded(error, [&]() -> Status {
        const auto parsed = Position::parse(view(position));
        if (!parsed) return Status::config("", ticked(view(position)) + " is no position in a partition");
        *offset = parsed->next;
        return {};
    });
}

int32_t position_at(void *connection, weir_str split, int32_t place, int64_t value, const weir_bytes_out *position, weir_error *error) {
    return detail::guarded(error, [&]() -> Status {
        auto partition = partition_of(split);
        if (!partition) return partition.status();
        auto offset = offset_at(opened(connection), partition.value(), place, value);
        if (!offset) return offset.status();
        const std::string text = Position{offset.value(), opened(connection).cluster_id(), {}}.text();
        position->put(position, to_abi(text));
        return {};
    });
}

int32_t read(void *connection, weir_str split, int64_t offset, void *data, void (*found)(void *, const weir_origin_record *), weir_error *error) {
    return detail::guarded(error, [&]() -> Status {
        auto partition = partition_of(split);
        if (!partition) return partition.status();
        return read_record(opened(connection).settings(), opened(connection).log(), partition.value(), offset,
                           [&](const weir_origin_record &record) { found(data, &record); });
    });
}

}  // namespace

const weir_records_api kRecordsApi = {sizeof(weir_records_api), 0, "kafka.source", offset_of, position_at, read};

}  // namespace weir::kafka
