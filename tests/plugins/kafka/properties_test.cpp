#include "properties.hpp"

#include <gtest/gtest.h>

namespace weir::kafka {
namespace {

Result<Settings> settings(Config::Json config) {
    config["brokers"] = {"a:9092", "b:9092"};
    config["application"] = "default";
    return Settings::from(Config(std::move(config)), "topo");
}

TEST(KafkaSettings, JoinsBrokersAndNamesTheClient) {
    auto s = settings({});
    ASSERT_TRUE(s);
    EXPECT_EQ(s->brokers, "a:9092,b:9092");
    EXPECT_EQ(s->client_id, "weir.topo");
    EXPECT_FALSE(s->embedded);
    EXPECT_FALSE(s->create_topics);
}

TEST(KafkaSettings, IgnoresPropertiesThatWeirOwns) {
    auto s = settings({{"properties", {{"enable.auto.commit", true}, {"linger.ms", 7}, {"group.id", "x"}}}});
    ASSERT_TRUE(s);
    EXPECT_EQ(s->properties, (std::vector<Property>{{"linger.ms", "7"}}));
    EXPECT_EQ(s->warnings,
              (std::vector<std::string>{
                  "property `enable.auto.commit` is ignored: weir commits offsets itself, once the outputs are "
                  "acknowledged",
                  "property `group.id` is ignored: the source's `group_id` says it"}));
}

TEST(KafkaSettings, RefusesPropertiesThatLoadCode) {
    for (const char *name : {"plugin.library.paths", "ssl.engine.location", "sasl.kerberos.kinit.cmd"}) {
        auto s = settings({{"properties", {{name, "/tmp/x.so"}}}});
        ASSERT_FALSE(s);
        EXPECT_EQ(s.status().path(), std::string("properties.") + name);
    }
}

TEST(KafkaSettings, RefusesPropertiesThatLibrdkafkaDoesNotKnow) {
    auto s = settings({{"properties", {{"linger.mss", 7}}}});
    ASSERT_FALSE(s);
    EXPECT_EQ(s.status().path(), "properties.linger.mss");
    EXPECT_EQ(s.status().message(), "librdkafka does not take it: No such configuration property: \"linger.mss\"");
}

TEST(KafkaSettings, TurnsSecurityIntoProperties) {
    auto s = settings({{"sasl", {{"mechanism", "SCRAM-SHA-256"}, {"username", "u"}, {"password", "p"}}},
                       {"tls", {{"ca", "/ca.pem"}, {"verify", true}}}});
    ASSERT_TRUE(s);
    EXPECT_EQ(s->properties, (std::vector<Property>{{"security.protocol", "sasl_ssl"},
                                                    {"sasl.mechanism", "SCRAM-SHA-256"},
                                                    {"sasl.username", "u"},
                                                    {"sasl.password", "p"},
                                                    {"ssl.ca.location", "/ca.pem"}}));
}

TEST(KafkaSettings, GivesTransactionsTheTimeOfAnEpoch) {
    using std::chrono::milliseconds, std::chrono::minutes, std::chrono::seconds;
    const auto timeout = [](std::chrono::microseconds checkpoint, Config::Json properties = Config::Json::object()) {
        auto s = settings({{"properties", std::move(properties)}});
        return s ? s->transaction_timeout(checkpoint) : s.status();
    };
    EXPECT_EQ(timeout(seconds(0)).value(), milliseconds(60'000));
    EXPECT_EQ(timeout(seconds(30)).value(), milliseconds(60'000));
    EXPECT_EQ(timeout(minutes(2)).value(), milliseconds(150'000));
    EXPECT_EQ(timeout(seconds(1), {{"transaction.timeout.ms", 2000}}).value(), milliseconds(2000));
    const auto refused = timeout(minutes(2), {{"transaction.timeout.ms", 120'000}});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.status().path(), "properties.transaction.timeout.ms");
    EXPECT_EQ(refused.status().message(),
              "is 120000 ms, and a transaction is open for the length of an epoch, `checkpoint`, which is 120000 ms: the broker would abort each "
              "before it is committed. Expected: more than that, 150000 say, which is what it is when left out; or a shorter `checkpoint`");
}

TEST(KafkaSettings, TakesOnlyAssignorsThatAllowAnEpochBetween) {
    EXPECT_EQ(judge_property("partition.assignment.strategy", "roundrobin").verdict, Verdict::kTake);
    EXPECT_EQ(judge_property("partition.assignment.strategy", "cooperative-sticky").verdict, Verdict::kIgnore);
}

}  // namespace
}  // namespace weir::kafka
