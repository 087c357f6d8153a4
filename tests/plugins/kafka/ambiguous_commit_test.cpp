// Commits whose answer gets lost: the broker is killed while it is asked, and the marker says what became of them.
#include <chrono>
#include <cstdlib>
#include <random>
#include <thread>

#include "own_broker.hpp"

namespace weir::testing {
namespace {

using std::chrono::microseconds;
using Rows = std::vector<std::string>;

constexpr int kKills = 6;
constexpr int kMaxDelay = 30'000;  // microseconds between the commit and the kill
constexpr uint32_t kSeed = 20'261;

int kills() {
    const char *wanted = std::getenv("WEIR_TEST_KILLS");
    return wanted ? std::atoi(wanted) : kKills;
}

class KafkaAmbiguousCommit : public ::testing::Test {
protected:
    OwnBroker broker;
    std::string topic = "committed";
};

// The engine's part: epochs in order, each with the marker of its number; after an error it opens everything
// again, asks for the marker, and goes on behind it.
TEST_F(KafkaAmbiguousCommit, AgreesWithTheMarkerWheneverTheBrokerIsKilled) {
    std::mt19937 random(kSeed);
    uint64_t decided = 0, restarts = 0, killed = 0, recovered = 0;
    Rows expected;
    while (killed < static_cast<uint64_t>(kills())) {
        Decider run(broker.address(), "ambiguous");
        ASSERT_EQ(run.open().message(), "");
        auto marker = run.marker();
        uint64_t found = marker ? std::stoull(*marker) : 0;
        ASSERT_TRUE(found == decided || found == decided + 1) << found << " after " << decided;
        for (; decided < found; ++decided)
            for (const char *row : {"a", "b"}) expected.push_back(std::to_string(found) + row);
        ASSERT_EQ(committed(broker.address(), topic), expected);
        Harness &sink = run.sink(topic);
        for (Status status; status.ok() && killed < static_cast<uint64_t>(kills());) {
            uint64_t epoch = decided + 1;
            ASSERT_EQ(run.begin(epoch).message(), "");
            ASSERT_EQ(sink.process(rows({std::to_string(epoch) + "a", std::to_string(epoch) + "b"})).message(), "");
            ASSERT_EQ(run.prepare_sinks(epoch).message(), "");
            ASSERT_EQ(run.prepare(epoch).message(), "");
            bool kill = random() % 2 == 0;
            microseconds delay(random() % kMaxDelay);
            std::thread killer([&, kill] {
                if (!kill) return;
                auto until = std::chrono::steady_clock::now() + delay;
                while (std::chrono::steady_clock::now() < until) std::this_thread::yield();
                broker.kill();
                broker.start();
            });
            status = run.commit(epoch, std::to_string(epoch));
            killer.join();
            killed += kill;
            if (!status.ok()) {
                EXPECT_EQ(status.code(), WEIR_E_RETRYABLE) << status.message();
                ++restarts;
                break;
            }
            ++decided;
            for (const char *row : {"a", "b"}) expected.push_back(std::to_string(epoch) + row);
        }
        std::string logs = run.connection().logs();
        for (size_t at = 0; (at = logs.find("was committed\n", at)) != logs.npos; ++at) ++recovered;
    }
    Decider last(broker.address(), "ambiguous");
    ASSERT_EQ(last.open().message(), "");
    uint64_t found = std::stoull(last.marker().value_or("0"));
    ASSERT_TRUE(found == decided || found == decided + 1);
    for (; decided < found; ++decided)
        for (const char *row : {"a", "b"}) expected.push_back(std::to_string(found) + row);
    EXPECT_EQ(committed(broker.address(), topic), expected);
    RecordProperty("epochs", std::to_string(decided));
    RecordProperty("restarts", std::to_string(restarts));
    RecordProperty("recovered", std::to_string(recovered));
    std::printf("kills %llu, epochs %llu, restarts %llu, found committed by asking %llu\n",
                static_cast<unsigned long long>(killed), static_cast<unsigned long long>(decided),
                static_cast<unsigned long long>(restarts), static_cast<unsigned long long>(recovered));
}

// A transaction that the broker has ended for its age is not another host's doing.
TEST_F(KafkaAmbiguousCommit, TellsAnOutlivedTransactionFromAFencedOne) {
    Decider slow(broker.address(), "slow", {{"properties", {{"transaction.timeout.ms", 1000}}}});
    ASSERT_EQ(slow.open().message(), "");
    Harness &sink = slow.sink(topic);
    ASSERT_EQ(slow.begin(1).message(), "");
    ASSERT_EQ(sink.process(rows({"slow"})).message(), "");
    ASSERT_EQ(slow.prepare_sinks(1).message(), "");
    Decider other(broker.address(), "other");
    ASSERT_EQ(other.open().message(), "");
    Harness &behind = other.sink(topic);
    ASSERT_EQ(other.begin(1).message(), "");
    ASSERT_EQ(behind.process(rows({"behind"})).message(), "");
    ASSERT_EQ(other.end(1, "one").message(), "");
    ASSERT_TRUE(until([&] { return committed(broker.address(), topic) == Rows{"behind"}; }));
    Status status = slow.commit(1, "one");
    EXPECT_EQ(status.code(), WEIR_E_RETRYABLE);
    EXPECT_EQ(status.message(), "epoch 1 took longer than transaction.timeout.ms, 1000 ms: the broker has aborted it");
    EXPECT_EQ(committed(broker.address(), topic), Rows{"behind"});
}

}  // namespace
}  // namespace weir::testing
