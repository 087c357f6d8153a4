// kafka.sink under the harness, and its topic read back by kafka.source.
#pragma once

#include <algorithm>

#include "support.hpp"

namespace weir::testing {

class KafkaSink : public ::testing::Test {
protected:
    void SetUp() override {
        ASSERT_EQ(connection.open().message(), "");
        options = codecs.options(connection);
    }
    std::vector<std::string> read_back(std::vector<std::string> columns, Json config = Json::object()) {
        config["topic"] = Json::array({topic});
        config["group_id"] = unique_name("group");
        config["stop_at_end"] = true;
        if (!config.contains("format")) config["format"] = {{"codec", "text"}, {"config", Json::object()}};
        HarnessOptions with = codecs.options(connection);
        with.wanted[0] = std::move(columns);
        Harness h(kafka_plugin(), "kafka.source", config.dump(), {}, with);
        EXPECT_EQ(start(h).message(), "");
        Reader reader(h);
        EXPECT_TRUE(reader.read_to_end());
        EXPECT_EQ(reader.failed.size(), 0u);
        std::sort(reader.rows.begin(), reader.rows.end());
        return reader.rows;
    }
    Harness sink(Json config, std::vector<Schema> inputs) {
        config["topic"] = topic;
        return Harness(kafka_plugin(), "kafka.sink", config.dump(), std::move(inputs), options);
    }

    TestConnection connection{Json{{"brokers", broker_address()}, {"create_topics", {{"partitions", 2}}}}.dump()};
    TestCodecs codecs;
    HarnessOptions options;
    std::string topic = unique_name("sink");
};

}  // namespace weir::testing
