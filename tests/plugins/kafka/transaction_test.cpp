// Exactly once, on a real broker that all these tests share.
#include <gmock/gmock.h>
#include <librdkafka/rdkafka.h>

#include "decider.hpp"
#include "administer.hpp"

namespace weir::testing {
namespace {

using Rows = std::vector<std::string>;
using ::testing::HasSubstr;

class KafkaTransactions : public ::testing::Test {
protected:
    Rows visible() { return committed(broker, topic); }

    std::string broker = broker_address();
    std::string application = unique_name("app");
    std::string topic = unique_name("transactions");
};

TEST_F(KafkaTransactions, ShowCommittedEpochsOnceAndInOrder) {
    Decider run(broker, application);
    ASSERT_EQ(run.open().message(), "");
    EXPECT_EQ(run.marker(), std::nullopt);
    Harness &sink = run.sink(topic);
    Rows expected;
    for (uint64_t epoch = 1; epoch <= 20; ++epoch) {
        ASSERT_EQ(run.begin(epoch).message(), "");
        for (int batch = 0; batch < 3; ++batch) {
            Rows some;
            for (int i = 0; i < 100; ++i)
                some.push_back(std::to_string(epoch) + "." + std::to_string(batch) + "." + std::to_string(i));
            expected.insert(expected.end(), some.begin(), some.end());
            ASSERT_EQ(sink.process(rows(some)).message(), "");
        }
        ASSERT_EQ(run.end(epoch, "epoch " + std::to_string(epoch)).message(), "");
    }
    EXPECT_EQ(run.marker(), "epoch 20");
    EXPECT_EQ(visible(), expected);
}

TEST_F(KafkaTransactions, HideAbortedEpochs) {
    Decider run(broker, application);
    ASSERT_EQ(run.open().message(), "");
    Harness &sink = run.sink(topic);
    ASSERT_EQ(run.begin(1).message(), "");
    ASSERT_EQ(sink.process(rows({"kept"})).message(), "");
    ASSERT_EQ(run.end(1, "one").message(), "");
    ASSERT_EQ(run.begin(2).message(), "");
    ASSERT_EQ(sink.process(rows({"dropped"})).message(), "");
    ASSERT_EQ(run.prepare_sinks(2).message(), "");
    ASSERT_EQ(run.abort(2).message(), "");
    EXPECT_EQ(run.marker(), "one");
    ASSERT_EQ(run.begin(3).message(), "");
    ASSERT_EQ(sink.process(rows({"after"})).message(), "");
    ASSERT_EQ(run.end(3, "three").message(), "");
    EXPECT_EQ(visible(), (Rows{"kept", "after"}));
}

TEST_F(KafkaTransactions, AreAbortedWhenTheConnectionCloses) {
    Decider run(broker, application);
    ASSERT_EQ(run.open().message(), "");
    Harness &sink = run.sink(topic);
    ASSERT_EQ(run.begin(1).message(), "");
    ASSERT_EQ(sink.process(rows({"dropped"})).message(), "");
    ASSERT_EQ(run.prepare_sinks(1).message(), "");
    ASSERT_EQ(run.close().message(), "");
    run.vanish();
    // A reader of committed records passes what is aborted, and stops before what is open.
    Decider next(broker, unique_name("app"));
    ASSERT_EQ(next.open().message(), "");
    Harness &other = next.sink(topic);
    ASSERT_EQ(next.begin(1).message(), "");
    ASSERT_EQ(other.process(rows({"behind"})).message(), "");
    ASSERT_EQ(next.end(1, "one").message(), "");
    EXPECT_EQ(visible(), Rows{"behind"});
}

TEST_F(KafkaTransactions, HoldRowsBackFromPrepareToBegin) {
    Decider run(broker, application);
    ASSERT_EQ(run.open().message(), "");
    Harness &first = run.sink(topic), &second = run.sink(topic);
    EXPECT_TRUE(first.process(rows({"1a"})).is_pending());  // nothing has begun
    (void)first.take_wake();
    ASSERT_EQ(run.begin(1).message(), "");
    EXPECT_TRUE(first.take_wake());
    ASSERT_EQ(first.resume().message(), "");
    ASSERT_EQ(drain(first, 1).message(), "");
    EXPECT_TRUE(first.process(rows({"2a"})).is_pending());      // prepared: the next epoch's
    ASSERT_TRUE(second.process(rows({"1b"})).done());           // not yet prepared: this epoch's
    ASSERT_EQ(drain(second, 1).message(), "");
    ASSERT_EQ(run.prepare(1).message(), "");
    ASSERT_EQ(run.commit(1, "one").message(), "");
    EXPECT_EQ(visible(), (Rows{"1a", "1b"}));
    (void)first.take_wake();
    ASSERT_EQ(run.begin(2).message(), "");
    EXPECT_TRUE(first.take_wake());
    ASSERT_EQ(first.resume().message(), "");
    ASSERT_EQ(run.end(2, "two").message(), "");
    EXPECT_EQ(visible(), (Rows{"1a", "1b", "2a"}));
}

TEST_F(KafkaTransactions, KeepMarkersOfEpochsWithoutRows) {
    std::string marker = "any bytes: 100 % \n";
    for (int byte = 0; byte < 256; ++byte) marker.push_back(static_cast<char>(byte));
    Decider run(broker, application);
    ASSERT_EQ(run.open().message(), "");
    for (uint64_t epoch = 1; epoch <= 3; ++epoch) {
        ASSERT_EQ(run.begin(epoch).message(), "");
        ASSERT_EQ(run.end(epoch, marker + std::to_string(epoch)).message(), "");
        EXPECT_EQ(run.marker(), marker + std::to_string(epoch));
    }
    ASSERT_EQ(run.begin(4).message(), "");
    Status status = run.end(4, std::string(5000, 'x'));
    EXPECT_EQ(status.code(), WEIR_E_FATAL);
    EXPECT_EQ(status.message(), "epoch 4: the marker has 5000 bytes, and a broker takes 4096");
    ASSERT_EQ(run.abort(4).message(), "");
    EXPECT_EQ(run.marker(), marker + "3");
}

TEST_F(KafkaTransactions, AreAbortedByTheNextOpenAfterAnEndWithoutCommit) {
    {
        Decider run(broker, application);
        ASSERT_EQ(run.open().message(), "");
        Harness &sink = run.sink(topic);
        ASSERT_EQ(run.begin(7).message(), "");
        ASSERT_EQ(sink.process(rows({"kept"})).message(), "");
        ASSERT_EQ(run.end(7, "seven").message(), "");
        ASSERT_EQ(run.begin(8).message(), "");
        ASSERT_EQ(sink.process(rows({"lost"})).message(), "");
        ASSERT_EQ(run.prepare_sinks(8).message(), "");
        run.vanish();
    }
    Decider run(broker, application);
    ASSERT_EQ(run.open().message(), "");
    EXPECT_EQ(run.marker(), "seven");
    Harness &sink = run.sink(topic);
    ASSERT_EQ(run.begin(8).message(), "");
    ASSERT_EQ(sink.process(rows({"again"})).message(), "");
    ASSERT_EQ(run.end(8, "eight").message(), "");
    EXPECT_EQ(visible(), (Rows{"kept", "again"}));
}

TEST_F(KafkaTransactions, FenceAnOlderHost) {
    Decider zombie(broker, application), successor(broker, application);
    ASSERT_EQ(zombie.open().message(), "");
    Harness &old_sink = zombie.sink(topic);
    ASSERT_EQ(zombie.begin(1).message(), "");
    ASSERT_EQ(old_sink.process(rows({"of the zombie"})).message(), "");
    ASSERT_EQ(zombie.prepare_sinks(1).message(), "");
    ASSERT_EQ(successor.open().message(), "");
    Status status = zombie.commit(1, "zombie");
    EXPECT_EQ(status.code(), WEIR_E_FATAL);
    EXPECT_EQ(status.message(), "transactional.id `weir." + application +
                                    ".test.kafka` was taken over: another host runs this topology. Where two "
                                    "topologies are meant, give their connections different names of `application`");
    EXPECT_EQ(successor.marker(), std::nullopt);
    Harness &sink = successor.sink(topic);
    ASSERT_EQ(successor.begin(1).message(), "");
    ASSERT_EQ(sink.process(rows({"of the successor"})).message(), "");
    ASSERT_EQ(successor.end(1, "successor").message(), "");
    EXPECT_EQ(visible(), Rows{"of the successor"});
}

// A start that is refused behind its look has ended nobody.
TEST_F(KafkaTransactions, DisturbNobodyBeforeTheFence) {
    Decider running(broker, application), guest(broker, application);
    ASSERT_EQ(running.open().message(), "");
    Harness &sink = running.sink(topic);
    ASSERT_EQ(running.begin(1).message(), "");
    ASSERT_EQ(sink.process(rows({"first"})).message(), "");
    ASSERT_EQ(guest.look().message(), "");
    EXPECT_EQ(guest.marker(), std::nullopt);
    guest.sink("guest-" + topic);
    ASSERT_EQ(running.end(1, "one").message(), "");
    EXPECT_TRUE(until([&] { return guest.marker() == "one"; }));  // nobody waits for the end of what is not one's own
    ASSERT_EQ(running.begin(2).message(), "");
    ASSERT_EQ(sink.process(rows({"second"})).message(), "");
    EXPECT_EQ(guest.begin(2).code(), WEIR_E_RETRYABLE);
    ASSERT_EQ(running.end(2, "two").message(), "");
    ASSERT_EQ(running.begin(3).message(), "");
    ASSERT_EQ(guest.fence().message(), "");
    EXPECT_EQ(guest.marker(), "two");
    EXPECT_EQ(running.commit(3, "three").code(), WEIR_E_FATAL);
    EXPECT_EQ(visible(), (Rows{"first", "second"}));
}

// The zombie finds out while it writes.
TEST_F(KafkaTransactions, TellTheSinkOfAFencedHost) {
    Decider zombie(broker, application), successor(broker, application);
    ASSERT_EQ(zombie.open().message(), "");
    Harness &sink = zombie.sink(topic);
    ASSERT_EQ(zombie.begin(1).message(), "");
    ASSERT_EQ(sink.process(rows({"first"})).message(), "");
    ASSERT_TRUE(until([&] { return sink.wake().ok() && sink.metric("batches_under_way") == 0; }));
    ASSERT_EQ(successor.open().message(), "");
    Status status = sink.process(rows({"second"}));
    if (status.ok()) status = zombie.prepare_sinks(1);
    EXPECT_EQ(status.code(), WEIR_E_FATAL) << status.message();
    EXPECT_THAT(status.message(), HasSubstr("another host runs this topology"));
}

TEST_F(KafkaTransactions, SendARecordThatIsTooLargeToErrors) {
    create_limited_topic(broker, topic, "20000");
    Decider run(broker, application);
    ASSERT_EQ(run.open().message(), "");
    Harness &sink = run.sink(topic);
    Rows expected;
    ASSERT_EQ(run.begin(1).message(), "");
    for (int batch = 0; batch < 10; ++batch) {
        Rows some;
        for (int i = 0; i < 1000; ++i) {
            bool large = batch == 4 && i == 321;
            some.push_back(std::to_string(batch * 1000 + i) + std::string(large ? 30'000 : 200, 'x'));
            if (!large) expected.push_back(some.back());
        }
        ASSERT_EQ(sink.process(rows(some)).message(), "");
    }
    ASSERT_EQ(run.end(1, "one").message(), "");
    auto failed = sink.take_failed();
    ASSERT_EQ(failed.size(), 1u);
    EXPECT_EQ(failed[0].code, "delivery");
    EXPECT_EQ(failed[0].message, "topic `" + topic + "`: the record takes 30101 bytes, and max.message.bytes is 20000");
    EXPECT_TRUE(visible() == expected);
}

TEST_F(KafkaTransactions, SendRecordsWithoutAKeyToErrorsWhereTheTopicIsCompacted) {
    create_topic_with(broker, topic, "cleanup.policy", "compact");
    Decider run(broker, application);
    ASSERT_EQ(run.open().message(), "");
    Harness &sink = run.sink(topic);
    ASSERT_EQ(run.begin(1).message(), "");
    ASSERT_EQ(sink.process(rows({"a", "b"})).message(), "");
    ASSERT_EQ(run.end(1, "one").message(), "");
    auto failed = sink.take_failed();
    ASSERT_EQ(failed.size(), 2u);
    EXPECT_EQ(failed[0].code, "delivery");
    EXPECT_EQ(failed[0].message, "topic `" + topic + "`: the record has no key, and the topic is compacted (cleanup.policy): "
                                 "give the sink a `key`");
    EXPECT_TRUE(visible().empty());
}

// What the broker alone knows to be wrong with a record, once it was opened: here that the topic takes less by now.
TEST_F(KafkaTransactions, FindARecordThatTheBrokerRefusesAndLeaveItOut) {
    create_limited_topic(broker, topic, "1000000");
    Rows some, expected;
    for (int i = 0; i < 20; ++i) some.push_back(std::to_string(i) + std::string(i == 7 ? 30'000 : 200, 'x'));
    for (const std::string &one : some)
        if (one.size() < 10'000) expected.push_back(one);
    std::vector<std::string> said;
    for (int attempt = 1; attempt <= 3; ++attempt) {
        set_topic(broker, topic, "max.message.bytes", "1000000");
        Decider run(broker, application);
        ASSERT_EQ(run.open().message(), "");
        Harness &sink = run.sink(topic);
        set_topic(broker, topic, "max.message.bytes", "20000");
        ASSERT_EQ(run.begin(1).message(), "");
        Status status = sink.process(rows(some));
        ASSERT_TRUE(until([&] { return !status.is_pending(); }, [&] { status = sink.wake(); }));
        if (status.ok()) status = run.end(1, "one");
        said.push_back(status.message());
        EXPECT_EQ(status.code(), attempt < 3 ? WEIR_E_RETRYABLE : WEIR_OK) << status.message();
        auto failed = sink.take_failed();
        ASSERT_EQ(failed.size(), attempt < 3 ? 0u : 1u);
        for (const auto &one : failed) EXPECT_EQ(one.message, "topic `" + topic + "`: Broker: Message size too large");
        EXPECT_EQ(run.close().message(), "");
    }
    EXPECT_THAT(said[0], HasSubstr("begun again with the records of its batch one by one"));
    EXPECT_THAT(said[1], HasSubstr("begun again without that record"));
    EXPECT_TRUE(visible() == expected);
}

// A batch may be too large of which each record is not. The other sink's rows wait for its turn.
TEST_F(KafkaTransactions, SendOnOnceTheBrokerHasTakenAllThatItRefusedTogether) {
    create_limited_topic(broker, topic, "1000000");
    Rows some, expected;
    for (int i = 0; i < 20; ++i) some.push_back(std::to_string(10 + i) + std::string(2'000, 'x'));
    for (int attempt = 1; attempt <= 2; ++attempt) {
        set_topic(broker, topic, "max.message.bytes", "1000000");
        Decider run(broker, application);
        ASSERT_EQ(run.open().message(), "");
        Harness &first = run.sink(topic), &second = run.sink(topic);
        set_topic(broker, topic, "max.message.bytes", "20000");
        ASSERT_EQ(run.begin(1).message(), "");
        Status status = first.process(rows(some)), others;
        if (attempt == 2) others = second.process(rows({"another"}));
        EXPECT_EQ(others.is_pending(), attempt == 2);
        ASSERT_TRUE(until([&] { return !status.is_pending(); }, [&] {
            status = first.wake();
            if (second.take_wake()) others = second.wake();
        }));
        ASSERT_TRUE(until([&] { return !others.is_pending(); }, [&] {
            if (second.take_wake()) others = second.wake();
        }));
        EXPECT_EQ(others.message(), "");
        if (status.ok()) status = run.end(1, "one");
        EXPECT_EQ(status.code(), attempt < 2 ? WEIR_E_RETRYABLE : WEIR_OK) << status.message();
        EXPECT_TRUE(first.take_failed().empty() && second.take_failed().empty());
        EXPECT_EQ(run.close().message(), "");
    }
    expected = some;
    expected.push_back("another");
    EXPECT_TRUE(visible() == expected);
}

TEST_F(KafkaTransactions, EndWhereNoRecordIsAtFault) {
    create_topic_with(broker, topic, "message.timestamp.before.max.ms", "1");
    Decider run(broker, application);
    ASSERT_EQ(run.open().message(), "");
    Harness &sink = run.sink(topic);
    ASSERT_EQ(run.begin(1).message(), "");
    ASSERT_EQ(sink.process(rows({"late"})).message(), "");
    const Status status = run.end(1, "one");
    EXPECT_EQ(status.code(), WEIR_E_FATAL);
    EXPECT_THAT(status.message(), HasSubstr("(message.timestamp.*): set this host's clock and the broker's right, or raise that limit"));
}

// Too large by a little, or just not: the broker and the check agree.
TEST_F(KafkaTransactions, TakeRecordsUpToTheLimit) {
    create_limited_topic(broker, topic, "5000");
    Decider run(broker, application);
    ASSERT_EQ(run.open().message(), "");
    Harness &sink = run.sink(topic);
    size_t refused = 0;
    for (uint64_t epoch = 1; epoch <= 20; ++epoch) {
        ASSERT_EQ(run.begin(epoch).message(), "");
        Rows some;
        for (size_t size = 4900; size < 5000; size += 5) some.push_back(std::string(size + epoch % 5, 'x'));
        ASSERT_EQ(sink.process(rows(some)).message(), "");
        ASSERT_EQ(run.end(epoch, "x").message(), "");
        refused += sink.take_failed().size();
    }
    EXPECT_GT(refused, 0u);
    EXPECT_EQ(visible().size() + refused, 400u);
}

TEST_F(KafkaTransactions, CancelEndsWhatIsPending) {
    Decider run(broker, application);
    ASSERT_EQ(run.open().message(), "");
    ASSERT_EQ(run.begin(1).message(), "");
    ASSERT_EQ(run.prepare(1).message(), "");
    Status status = run.commit_once(1, "one");
    run.connection().cancel();
    if (status.is_pending()) status = run.commit_once(1, "one");
    EXPECT_EQ(status.message(), "stopped");
}

// It would take them, and know nothing of them at the next start.
TEST(KafkaTransactionsEmbedded, AreRefusedOfAnotherProcessToo) {
    TestConnection holder(R"({"brokers":"embedded"})");
    ASSERT_EQ(holder.open().message(), "");
    const std::string logs = holder.logs();
    const std::string address = logs.substr(logs.find("127.0.0.1:"), logs.find_first_not_of("0123456789.:", logs.find("127.0.0.1:")) - logs.find("127.0.0.1:"));
    TestConnection connection(R"({"brokers":")" + address + R"("})", std::chrono::seconds(10), WEIR_CONTEXT_EXACTLY_ONCE);
    const Status status = connection.open();
    EXPECT_EQ(status.code(), WEIR_E_CONFIG);
    EXPECT_EQ(status.path(), "brokers");
    EXPECT_TRUE(status.message().starts_with(address + " is an embedded broker (`weir broker`)")) << status.message();
}

TEST(KafkaTransactionsEmbedded, AreRefused) {
    TestConnection connection(R"({"brokers":"embedded"})", std::chrono::seconds(1), WEIR_CONTEXT_EXACTLY_ONCE);
    Status status = connection.create();
    EXPECT_EQ(status.code(), WEIR_E_CONFIG);
    EXPECT_EQ(status.path(), "brokers");
    EXPECT_EQ(status.message(), "`embedded` has no transactions: exactly_once needs a real cluster. Use "
                                "`delivery: at_least_once`, or the address of a Kafka broker");
}

}  // namespace
}  // namespace weir::testing
