#include "offsets.hpp"

#include <charconv>

namespace weir::kafka {
namespace {

constexpr int kLookUpTimeout = 5000;  // milliseconds

}  // namespace

std::string split_id(const TopicPartition &partition) {
    std::string id = partition.topic;
    return id.append("/").append(std::to_string(partition.partition));
}

std::optional<TopicPartition> parse_split(std::string_view id) {
    const size_t slash = id.rfind('/');
    if (slash == id.npos) return std::nullopt;
    TopicPartition out{std::string(id.substr(0, slash)), 0};
    auto [end, code] = std::from_chars(id.data() + slash + 1, id.data() + id.size(), out.partition);
    if (code != std::errc() || end != id.data() + id.size() || out.partition < 0) return std::nullopt;
    return out;
}

Status offsets_for(rd_kafka_t *client, const std::vector<TopicPartition> &partitions, int64_t time, Offsets &out) {
    PartitionList list = make_partition_list(partitions.size());
    for (const TopicPartition &p : partitions) add_partition(list, p, time);
    rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(client, list.get(), kLookUpTimeout);
    const rd_kafka_topic_partition_t *bad = nullptr;
    for (int i = 0; !code && i < list->cnt; ++i)
        if (list->elems[i].err) bad = &list->elems[i], code = bad->err;
    if (code) {
        std::string what = bad ? std::string(bad->topic) + "/" + std::to_string(bad->partition) : "the partitions";
        std::string message = "cannot look up the offsets of " + what + ": " + rd_kafka_err2str(code);
        bool forbidden = code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
        return forbidden ? Status::fatal(message) : Status::retryable(message);
    }
    for (int i = 0; i < list->cnt; ++i) out[{list->elems[i].topic, list->elems[i].partition}] = list->elems[i].offset;
    return {};
}

}  // namespace weir::kafka
