// What only a real broker does.
#include "limited_topic.hpp"
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
