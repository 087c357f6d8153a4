// Splits by name, and looking up where they begin and end.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <weir/result.hpp>

#include "client.hpp"

namespace weir::kafka {

inline constexpr int64_t kEarliestOffset = RD_KAFKA_OFFSET_BEGINNING, kLatestOffset = RD_KAFKA_OFFSET_END;  // as "times" on the wire

// What the host calls a partition: TOPIC/PARTITION.
std::string split_id(const TopicPartition &partition);
// nullopt: it is none.
std::optional<TopicPartition> parse_split(std::string_view id);

using Offsets = std::map<TopicPartition, int64_t>;
// The offset of the first record of each partition that is not older than `time`, in milliseconds since 1970, or kEarliestOffset or kLatestOffset; -1:
// all are older. Blocks; with any client. WEIR_E_FATAL: it is forbidden.
Status offsets_for(rd_kafka_t *client, const std::vector<TopicPartition> &partitions, int64_t time, Offsets &out);

}  // namespace weir::kafka
