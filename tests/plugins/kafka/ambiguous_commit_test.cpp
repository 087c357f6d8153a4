// Commits whose answer gets lost: the broker is killed or stands still while it is asked, and the marker says what
// became of them.
#include <poll.h>

#include <chrono>
#include <cstdlib>
#include <random>
#include <thread>

#include "own_broker.hpp"

namespace weir::testing {
namespace {

using std::chrono::microseconds;
using Rows = std::vector<std::string>;

constexpr int kStrikes = 4;          // WEIR_TEST_STRIKES: another number
constexpr int kMaxDelay = 12'000;    // microseconds between the commit and the strike
constexpr int kStandStill = 3'000;   // milliseconds
constexpr uint32_t kSeed = 20'261;

uint64_t strikes() {
    const char *wanted = std::getenv("WEIR_TEST_STRIKES");
    return static_cast<uint64_t>(wanted ? std::atoi(wanted) : kStrikes);
}

class KafkaAmbiguousCommit : public ::testing::Test {
protected:
    // The engine's part: epochs in order, each with its number as the marker; after an error it opens everything
    // again, asks for the marker, and goes on behind it. Half of the commits are struck.
    void run_under(const std::function<void()> &strike) {
        while (struck < strikes()) {
            Decider run(broker.address(), "ambiguous", short_timeout);
            ASSERT_NO_FATAL_FAILURE(recover(run));
            Harness &sink = run.sink(topic);
            for (bool going = true; going && struck < strikes();) {
                ASSERT_NO_FATAL_FAILURE(write(run, sink));
                Status status = commit(run, random() % 2 ? strike : nullptr);
                going = status.ok();
                if (going) {
                    expect(decided + 1);
                } else {
                    EXPECT_EQ(status.code(), WEIR_E_RETRYABLE) << status.message();
                    reasons += "epoch " + std::to_string(decided + 1) + ": " + status.message() + "\n";
                }
            }
            std::string logs = run.connection().logs();
            for (size_t at = 0; (at = logs.find("was committed\n", at)) != logs.npos; ++at) ++asked;
        }
        Decider last(broker.address(), "ambiguous");
        ASSERT_NO_FATAL_FAILURE(recover(last));
        std::printf("%sstrikes %d, epochs %d, found committed: %d by asking, %d by opening\n", reasons.c_str(),
                    static_cast<int>(struck), static_cast<int>(decided), asked, opened);
    }
    void recover(Decider &run) {
        ASSERT_EQ(run.open().message(), "");
        auto marker = run.marker();
        uint64_t found = marker ? std::stoull(*marker) : 0;
        ASSERT_TRUE(found == decided || found == decided + 1) << found << " after " << decided;
        if (found > decided) {
            expect(found);
            ++opened;
        }
        ASSERT_EQ(committed(broker.address(), topic), expected);
    }
    void write(Decider &run, Harness &sink) {
        uint64_t epoch = decided + 1;
        std::string number = std::to_string(epoch);
        ASSERT_EQ(run.begin(epoch).message(), "");
        ASSERT_EQ(sink.process(rows({number + "a", number + "b"})).message(), "");
        ASSERT_EQ(run.prepare_sinks(epoch).message(), "");
        ASSERT_EQ(run.prepare(epoch).message(), "");
    }
    Status commit(Decider &run, const std::function<void()> &strike) {
        uint64_t epoch = decided + 1;
        microseconds delay(random() % kMaxDelay);
        std::thread striker([&] {
            if (!strike) return;
            auto when = std::chrono::steady_clock::now() + delay;
            while (std::chrono::steady_clock::now() < when) std::this_thread::yield();
            strike();
        });
        Status status = run.commit(epoch, std::to_string(epoch));
        striker.join();
        struck += strike != nullptr;
        return status;
    }
    void expect(uint64_t epoch) {
        for (const char *row : {"a", "b"}) expected.push_back(std::to_string(epoch) + row);
        decided = epoch;
    }

    OwnBroker broker;
    std::string topic = "committed";
    // A quarter of it passes before a new producer asks: less than the broker is away.
    const Json short_timeout = {{"properties", {{"transaction.timeout.ms", 8000}}}};
    std::mt19937 random{kSeed};
    uint64_t decided = 0, struck = 0;
    int asked = 0, opened = 0;
    Rows expected;
    std::string reasons;
};

TEST_F(KafkaAmbiguousCommit, AgreesWithTheMarkerWheneverTheBrokerIsKilled) {
    run_under([this] {
        broker.kill();
        broker.start();
    });
}

// What was sent to it is then done late: also a commit that nobody waits for any more.
TEST_F(KafkaAmbiguousCommit, AgreesWithTheMarkerWheneverTheBrokerStandsStill) {
    run_under([this] {
        broker.signal(SIGSTOP);
        poll(nullptr, 0, kStandStill);
        broker.signal(SIGCONT);
    });
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
    EXPECT_THAT(status.message(), ::testing::StartsWith("epoch 1 was not committed; its transaction was aborted: "));
    EXPECT_THAT(status.message(), ::testing::EndsWith("; it took longer than transaction.timeout.ms, 1000 ms"));
    EXPECT_EQ(committed(broker.address(), topic), Rows{"behind"});
}

}  // namespace
}  // namespace weir::testing
