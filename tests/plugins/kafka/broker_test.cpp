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

// A topic of one partition, and who reads it.
class KafkaTopicThatGoes : public ::testing::Test {
protected:
    void SetUp() override { ASSERT_EQ(connection_.open().message(), ""); }
    void make(int first, int n) {
        ASSERT_EQ(connection_.create_topic(topic_, 1).message(), "");
        add(first, n);
    }
    void add(int first, int n) {
        for (int i = first; i < first + n; ++i) ASSERT_EQ(connection_.produce(topic_, "k", std::to_string(i)).message(), "");
        ASSERT_EQ(connection_.flush().message(), "");
    }
    std::unique_ptr<Harness> reader(const std::string &position) {
        auto h = std::make_unique<Harness>(kafka_plugin(), "kafka.source",
                                           Json{{"topic", Json::array({topic_})}, {"group_id", unique_name("group")}, {"partitions", {0}}}.dump(),
                                           std::vector<Schema>{}, codecs_.options(connection_));
        EXPECT_EQ(start(*h).message(), "");
        EXPECT_EQ(h->assign(1, topic_ + "/0", position).message(), "");
        return h;
    }
    static std::vector<std::string> read(Harness &h, size_t n) {
        std::vector<std::string> rows;
        EXPECT_TRUE(until([&] { return rows.size() >= n; }, [&] {
            const Status status = h.poll(1);
            EXPECT_TRUE(status.ok()) << status.message();
            for (std::string &row : h.take()) rows.push_back(std::move(row));
        }));
        return rows;
    }
    static Status failure(Harness &h) {
        Status status;
        EXPECT_TRUE(until([&] { return !status.ok(); }, [&] { status = h.poll(1); }));
        return status;
    }

    TestConnection connection_{Json{{"brokers", broker_address()}}.dump()};
    TestCodecs codecs_;
    const std::string topic_ = unique_name("goes");
};

TEST_F(KafkaTopicThatGoes, IsToldOfWhereItIsRead) {
    make(0, 3);
    auto h = reader("0");
    EXPECT_EQ(read(*h, 3).size(), 3u);
    delete_topic(broker_address(), topic_);
    const Status gone = failure(*h);
    EXPECT_EQ(gone.code(), WEIR_E_RETRYABLE);
    EXPECT_EQ(gone.message(), "topic `" + topic_ + "` is gone: it was deleted while it was read. A start refuses to go on in another one under that "
                                                   "name: `--reset` forgets the state and begins as configured");
}

TEST_F(KafkaTopicThatGoes, IsNotGoneOnWithInAnotherOne) {
    make(0, 3);
    auto h = reader("0");
    EXPECT_EQ(read(*h, 3).size(), 3u);
    const std::string position = h->position(1);
    EXPECT_EQ(position.substr(0, 2), "3@");
    h.reset();
    add(3, 2);
    h = reader(position);
    EXPECT_EQ(read(*h, 2), (std::vector<std::string>{R"({"value":"3"})", R"({"value":"4"})"})) << "of the same topic nothing comes twice";
    const std::string later = h->position(1);
    h.reset();
    delete_topic(broker_address(), topic_);
    make(100, 9);
    for (const std::string &known : {position, later}) {
        h = reader(known);
        const Status refused = failure(*h);
        const std::string last = known == position ? "2" : "4";
        EXPECT_EQ(refused.code(), WEIR_E_STATE_VERSION);
        EXPECT_EQ(refused.message(), "the state goes on behind the record at offset " + last + " of " + topic_ +
                                         "/0, and another record lies there now: the topic was deleted and made anew. `--reset` forgets the state and "
                                         "begins as configured");
        EXPECT_EQ(h->take().size(), 0u);
    }
}

// What retention took cannot be compared.
TEST_F(KafkaTopicThatGoes, IsGoneOnWithWhereTheRecordBeforeThePositionWent) {
    make(0, 3);
    auto h = reader("0");
    EXPECT_EQ(read(*h, 3).size(), 3u);
    const std::string position = h->position(1);
    h.reset();
    add(3, 1);
    delete_records(broker_address(), topic_, 3);
    h = reader(position);
    EXPECT_EQ(read(*h, 1), (std::vector<std::string>{R"({"value":"3"})"}));
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
