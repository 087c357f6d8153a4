// `weir broker` and `weir topic` from outside, one against the other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>

#include <nlohmann/json.hpp>

#include "process.hpp"

namespace weir::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// A broker for the length of a test.
class Topic : public testing::Test {
protected:
    void SetUp() override {
        ASSERT_TRUE(broker_.wait_for("nothing of it is kept\n"));
        const std::string& text = broker_.output();
        const std::string head = "embedded broker at ";
        ASSERT_THAT(text, StartsWith(head));
        address_ = text.substr(head.size(), text.find('\n') - head.size());
    }
    Outcome topic(std::vector<std::string> arguments, const std::string& input = "") {
        arguments.insert(arguments.begin(), "topic");
        arguments.insert(arguments.end(), {"--brokers", address_});
        return weir(arguments, ".", input);
    }

    Process broker_{{"broker", "--topic", "orders:3", "--topic", "other"}, "."};
    std::string address_;
};

TEST_F(Topic, BrokerShowsHowToUseIt) {
    EXPECT_EQ(broker_.output(), "embedded broker at " + address_ +
                                    "\n"
                                    "  weir run topologies/pair-match.yaml --set brokers=" + address_ +
                                    "\n"
                                    "  WEIR_BROKERS=" + address_ +
                                    " weir topic ls\n"
                                    "Ctrl-C stops it; nothing of it is kept\n");
}

TEST_F(Topic, TailSaysWhatItWaitsFor) {
    Process tail({"topic", "tail", "orders", "--brokers", address_}, ".");
    ASSERT_TRUE(tail.wait_for("waiting for new records of orders; --from start shows those that are there\n"));
    tail.send(SIGTERM);
    EXPECT_EQ(tail.wait().code, 0);
}

TEST_F(Topic, BrokerEndsOnASignal) {
    broker_.send(SIGTERM);
    EXPECT_EQ(broker_.wait().code, 0);
}

TEST_F(Topic, LsListsTopicsAsATable) {
    EXPECT_EQ(topic({"produce", "orders"}, "a\nb\n").code, 0);
    const Outcome got = topic({"ls"});
    EXPECT_EQ(got.out,
              "TOPIC   PARTITIONS  REPLICATION  RECORDS\n"
              "orders           3            1        2\n"
              "other            4            1        0\n");
    EXPECT_EQ(got.code, 0);
}

TEST_F(Topic, LsListsTopicsAsJson) {
    const Outcome got = topic({"ls", "--format", "json"});
    EXPECT_EQ(nlohmann::json::parse(got.out), nlohmann::json::parse(R"([
        {"name": "orders", "partitions": 3, "replication": 1, "records": 0},
        {"name": "other", "partitions": 4, "replication": 1, "records": 0}])"));
    EXPECT_EQ(got.code, 0);
}

TEST_F(Topic, TailPrintsWhatWasProduced) {
    const Outcome produced = topic({"produce", "orders", "--key-separator", ":"}, "k:one\nk:two\nk:three\n");
    EXPECT_EQ(produced.err, "3 records to orders\n");
    EXPECT_EQ(produced.code, 0);
    // One key is one partition: the order is kept. And again: no group remembers.
    for (int i = 0; i < 2; ++i) {
        const Outcome got = topic({"tail", "orders", "--from", "start", "-n", "3"});
        const std::string head = got.out.substr(0, got.out.find("one"));
        EXPECT_THAT(head, testing::MatchesRegex("key=k  partition=[012]  "));
        EXPECT_EQ(got.out, head + "one\n" + head + "two\n" + head + "three\n");
        EXPECT_EQ(got.code, 0);
    }
}

TEST_F(Topic, TailShowsPayloadsThatAreNoText) {
    EXPECT_EQ(topic({"produce", "orders", "--key-separator", ":"}, "k:\xff\x1b[31m\nk:two\n").code, 0);
    const Outcome got = topic({"tail", "orders", "--from", "start", "-n", "2", "--format", "payload"});
    EXPECT_EQ(got.out, "\\xff\\x1b[31m\ntwo\n");
    EXPECT_EQ(got.code, 0);
}

TEST_F(Topic, TailShowsJsonAsItIs) {
    const std::string line = R"({"customer":"ann \"a\"","path":"c:\\x"})";
    EXPECT_EQ(topic({"produce", "orders", "--key-separator", "|"}, "k|" + line + "\n").code, 0);
    const std::vector<std::string> tail = {"tail", "orders", "--from", "start", "-n", "1"};
    const auto as = [&](const std::string& format) {
        auto all = tail;
        all.insert(all.end(), {"--format", format});
        return topic(all);
    };
    EXPECT_EQ(as("payload").out, line + "\n");
    EXPECT_THAT(topic(tail).out, testing::MatchesRegex("key=k  partition=[012]  .*")) << "the default is text";
    EXPECT_THAT(as("text").out, testing::EndsWith("  " + line + "\n"));
    const auto record = nlohmann::json::parse(as("json").out);
    EXPECT_EQ(record.at("value"), line);
    EXPECT_EQ(record.at("key"), "k");
    EXPECT_EQ(record.at("topic"), "orders");
    EXPECT_EQ(record.at("offset"), 0);
    EXPECT_TRUE(record.contains("partition") && record.contains("headers") && record.contains("timestamp")) << record;
}

// The whole output of a deep lint over topics of the broker.
class DeepLint : public Topic {
protected:
    Outcome lint(const std::string& connection, const std::string& source) {
        folder_.write("t.yaml", "connections: { kafka: { " + connection + " } }\nnodes:\n  in: { kafka.source: { " + source +
                                    ", format: text } }\n  out: { from: in, console: json }\n");
        return weir({"lint", "t.yaml", "--deep", "--connect-timeout", "1s"}, folder_.path());
    }
    std::string brokers() const { return "brokers: \"" + address_ + "\""; }

    Folder folder_;
};

TEST_F(DeepLint, SaysOkWhereEverythingIsThere) {
    const Outcome got = lint(brokers(), "topic: orders, partitions: [0, 2]");
    EXPECT_EQ(got.out, "t.yaml: ok\n");
    EXPECT_EQ(got.code, 0);
}

TEST_F(DeepLint, NamesATopicThatIsNotThereAndTheNearest) {
    const Outcome got = lint(brokers(), "topic: order");
    EXPECT_EQ(got.out, R"(t.yaml:3:32: error[outside-missing]: node `in`: topic `order` is not there
    3 |   in: { kafka.source: { topic: order, format: text } }
      |                                ^~~~~
   nearest: `orders`
   hint: create it, or let the connection do it: `create_topics: { partitions: 4 }`
)");
    EXPECT_EQ(got.code, 2);
    const Outcome made = lint(brokers() + ", create_topics: { partitions: 2 }", "topic: order");
    EXPECT_THAT(made.out, HasSubstr("note[outside-made]: node `in`: topic `order` is not there: a run creates it, with 2 partitions\n"));
    EXPECT_THAT(made.out, HasSubstr("t.yaml: ok\n"));
    EXPECT_EQ(made.code, 0);
    EXPECT_THAT(topic({"ls"}).out, testing::Not(HasSubstr("order "))) << "lint made it";
}

TEST_F(DeepLint, NamesAPartitionThatIsNotThere) {
    const Outcome got = lint(brokers(), "topic: orders, partitions: [0, 7]");
    EXPECT_THAT(got.out, HasSubstr("error[outside-mismatch]: node `in`: topic `orders` has no partition 7\n"));
    EXPECT_THAT(got.out, HasSubstr("expected: 0 to 2\n"));
    EXPECT_EQ(got.code, 2);
}

TEST_F(DeepLint, ExitsWithFourWhereOnlyTheServerIsAway) {
    const Outcome got = lint("brokers: \"127.0.0.1:1\"", "topic: order");
    EXPECT_THAT(got.out, StartsWith("t.yaml:1:34: error[unreachable]: connection `kafka`: cannot reach Kafka: 127.0.0.1:1 "));
    EXPECT_EQ(got.code, 4);
}

TEST_F(DeepLint, TriesAServerThatIsAwayOnce) {
    for (const char* name : {"a.yaml", "b.yaml", "c.yaml", "d.yaml"})
        folder_.write(name, "connections: { kafka: { brokers: \"127.0.0.1:1\" } }\nnodes:\n  in: { kafka.source: { topic: t, format: text } }\n"
                            "  out: { from: in, console: json }\n");
    const auto begin = std::chrono::steady_clock::now();
    const Outcome got = weir({"lint", ".", "--deep", "--connect-timeout", "3s"}, folder_.path());
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(3 * 3));
    for (const char* name : {"a.yaml", "b.yaml", "c.yaml", "d.yaml"})
        EXPECT_THAT(got.out, HasSubstr(std::string(name) + ":1:34: error[unreachable]: connection `kafka`: cannot reach Kafka: 127.0.0.1:1 "));
    EXPECT_EQ(got.code, 4);
}

TEST_F(Topic, ProduceFailsWhenItsInputCannotBeRead) {
    const Outcome folder = shell("exec \"$WEIR_BIN\" topic produce orders --brokers " + address_ + " < /");
    EXPECT_EQ(folder.err, "weir: cannot read standard input: Is a directory\n");
    EXPECT_EQ(folder.code, 5);
    const Outcome closed = shell("exec \"$WEIR_BIN\" topic produce orders --brokers " + address_ + " <&-");
    EXPECT_EQ(closed.err, "weir: cannot read standard input: Bad file descriptor\n");
    EXPECT_EQ(closed.code, 5);
}

TEST_F(Topic, TailNamesTheNearestTopic) {
    const Outcome got = topic({"tail", "order"});
    EXPECT_EQ(got.err, "weir: there is no topic `order`; nearest: `orders`\n");
    EXPECT_EQ(got.code, 2);
}

TEST(TopicWithoutBroker, WantsAnAddress) {
    const Outcome got = weir({"topic", "ls"});
    EXPECT_EQ(got.err, "weir: whose topics? Give --brokers HOST:PORT, or set WEIR_BROKERS: your Kafka's address, or the one that "
                       "`weir run` or `weir broker` printed\n");
    EXPECT_EQ(got.code, 2);
}

TEST(TopicWithoutBroker, SaysThatTheClusterCannotBeReached) {
    const Outcome got = weir({"topic", "ls", "--brokers", "127.0.0.1:1", "--connect-timeout", "500ms"});
    EXPECT_THAT(got.err, HasSubstr("weir: cannot reach Kafka: 127.0.0.1:1 "));
    EXPECT_EQ(got.code, 4);
}

TEST(TopicWithoutBroker, RefusesNamesThatNoTopicCanHave) {
    for (const std::string name : {"", ".", "..", "a b", "a/b", "\xff"}) {
        for (const std::string command : {"produce", "create", "tail"}) {
            const Outcome got = weir({"topic", command, name, "--brokers", "127.0.0.1:1"});
            EXPECT_THAT(got.err, StartsWith("weir: a topic cannot be called `")) << command;
            EXPECT_EQ(got.code, 2) << command;
        }
    }
    const Outcome got = weir({"topic", "create", std::string(250, 'a'), "--brokers", "127.0.0.1:1"});
    EXPECT_EQ(got.err, "weir: a topic cannot be called `" + std::string(60, 'a') +
                           "…`; expected: 1 to 249 letters, digits, `.`, `_` and `-`, not `.` or `..`\n");
    EXPECT_EQ(got.code, 2);
}

TEST(Broker, RefusesATopicWithoutANumberOfPartitions) {
    const Outcome got = weir({"broker", "--topic", "orders:many"});
    EXPECT_EQ(got.err, "weir: `orders:many` is not a topic: expected NAME or NAME:PARTITIONS\n");
    EXPECT_EQ(got.code, 2);
}

}  // namespace
}  // namespace weir::test
