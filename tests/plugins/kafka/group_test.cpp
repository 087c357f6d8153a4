// Membership in a consumer group: needs a real broker.
#include <algorithm>

#include "support.hpp"

namespace weir::testing {
namespace {

const Json kNumberRecord = {{"fields", {{{"name", "n"}, {"type", "int64"}, {"nullable", false}}}}};

struct Host {
    explicit Host(const std::string &topic, const std::string &group)
        : connection(Json{{"brokers", broker_address()}}.dump()) {
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
        if (source->take_wake()) {
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

}  // namespace
}  // namespace weir::testing
