#include "extensions.hpp"

#include <string_view>

#include <weir/ext/messaging.h>

#include "connection.hpp"
#include "producer.hpp"
#include "records.hpp"

namespace weir::kafka {
namespace {

constexpr int kLagTimeout = 3000;   // milliseconds
constexpr int kFlushTimeout = 30000;

KafkaConnection &of(void *connection) { return *static_cast<KafkaConnection *>(connection); }

int64_t records_in(rd_kafka_t *client, const TopicInfo &topic) {
    int64_t records = 0;
    for (int32_t p = 0; p < topic.partitions; ++p) {
        int64_t low = 0, high = 0;
        if (rd_kafka_query_watermark_offsets(client, topic.name.c_str(), p, &low, &high, kLagTimeout)) return -1;
        records += high - low;
    }
    return records;
}

int32_t list(void *connection, void *data, void (*each)(void *, const weir_topic_info *), weir_error *error) {
    return detail::guarded(error, [&]() -> Status {
        auto topics = of(connection).topics().list();
        if (!topics) return topics.status();
        for (const TopicInfo &topic : *topics) {
            weir_topic_info info{};
            info.size = sizeof info;
            info.partitions = topic.partitions;
            info.replication = topic.replication;
            info.name = to_abi(topic.name);
            info.records = records_in(of(connection).client(), topic);
            each(data, &info);
        }
        return {};
    });
}

int32_t create(void *connection, weir_str name, int32_t partitions, int32_t replication, weir_error *error) {
    return detail::guarded(
        error, [&] { return of(connection).topics().create(std::string(view(name)), partitions, replication); });
}

int32_t produce(void *connection, weir_str topic, weir_str key, weir_str payload, weir_error *error) {
    weir_origin_record record{};
    record.size = sizeof record;
    record.key = key;
    record.payload = payload;
    return detail::guarded(error, [&] { return of(connection).produce_one(std::string(view(topic)), record); });
}

int32_t produce_record(void *connection, weir_str topic, const weir_origin_record *record, weir_error *error) {
    return detail::guarded(error, [&] { return of(connection).produce_one(std::string(view(topic)), *record); });
}

int32_t read(void *connection, weir_str topic, int64_t last, void *data, int32_t (*each)(void *, const weir_origin_record *),
             weir_error *error) {
    return detail::guarded(error, [&] {
        return of(connection).read(std::string(view(topic)), last,
                                   [&](const weir_origin_record &record) { return each(data, &record); });
    });
}

int32_t bookmarks(void *connection, weir_str reader, weir_str topic, void *data, void (*each)(void *, const weir_bookmark *),
                  weir_error *error) {
    return detail::guarded(error, [&] {
        return of(connection).bookmarks(std::string(view(reader)), std::string(view(topic)),
                                        [&](const weir_bookmark &one) { each(data, &one); });
    });
}

int32_t set_bookmark(void *connection, weir_str reader, weir_str topic, const weir_bookmark *bookmark, weir_error *error) {
    return detail::guarded(
        error, [&] { return of(connection).set_bookmark(std::string(view(reader)), std::string(view(topic)), *bookmark); });
}

int32_t flush(void *connection, weir_error *error) {
    return detail::guarded(error, [&] { return of(connection).flush(std::chrono::milliseconds(kFlushTimeout)); });
}

constexpr weir_topics_api kTopicsApi = {
    sizeof(weir_topics_api), 0, "kafka", "kafka.source", list, create, produce, flush,
    "kafka.sink", "topic", read, produce_record, bookmarks, set_bookmark,
};

// Held from start to stop, beside the connections that use it.
EmbeddedBroker &held() {
    static EmbeddedBroker broker;
    return broker;
}

int32_t start_broker(const weir_bytes_out *address, weir_error *error) {
    return detail::guarded(error, [&]() -> Status {
        if (!held()) {
            auto broker = EmbeddedBroker::acquire();
            if (!broker) return broker.status();
            held() = std::move(*broker);
        }
        std::string text = held().address();
        address->put(address, to_abi(text));
        return {};
    });
}

void stop_broker() { held() = EmbeddedBroker(); }

constexpr weir_broker_api kBroker = {sizeof(weir_broker_api), 0, start_broker, stop_broker};

}  // namespace

const void *extension(const char *id) {
    std::string_view wanted(id);
    if (wanted == WEIR_EXT_TOPICS) return &kTopicsApi;
    if (wanted == WEIR_EXT_BROKER) return &kBroker;
    if (wanted == WEIR_EXT_RECORDS) return &kRecordsApi;
    return nullptr;
}

}  // namespace weir::kafka
