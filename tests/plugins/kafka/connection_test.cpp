// The connection `kafka`: opening, topics, and what it says when there is nobody.
#include "support.hpp"

namespace weir::testing {
namespace {

TEST(KafkaConnection, NamesTheAddressThatRefuses) {
    TestConnection connection(R"({"brokers":"127.0.0.1:1"})", milliseconds(300));
    Status status = connection.open();
    EXPECT_EQ(status.code(), WEIR_E_RETRYABLE);
    EXPECT_TRUE(status.message().starts_with(
        "cannot reach Kafka: 127.0.0.1:1 (Connection refused); is the broker running, and does `brokers` name it?; "
        "gave up after "))
        << status.message();
}

TEST(KafkaConnection, NamesTheHostThatDoesNotResolve) {
    TestConnection connection(R"({"brokers":["nobody.invalid:9092"]})", milliseconds(300));
    Status status = connection.open();
    EXPECT_EQ(status.code(), WEIR_E_RETRYABLE);
    EXPECT_TRUE(status.message().starts_with("cannot reach Kafka: nobody.invalid:9092 (the name does not resolve: "))
        << status.message();
}

TEST(KafkaConnection, RefusesTransactionsThatEndBeforeTheirEpoch) {
    const uint32_t flags = WEIR_CONTEXT_CHECK_ONLY | WEIR_CONTEXT_EXACTLY_ONCE;
    TestConnection connection(R"({"brokers": "127.0.0.1:1", "properties": {"transaction.timeout.ms": 60000}})", std::chrono::seconds(1), flags);
    connection.set_checkpoint(std::chrono::minutes(2));
    const Status status = connection.create();
    EXPECT_EQ(status.code(), WEIR_E_CONFIG);
    EXPECT_EQ(status.path(), "properties.transaction.timeout.ms");
    connection.set_checkpoint(std::chrono::seconds(30));
    EXPECT_EQ(connection.create().message(), "");
}

TEST(KafkaConnection, CancelEndsTheAttempts) {
    TestConnection connection(R"({"brokers":"127.0.0.1:1"})", std::chrono::seconds(60));
    ASSERT_EQ(connection.create().message(), "");
    ASSERT_TRUE(connection.open_once().is_pending());
    connection.cancel();
    EXPECT_EQ(connection.open_once().message(), "stopped while connecting");
    auto begin = std::chrono::steady_clock::now();
    connection.destroy();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

TEST(KafkaConnection, ListsTopics) {
    TestConnection connection(config());
    ASSERT_EQ(connection.open().message(), "");
    std::string topic = unique_name("listed");
    ASSERT_EQ(connection.create_topic(topic, 3).message(), "");
    EXPECT_EQ(connection.create_topic(topic, 3).message(), "topic `" + topic + "` exists");
    for (const char *payload : {"a", "b"}) ASSERT_EQ(connection.produce(topic, {}, payload).message(), "");
    ASSERT_EQ(connection.flush().message(), "");
    struct Found {
        std::string topic;
        int32_t partitions = 0;
        int64_t records = -1;
    } found{topic};
    weir_error error{};
    error.size = sizeof error;
    auto each = [](void *data, const weir_topic_info *info) {
        auto &f = *static_cast<Found *>(data);
        if (view(info->name) == f.topic) f = {f.topic, info->partitions, info->records};
    };
    ASSERT_EQ(connection.topics().list(connection.self(), &found, each, &error), WEIR_OK) << error.message;
    EXPECT_EQ(found.partitions, 3);
    EXPECT_EQ(found.records, 2);
}

TEST(KafkaConnection, CreatesTopicsWhenItMay) {
    TestCodecs codecs;
    TestConnection connection(config({{"create_topics", {{"partitions", 3}}}}));
    ASSERT_EQ(connection.open().message(), "");
    EXPECT_EQ(open_sink(connection, codecs, unique_name("wanted")).message(), "");
}

}  // namespace
}  // namespace weir::testing
