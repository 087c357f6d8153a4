// Membership in a consumer group: needs a real broker.
#include <algorithm>

#include <librdkafka/rdkafka.h>

#include "administer.hpp"
#include "support.hpp"

namespace weir::testing {
namespace {

const Json kNumberRecord = {{"fields", {{{"name", "n"}, {"type", "int64"}, {"nullable", false}}}}};

struct Host {
    explicit Host(const std::string &topic, const std::string &group, const Json &properties = Json::object())
        : connection(Json{{"brokers", broker_address()}, {"properties", properties}}.dump()) {
        EXPECT_EQ(connection.open().message(), "");
        source = std::make_unique<Harness>(
            kafka_plugin(), "kafka.source",
            Json{{"topic", Json::array({topic})}, {"group_id", group}, {"record", kNumberRecord}}.dump(),
            std::vector<Schema>{}, codecs.options(connection));
        EXPECT_EQ(start(*source).message(), "");
        reader = std::make_unique<Reader>(*source);
    }
    // As the engine: positions are committed, then splits that left are given back.
    void turn() {
        reader->poll();
        if (reader->woken) {
            reader->commit();
            reader->discover();
        }
    }
    TestConnection connection;
    TestCodecs codecs;
    std::unique_ptr<Harness> source;
    std::unique_ptr<Reader> reader;
};

TEST(KafkaGroup, TwoHostsShareThePartitionsAndLoseNothing) {
    std::string topic = unique_name("shared"), group = unique_name("group");
    TestConnection connection(Json{{"brokers", broker_address()}}.dump());
    ASSERT_EQ(connection.open().message(), "");
    ASSERT_EQ(connection.create_topic(topic, 4).message(), "");
    int next = 0;
    auto produce = [&](int n) {
        for (int i = 0; i < n; ++i, ++next)
            ASSERT_EQ(connection.produce(topic, std::to_string(next), std::to_string(next)).message(), "");
        ASSERT_EQ(connection.flush().message(), "");
    };
    produce(1000);
    Host a(topic, group);
    ASSERT_TRUE(until([&] { return a.reader->rows.size() >= 1000; }, [&] { a.turn(); }));
    auto b = std::make_unique<Host>(topic, group);
    ASSERT_TRUE(until([&] { return a.reader->splits.size() == 2 && b->reader->splits.size() == 2; }, [&] {
        a.turn();
        b->turn();
    }));
    produce(1000);
    auto total = [&] { return a.reader->rows.size() + b->reader->rows.size(); };
    ASSERT_TRUE(until([&] { return total() >= 2000; }, [&] {
        a.turn();
        b->turn();
    }));
    std::vector<std::string> rows = a.reader->rows;
    rows.insert(rows.end(), b->reader->rows.begin(), b->reader->rows.end());
    b->reader->commit();
    EXPECT_EQ(b->reader->close().message(), "");
    b.reset();  // leaves: the other host has all partitions again at once
    auto left = std::chrono::steady_clock::now();
    ASSERT_TRUE(until([&] { return a.reader->splits.size() == 4; }, [&] { a.turn(); }));
    EXPECT_LT(std::chrono::steady_clock::now() - left, std::chrono::seconds(8));
    size_t before = a.reader->rows.size();
    produce(100);
    ASSERT_TRUE(until([&] { return a.reader->rows.size() >= before + 100; }, [&] { a.turn(); }));
    rows.insert(rows.end(), a.reader->rows.begin() + static_cast<std::ptrdiff_t>(before), a.reader->rows.end());
    EXPECT_EQ(rows.size(), 2100u);
    EXPECT_EQ(std::set<std::string>(rows.begin(), rows.end()).size(), 2100u);
}

TEST(KafkaGroup, FindsPartitionsThatAreAdded) {
    const std::string topic = unique_name("growing"), group = unique_name("group");
    TestConnection connection(Json{{"brokers", broker_address()}}.dump());
    ASSERT_EQ(connection.open().message(), "");
    ASSERT_EQ(connection.create_topic(topic, 1).message(), "");
    Host host(topic, group, {{"topic.metadata.refresh.interval.ms", 300}});
    ASSERT_TRUE(until([&] { return host.reader->splits.size() == 1; }, [&] { host.turn(); }));
    grow_topic(broker_address(), topic, 3);
    ASSERT_TRUE(until([&] { return host.reader->splits.size() == 3; }, [&] { host.turn(); }));
    for (int i = 0; i < 100; ++i) ASSERT_EQ(connection.produce(topic, std::to_string(i), std::to_string(i)).message(), "");
    ASSERT_EQ(connection.flush().message(), "");
    ASSERT_TRUE(until([&] { return host.reader->rows.size() >= 100; }, [&] { host.turn(); }));
}

// The offset of a group in partition 0 of a topic, as a client sees it that is no member.
class GroupOffset {
public:
    GroupOffset(const std::string &group, const std::string &topic) {
        rd_kafka_conf_t *conf = rd_kafka_conf_new();
        rd_kafka_conf_set(conf, "bootstrap.servers", broker_address().c_str(), nullptr, 0);
        rd_kafka_conf_set(conf, "group.id", group.c_str(), nullptr, 0);
        client_ = rd_kafka_new(RD_KAFKA_CONSUMER, conf, nullptr, 0);
        list_ = rd_kafka_topic_partition_list_new(1);
        partition_ = rd_kafka_topic_partition_list_add(list_, topic.c_str(), 0);
    }
    ~GroupOffset() {
        rd_kafka_topic_partition_list_destroy(list_);
        rd_kafka_destroy(client_);
    }
    int64_t get() { return rd_kafka_committed(client_, list_, 5000) ? -1 : partition_->offset; }
    void set(int64_t offset) {
        partition_->offset = offset;
        EXPECT_EQ(rd_kafka_commit(client_, list_, 0), RD_KAFKA_RESP_ERR_NO_ERROR);
    }

private:
    rd_kafka_t *client_;
    rd_kafka_topic_partition_list_t *list_;
    rd_kafka_topic_partition_t *partition_;
};

// The group thought that the partition was another's, and has an older offset.
TEST(KafkaGroup, APartitionThatComesBackGoesOnWhereItsEpochsEnded) {
    std::string topic = unique_name("back"), group = unique_name("group");
    TestConnection connection(Json{{"brokers", broker_address()}}.dump());
    ASSERT_EQ(connection.open().message(), "");
    ASSERT_EQ(connection.create_topic(topic, 1).message(), "");
    auto produce = [&](const std::string &text) {
        ASSERT_EQ(connection.produce(topic, {}, text).message(), "");
        ASSERT_EQ(connection.flush().message(), "");
    };
    for (const char *text : {"1", "2", "3", "4"}) produce(text);
    TestCodecs codecs;
    Harness source(kafka_plugin(), "kafka.source",
                   Json{{"topic", Json::array({topic})}, {"group_id", group}, {"partitions", {0}}, {"record", kNumberRecord}}.dump(),
                   std::vector<Schema>{}, codecs.options(connection));
    ASSERT_EQ(start(source).message(), "");
    Reader reader(source);
    ASSERT_TRUE(reader.read(4));
    reader.commit();
    GroupOffset offset(group, topic);
    ASSERT_TRUE(until([&] { return offset.get() == 4; }));
    offset.set(1);
    reader.revoke(reader.splits.at(topic + "/0"));
    reader.splits.clear();
    produce("5");
    ASSERT_TRUE(reader.read(5));
    EXPECT_EQ(reader.rows.back(), R"({"n":5})");
    EXPECT_EQ(reader.rows.size(), 5u);
}

}  // namespace
}  // namespace weir::testing
