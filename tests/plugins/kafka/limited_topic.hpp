// A topic with a limit, which only an administrator's client can make.
#pragma once

#include <string>

#include <gtest/gtest.h>

#include <librdkafka/rdkafka.h>

namespace weir::testing {

// A topic of one partition with a property of its own.
inline void create_topic_with(const std::string &broker, const std::string &name, const char *property, const char *value) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", broker.c_str(), nullptr, 0);
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, nullptr, 0);
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(name.c_str(), 1, 1, nullptr, 0);
    rd_kafka_NewTopic_set_config(topic, property, value);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    rd_kafka_CreateTopics(client, &topic, 1, nullptr, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 20'000);
    EXPECT_TRUE(event && !rd_kafka_event_error(event));
    if (event) rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewTopic_destroy(topic);
    rd_kafka_destroy(client);
}

// One that takes no batch of more than `bytes`.
inline void create_limited_topic(const std::string &broker, const std::string &name, const char *bytes) {
    create_topic_with(broker, name, "max.message.bytes", bytes);
}

}  // namespace weir::testing
