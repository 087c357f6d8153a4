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

Result<MarkerReader> MarkerReader::create(const Settings &settings, const std::string &group, bool waits, Listener *listener,
                                          std::shared_ptr<LogTarget> log) {
    std::vector<Property> properties = settings.base_properties();
    properties.insert(properties.end(), settings.properties.begin(), settings.properties.end());
    properties.emplace_back("group.id", group);
    properties.emplace_back("enable.auto.commit", "false");
    // With read_committed the broker says nothing of a marker while a transaction that brings another one may be aborted or not.
    properties.emplace_back("isolation.level", waits ? "read_committed" : "read_uncommitted");
    auto client = Client::create({RD_KAFKA_CONSUMER, properties, listener, std::move(log)});
    if (!client) return client.status();
    MarkerReader reader;
    reader.group_ = group;
    reader.client_ = std::move(*client);
    return reader;
}

Result<std::optional<std::string>> MarkerReader::read_once() const {
    const std::string what = "the marker of group `" + group_ + "` cannot be read: ";
    PartitionList list = make_partition_list(1);
    rd_kafka_topic_partition_list_add(list.get(), kMarkerTopic, 0);
    rd_kafka_poll(client_.get(), 0);
    if (rd_kafka_resp_err_t code = rd_kafka_committed(client_.get(), list.get(), kRequestTimeout))
        return Status::retryable(what + rd_kafka_err2str(code));
    const rd_kafka_topic_partition_t &found = list->elems[0];
    if (found.err) return Status::retryable(what + rd_kafka_err2str(found.err));
    if (found.offset < 0) return std::optional<std::string>();
    auto marker = marker_of({static_cast<const char *>(found.metadata), found.metadata_size});
    if (!marker) return Status::fatal("group `" + group_ + "` holds an offset that is no marker of weir: who uses that group?");
    return marker;
}

Result<std::optional<std::string>> MarkerReader::read(std::chrono::steady_clock::time_point deadline,
                                                      const std::function<bool()> &go_on) const {
    for (;;) {
        auto marker = read_once();
        if (marker || marker.status().code() != WEIR_E_RETRYABLE) return marker;
        if (!go_on() || std::chrono::steady_clock::now() + kPause > deadline) return marker;
        std::this_thread::sleep_for(kPause);
    }
}

}  // namespace weir::kafka
