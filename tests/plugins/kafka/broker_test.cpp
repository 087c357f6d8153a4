// What only a real broker does.
#include "administer.hpp"
#include "sink_fixture.hpp"

namespace weir::testing {
namespace {

TEST_F(KafkaSink, SendsWhatTheBrokerRefusesToErrors) {
    Harness h = sink({{"value", "v"}}, {schema_of({{"v", "binary"}})});
    ASSERT_EQ(start(h).message(), "");
    std::string large(3'000'000, 'x');
    Json rows = Json::array({Json::array({"small"}), Json::array({large}), Json::array({"tiny"})});
    ASSERT_EQ(h.process(rows.dump()).message(), "");
    ASSERT_EQ(drain(h).message(), "");
    auto failed = h.take_failed();
    ASSERT_EQ(failed.size(), 1u);
    EXPECT_EQ(failed[0].code, "delivery");
    EXPECT_EQ(read_back({"value"}), (std::vector<std::string>{R"({"value":"small"})", R"({"value":"tiny"})"}));
}

// A batch is refused as a whole where the topic allows less than a batch holds: the small ones must arrive.
TEST_F(KafkaSink, FindsTheOneRecordThatIsTooLargeForTheTopic) {
    create_limited_topic(broker_address(), topic, "20000");
    Harness h = sink({{"value", "v"}}, {schema_of({{"v", "binary"}})});
    ASSERT_EQ(start(h).message(), "");
    Json rows = Json::array();
    for (int i = 0; i < 100; ++i) rows.push_back(Json::array({std::string(i == 50 ? 30'000 : 1'000, 'x')}));
    ASSERT_EQ(h.process(rows.dump()).message(), "");
    ASSERT_EQ(drain(h).message(), "");
    auto failed = h.take_failed();
    ASSERT_EQ(failed.size(), 1u);
    EXPECT_EQ(failed[0].code, "delivery");
    EXPECT_EQ(read_back({"value"}).size(), 99u);
}

// More than a client holds ready is not read yet when retention comes by.
TEST(KafkaRetention, FailsWhereRecordsVanishBeforeTheyAreRead) {
    constexpr int kRecords = 200;
    TestConnection connection(Json{{"brokers", broker_address()}, {"properties", {{"queued.max.messages.kbytes", "1024"}}}}.dump());
    TestCodecs codecs;
    ASSERT_EQ(connection.open().message(), "");
    const std::string topic = unique_name("vanishing");
    ASSERT_EQ(connection.create_topic(topic, 1).message(), "");
    for (int i = 0; i < kRecords; ++i) ASSERT_EQ(connection.produce(topic, {}, std::string(100'000, 'x')).message(), "");
    ASSERT_EQ(connection.flush().message(), "");
    Harness h(kafka_plugin(), "kafka.source",
              Json{{"topic", Json::array({topic})}, {"group_id", unique_name("group")}, {"partitions", {0}}}.dump(),
              std::vector<Schema>{}, codecs.options(connection));
    ASSERT_EQ(start(h).message(), "");
    ASSERT_EQ(h.assign(1, topic + "/0", "0").message(), "");
    ASSERT_TRUE(until([&] { return !h.take().empty(); }, [&] { EXPECT_TRUE(h.poll(1).ok()); }));
    delete_records(broker_address(), topic, kRecords - 1);
    Status status;
    ASSERT_TRUE(until([&] { return !status.ok(); }, [&] {
        status = h.poll(1);
        (void)h.take();
    }));
    EXPECT_EQ(status.code(), WEIR_E_RETRYABLE) << "begun again, it refuses the position";
    EXPECT_NE(status.message().find(": records that were to be read next are not there any more"), std::string::npos) << status.message();
}

TEST(KafkaConnection, NamesTheNearestTopic) {
    TestCodecs codecs;
    TestConnection connection(config());
    ASSERT_EQ(connection.open().message(), "");
    std::string topic = unique_name("wanted");
    ASSERT_EQ(connection.create_topic(topic, 1).message(), "");
    Status status = open_sink(connection, codecs, topic + "x");
    EXPECT_EQ(status.path(), "topic");
    EXPECT_EQ(status.message(), "topic `" + topic + "x` is not there; did you mean `" + topic +
                                    "`? Otherwise create it, or let the connection do it: "
                                    "`create_topics: { partitions: 4 }`");
}

}  // namespace
}  // namespace weir::testing
