#include "marker.hpp"

#include <algorithm>
#include <cstdlib>
#include <thread>

namespace weir::kafka {
namespace {

constexpr int kRequestTimeout = 2000;  // milliseconds
constexpr auto kPause = std::chrono::milliseconds(20);
constexpr char kHex[] = "0123456789ABCDEF";

int nibble(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

struct EventDeleter {
    void operator()(rd_kafka_event_t *event) const { rd_kafka_event_destroy(event); }
};
using Event = std::unique_ptr<rd_kafka_event_t, EventDeleter>;

Event request(rd_kafka_t *client, const std::string &group) {
    PartitionList partitions = make_partition_list(1);
    rd_kafka_topic_partition_list_add(partitions.get(), kMarkerTopic, 0);
    rd_kafka_ListConsumerGroupOffsets_t *ask = rd_kafka_ListConsumerGroupOffsets_new(group.c_str(), partitions.get());
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS);
    rd_kafka_AdminOptions_set_request_timeout(options, kRequestTimeout, nullptr, 0);
    if (auto *error = rd_kafka_AdminOptions_set_require_stable_offsets(options, 1)) rd_kafka_error_destroy(error);
    Queue queue(rd_kafka_queue_new(client));
    rd_kafka_ListConsumerGroupOffsets(client, &ask, 1, options, queue.get());
    Event event(rd_kafka_queue_poll(queue.get(), 2 * kRequestTimeout));
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_ListConsumerGroupOffsets_destroy(ask);
    return event;
}

Result<std::optional<std::string>> answer(const Event &event, const std::string &group) {
    const std::string what = "the marker of group `" + group + "` cannot be read: ";
    if (!event) return Status::retryable(what + "the broker did not answer in time");
    if (rd_kafka_event_error(event.get())) return Status::retryable(what + rd_kafka_event_error_string(event.get()));
    size_t n = 0;
    const rd_kafka_group_result_t **groups =
        rd_kafka_ListConsumerGroupOffsets_result_groups(rd_kafka_event_ListConsumerGroupOffsets_result(event.get()), &n);
    if (n != 1) return Status::retryable(what + "the broker told nothing of it");
    if (const rd_kafka_error_t *error = rd_kafka_group_result_error(groups[0]))
        return Status::retryable(what + rd_kafka_error_string(error));
    const rd_kafka_topic_partition_list_t *found = rd_kafka_group_result_partitions(groups[0]);
    if (!found || found->cnt != 1) return Status::retryable(what + "the broker told nothing of its partition");
    const rd_kafka_topic_partition_t &partition = found->elems[0];
    if (partition.err) return Status::retryable(what + rd_kafka_err2str(partition.err));
    if (partition.offset < 0) return std::optional<std::string>();
    auto marker = marker_of({static_cast<const char *>(partition.metadata), partition.metadata_size});
    if (!marker) return Status::fatal("group `" + group + "` holds an offset that is no marker of weir: who uses that group?");
    return marker;
}

}  // namespace

std::string printable_marker(std::string_view marker) {
    std::string out;
    for (char c : marker) {
        auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte < 0x7F && c != '%')
            out.push_back(c);
        else
            out.append({'%', kHex[byte >> 4], kHex[byte & 15]});
    }
    return out;
}

std::optional<std::string> marker_of(std::string_view printable) {
    std::string out;
    for (size_t i = 0; i < printable.size(); ++i) {
        if (printable[i] != '%') {
            out.push_back(printable[i]);
            continue;
        }
        int high = i + 2 < printable.size() ? nibble(printable[i + 1]) : -1;
        int low = high >= 0 ? nibble(printable[i + 2]) : -1;
        if (low < 0) return std::nullopt;
        out.push_back(static_cast<char>(high << 4 | low));
        i += 2;
    }
    return out;
}

rd_kafka_error_t *send_marker(rd_kafka_t *producer, const std::string &group, uint64_t epoch,
                              std::string_view printable, std::chrono::milliseconds timeout) {
    PartitionList offsets = make_partition_list(1);
    rd_kafka_topic_partition_t *partition = rd_kafka_topic_partition_list_add(offsets.get(), kMarkerTopic, 0);
    partition->offset = static_cast<int64_t>(epoch);
    partition->metadata = std::malloc(printable.size() + 1);  // freed with the list
    std::copy(printable.begin(), printable.end(), static_cast<char *>(partition->metadata));
    partition->metadata_size = printable.size();
    rd_kafka_consumer_group_metadata_t *nobody = rd_kafka_consumer_group_metadata_new(group.c_str());
    rd_kafka_error_t *error =
        rd_kafka_send_offsets_to_transaction(producer, offsets.get(), nobody, static_cast<int>(timeout.count()));
    rd_kafka_consumer_group_metadata_destroy(nobody);
    return error;
}

Result<std::optional<std::string>> read_marker(rd_kafka_t *client, const std::string &group,
                                               std::chrono::steady_clock::time_point deadline,
                                               const std::function<bool()> &go_on) {
    for (;;) {
        auto marker = answer(request(client, group), group);
        if (marker || marker.status().code() != WEIR_E_RETRYABLE) return marker;
        if (!go_on() || std::chrono::steady_clock::now() + kPause > deadline) return marker;
        std::this_thread::sleep_for(kPause);
    }
}

}  // namespace weir::kafka
