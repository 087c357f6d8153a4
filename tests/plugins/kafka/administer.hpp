// What only an administrator's client can do: topics with a limit, and records that go before their time.
#pragma once

#include <string>

#include <gtest/gtest.h>

#include <librdkafka/rdkafka.h>

namespace weir::testing {

// `request(client, queue)` sends one; its answer must be no error.
template <class Request>
void administer(const std::string &broker, Request &&request) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", broker.c_str(), nullptr, 0);
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, nullptr, 0);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    request(client, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 20'000);
    EXPECT_TRUE(event && !rd_kafka_event_error(event));
    if (event) rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(client);
}

// A topic of one partition with a property of its own.
inline void create_topic_with(const std::string &broker, const std::string &name, const char *property, const char *value) {
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(name.c_str(), 1, 1, nullptr, 0);
    rd_kafka_NewTopic_set_config(topic, property, value);
    administer(broker, [&](rd_kafka_t *client, rd_kafka_queue_t *queue) { rd_kafka_CreateTopics(client, &topic, 1, nullptr, queue); });
    rd_kafka_NewTopic_destroy(topic);
}

// Of a topic that is there; its other properties are the broker's again.
inline void set_topic(const std::string &broker, const std::string &name, const char *property, const char *value) {
    rd_kafka_ConfigResource_t *topic = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name.c_str());
    rd_kafka_ConfigResource_set_config(topic, property, value);
    administer(broker, [&](rd_kafka_t *client, rd_kafka_queue_t *queue) { rd_kafka_AlterConfigs(client, &topic, 1, nullptr, queue); });
    rd_kafka_ConfigResource_destroy(topic);
}

inline void delete_topic(const std::string &broker, const std::string &name) {
    rd_kafka_DeleteTopic_t *topic = rd_kafka_DeleteTopic_new(name.c_str());
    administer(broker, [&](rd_kafka_t *client, rd_kafka_queue_t *queue) { rd_kafka_DeleteTopics(client, &topic, 1, nullptr, queue); });
    rd_kafka_DeleteTopic_destroy(topic);
}

// From now on the topic has so many.
inline void grow_topic(const std::string &broker, const std::string &name, size_t partitions) {
    rd_kafka_NewPartitions_t *topic = rd_kafka_NewPartitions_new(name.c_str(), partitions, nullptr, 0);
    administer(broker, [&](rd_kafka_t *client, rd_kafka_queue_t *queue) { rd_kafka_CreatePartitions(client, &topic, 1, nullptr, queue); });
    rd_kafka_NewPartitions_destroy(topic);
}

// Removes the records of partition 0 before an offset, as retention does.
inline void delete_records(const std::string &broker, const std::string &topic, int64_t before) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic.c_str(), 0)->offset = before;
    rd_kafka_DeleteRecords_t *records = rd_kafka_DeleteRecords_new(list);
    administer(broker, [&](rd_kafka_t *client, rd_kafka_queue_t *queue) { rd_kafka_DeleteRecords(client, &records, 1, nullptr, queue); });
    rd_kafka_DeleteRecords_destroy(records);
    rd_kafka_topic_partition_list_destroy(list);
}

// One that takes no batch of more than `bytes`.
inline void create_limited_topic(const std::string &broker, const std::string &name, const char *bytes) {
    create_topic_with(broker, name, "max.message.bytes", bytes);
}

}  // namespace weir::testing
