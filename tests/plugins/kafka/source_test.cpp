// kafka.source, driven through the ABI.
#include <algorithm>

#include "support.hpp"

namespace weir::testing {
namespace {

class KafkaSource : public ::testing::Test {
protected:
    void SetUp() override {
        ASSERT_EQ(connection.open().message(), "");
        ASSERT_EQ(connection.create_topic(topic, 2).message(), "");
    }
    void produce(const std::vector<std::optional<std::string>> &payloads, std::optional<std::string> key = {}) {
        for (const auto &payload : payloads) ASSERT_EQ(connection.produce(topic, key, payload).message(), "");
        ASSERT_EQ(connection.flush().message(), "");
    }
    std::unique_ptr<Harness> source(Json config) {
        if (!config.contains("topic")) config["topic"] = Json::array({topic});
        if (!config.contains("group_id")) config["group_id"] = group;
        return std::make_unique<Harness>(kafka_plugin(), "kafka.source", config.dump(), std::vector<Schema>{}, options);
    }
    static std::vector<std::string> sorted(std::vector<std::string> rows) {
        std::sort(rows.begin(), rows.end());
        return rows;
    }

    TestConnection connection{Json{{"brokers", broker_address()}, {"create_topics", {{"partitions", 2}}}}.dump()};
    TestCodecs codecs;
    HarnessOptions options;
    std::string topic = unique_name("source"), group = unique_name("group");

    void use_connection() { options = codecs.options(connection); }
};

const Json kNumbers = {{"fields", {{{"name", "n"}, {"type", "int64"}, {"nullable", false}}}}};

TEST_F(KafkaSource, ReadsToTheEndAndFailsWhatDoesNotDecode) {
    use_connection();
    produce({"1", "2", "", std::nullopt, "x\xff", std::string("a\0b", 3), "3"});
    auto h = source({{"stop_at_end", true}, {"record", kNumbers}});
    ASSERT_EQ(start(*h).message(), "");
    Reader reader(*h);
    ASSERT_TRUE(reader.read_to_end());
    EXPECT_EQ(sorted(reader.rows), (std::vector<std::string>{R"({"n":1})", R"({"n":2})", R"({"n":3})"}));
    std::vector<std::string> failed;
    for (const FailedRow &row : reader.failed) {
        EXPECT_EQ(row.code, "decode");
        EXPECT_EQ(row.field, "n");
        EXPECT_NE(row.message, "");
        failed.push_back(row.payload);
    }
    EXPECT_EQ(sorted(failed), (std::vector<std::string>{"", "(tombstone)", std::string("a\0b", 3), "x\xff"}));
}

TEST_F(KafkaSource, ReadsALargePayload) {
    use_connection();
    std::string large(1'000'000, 'x');
    produce({"a", large, "b"}, "k");
    auto h = source({{"stop_at_end", true}});
    ASSERT_EQ(start(*h).message(), "");
    Reader reader(*h);
    ASSERT_TRUE(reader.read_to_end());
    ASSERT_EQ(reader.rows.size(), 3u);
    EXPECT_EQ(reader.rows[1], "{\"value\":\"" + large + "\"}");
}

// Where a batch ends at its bytes, what was fetched beyond them is the next one; and behind that the client may have more, of which
// it has told before.
TEST_F(KafkaSource, ReadsOnBehindABatchThatItsBytesEnd) {
    use_connection();
    produce(std::vector<std::optional<std::string>>(10, "1"), "k");
    auto h = source({{"partitions", {0}}, {"record", kNumbers}});
    ASSERT_EQ(start(*h).message(), "");
    Reader reader(*h);
    reader.most_rows = 3;
    reader.most_bytes = 1;
    EXPECT_TRUE(reader.read(10)) << reader.rows.size();
}

TEST_F(KafkaSource, GivesMetadataByNameAndAsOrdinaryColumns) {
    use_connection();
    produce({"7"}, "key-7");
    options.wanted[0] = {"n", "_key", "_topic", "offset"};
    auto h = source({{"stop_at_end", true}, {"record", kNumbers}, {"metadata", {"offset"}}});
    ASSERT_EQ(start(*h).message(), "");
    Reader reader(*h);
    ASSERT_TRUE(reader.read_to_end());
    ASSERT_EQ(reader.rows.size(), 1u);
    EXPECT_EQ(reader.rows[0], R"({"n":7,"_key":"key-7","_topic":")" + topic + R"(","offset":0})");
}

TEST_F(KafkaSource, GoesOnFromTheCommittedOffsets) {
    produce({"1", "2", "3", "4"});
    {
        TestConnection first(config());
        ASSERT_EQ(first.open().message(), "");
        options = codecs.options(first);
        auto h = source({{"record", kNumbers}});
        ASSERT_EQ(start(*h).message(), "");
        Reader reader(*h);
        ASSERT_TRUE(reader.read(4));
        reader.commit();
        EXPECT_EQ(reader.close().message(), "");
        EXPECT_EQ(first.close().message(), "");
    }
    use_connection();
    produce({"5", "6"});
    auto h = source({{"record", kNumbers}});
    ASSERT_EQ(start(*h).message(), "");
    Reader reader(*h);
    ASSERT_TRUE(reader.read(2));
    EXPECT_EQ(sorted(reader.rows), (std::vector<std::string>{R"({"n":5})", R"({"n":6})"}));
}

TEST_F(KafkaSource, APositionWinsOverTheCommittedOffset) {
    use_connection();
    produce({"1", "2", "3"}, "k");
    auto h = source({{"partitions", {0, 1}}, {"record", kNumbers}});
    ASSERT_EQ(start(*h).message(), "");
    ASSERT_EQ(h->assign(1, topic + "/0", "1").message(), "");  // where the key's hash leads
    ASSERT_EQ(h->assign(2, topic + "/1", "0").message(), "");
    std::vector<std::string> rows;
    ASSERT_TRUE(until([&] { return rows.size() >= 2; }, [&] {
        for (uint64_t split : {1, 2}) EXPECT_TRUE(h->poll(split).ok());
        for (auto &row : h->take()) rows.push_back(row);
    }));
    EXPECT_EQ(rows, (std::vector<std::string>{R"({"n":2})", R"({"n":3})"}));
}

TEST_F(KafkaSource, RefusesAPositionThatThePartitionDoesNotHave) {
    use_connection();
    produce({"1", "2", "3"}, "k");
    auto h = source({{"partitions", {0}}, {"record", kNumbers}});
    ASSERT_EQ(start(*h).message(), "");
    ASSERT_EQ(h->assign(1, topic + "/0", "7").message(), "");
    Status status;
    ASSERT_TRUE(until([&] { return !status.ok(); }, [&] { status = h->poll(1); }));
    EXPECT_EQ(status.code(), WEIR_E_STATE_VERSION);
    EXPECT_EQ(status.message(), "the state goes on at offset 7 of " + topic +
                                    "/0, which has 0 to 3: it is another topic than the state knows. `--reset` forgets "
                                    "the state and begins as configured");
}

TEST_F(KafkaSource, StartsAtAnOffsetAndAtTheEnd) {
    use_connection();
    produce({"1", "2", "3"}, "k");
    auto h = source({{"start", {{"offset", 2}}}, {"record", kNumbers}, {"stop_at_end", true}});
    ASSERT_EQ(start(*h).message(), "");
    Reader reader(*h);
    ASSERT_TRUE(reader.read_to_end());
    EXPECT_EQ(reader.rows, (std::vector<std::string>{R"({"n":3})"}));
    h.reset();
    auto late = source({{"start", "latest"}, {"record", kNumbers}, {"partitions", {0, 1}}});
    ASSERT_EQ(start(*late).message(), "");
    Reader latest(*late);
    latest.discover();
    ASSERT_TRUE(until([&] { return late->position(1) != "" && late->position(2) != ""; }, [&] { latest.poll(); }));
    produce({"4"});
    ASSERT_TRUE(latest.read(1));
    EXPECT_EQ(latest.rows, (std::vector<std::string>{R"({"n":4})"}));
}

TEST_F(KafkaSource, SharesTheWorkAndTakesAllOfIt) {
    use_connection();
    std::vector<std::optional<std::string>> many;
    for (int i = 0; i < 5000; ++i) many.push_back(std::to_string(i));
    produce(many);
    auto h = source({{"stop_at_end", true}, {"record", kNumbers}});
    ASSERT_EQ(start(*h).message(), "");
    Reader reader(*h);
    ASSERT_TRUE(reader.read_to_end());
    EXPECT_EQ(reader.rows.size(), 5000u);
    EXPECT_EQ(std::set<std::string>(reader.rows.begin(), reader.rows.end()).size(), 5000u);
}

TEST_F(KafkaSource, RefusesWhatDoesNotFit) {
    use_connection();
    auto message = [&](Json config) {
        auto h = source(std::move(config));
        Status status = h->create();
        return status.path() + ": " + status.message();
    };
    EXPECT_EQ(message({{"topic", Json::array()}}), "topic: is missing: name a topic, or a `pattern`");
    EXPECT_EQ(message({{"pattern", "x.*"}}), "topic: and `pattern` exclude each other");
    const std::string range = " is no partition: they count from 0 to 2147483647";
    EXPECT_EQ(message({{"partitions", {-1}}}), "partitions: -1" + range);
    EXPECT_EQ(message({{"partitions", {4294967296}}}), "partitions: 4294967296" + range);
    EXPECT_EQ(message({{"start", "soon"}}),
              "start: \"soon\" says no place to start: write `earliest`, `latest`, a time like "
              "\"2024-05-23T12:34:56Z\", `{ timestamp: … }` or `{ offset: 5 }`");
    EXPECT_EQ(message({{"record", {{"fields", {{{"name", "key"}, {"type", "int64"}}}}}}, {"metadata", {"key"}}}),
              "metadata: the record has a column `key` already");
}

}  // namespace
}  // namespace weir::testing
