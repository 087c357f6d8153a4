// What a run says of itself while it runs and behind, how it is paused, and how somebody looks at its rows for a while.
#include <functional>
#include <thread>

#include "tests/unit/engine/engine_fixture.hpp"

namespace weir::host::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

constexpr const char* kRefusing = R"(
name: errors
dead_letters: { collect: {} }
nodes:
  numbers_in: { numbers: {} }
  even: { from: numbers_in, odd_fails: {} }
  out: { from: even, collect: {} }
)";
constexpr const char* kWatchedChain = R"(
name: chain
checkpoint: 5ms
nodes:
  numbers_in: { numbers: {} }
  doubled: { from: numbers_in, twice: {} }
  out: { from: doubled, collect: {} }
)";

class WatchedRun : public EngineFixture {
protected:
    // Starts a topology that does not end by itself.
    std::unique_ptr<TopologyRun> start(const std::string& text, bool paused = false) {
        world().endless = true;
        auto made = plan(text);
        made->set_paused(paused);
        const std::atomic<bool> stop{false};
        EXPECT_TRUE(made->connect(stop).ok());
        made->start();
        wait_for([&] { return made->has_opened(); });
        return made;
    }
    static void wait_for(const std::function<bool()>& condition) {
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (!condition()) {
            ASSERT_LT(std::chrono::steady_clock::now(), until);
            std::this_thread::yield();
        }
    }
    static void end(TopologyRun& run) {
        run.request_stop(StopMode::kCheckpoint);
        run.join();
    }
    static size_t sunk() {
        const std::lock_guard lock(world_mutex());
        return world().sunk.size();
    }
};

TEST_F(WatchedRun, CountsErrorsByTheirCodeAndBytesBothWays) {
    world().splits["s0"] = {1, 2, 3, 4, 5};
    EXPECT_EQ(run(kRefusing), "");
    const auto nodes = whole_nodes(stats_);
    ASSERT_EQ(nodes[1].id, "even");
    EXPECT_THAT(nodes[1].error_codes, ElementsAre(Pair("odd", 3)));
    EXPECT_EQ(nodes[1].errors, 3);
    EXPECT_GT(nodes[1].bytes_in, nodes[1].bytes_out);
    EXPECT_EQ(nodes[0].bytes_out, nodes[1].bytes_in);
    EXPECT_TRUE(nodes[0].is_assigned);
    EXPECT_EQ(nodes[1].queue_room, static_cast<int64_t>(kMaxQueuedBatches));
}

TEST_F(WatchedRun, TellsOfEachEpochWhatBecameOfIt) {
    world().splits["s0"] = {1, 2, 3, 4};
    auto made = start(kWatchedChain);
    wait_for([&] { return made->stats().checkpoints.committed >= 3; });
    const RunStats stats = made->stats();
    EXPECT_TRUE(stats.is_open);
    ASSERT_TRUE(stats.checkpoints.age);
    EXPECT_LT(*stats.checkpoints.age, std::chrono::minutes(1));
    int64_t records = 0;
    uint64_t last = 0;
    for (const EpochRecord& epoch : stats.checkpoints.recent) {
        EXPECT_EQ(epoch.epoch, last + 1);
        EXPECT_LE(epoch.aligned, epoch.took);
        last = epoch.epoch;
        records += epoch.records;
    }
    EXPECT_EQ(records, 4);
    EXPECT_GE(stats.nodes[0].passed, 3u);
    end(*made);
    EXPECT_FALSE(made->stats().is_open);
    EXPECT_FALSE(made->stats().checkpoints.age);
}

TEST_F(WatchedRun, PollsNoSourceWhileItIsPausedAndCommitsEpochs) {
    world().splits["s0"] = {7};
    auto made = start(kWatchedChain, true);
    EXPECT_TRUE(made->stats().is_paused);
    wait_for([&] { return made->stats().checkpoints.committed >= 3; });
    EXPECT_EQ(sunk(), 0u);
    made->set_paused(false);
    wait_for([&] { return sunk() == 1; });
    end(*made);
}

TEST_F(WatchedRun, ShowsRowsToWhoLooksUntilTheRunEnds) {
    world().splits["s0"] = {1, 2, 3, 4, 5};
    auto made = start(kWatchedChain, true);
    auto tap = made->look({"doubled", ""}, "n > 4");
    ASSERT_TRUE(tap.ok()) << tap.status().message();
    // The worker has taken it up once it has passed an epoch that began behind it.
    const int64_t committed = made->stats().checkpoints.committed;
    wait_for([&] { return made->stats().checkpoints.committed >= committed + 2; });
    made->set_paused(false);
    std::vector<std::string> seen;
    wait_for([&] {
        const auto rows = (*tap)->next(10, std::chrono::milliseconds(20));
        if (rows) seen.insert(seen.end(), rows->begin(), rows->end());
        return (*tap)->seen() >= 5;
    });
    EXPECT_THAT(seen, ElementsAre("{\"n\":6}", "{\"n\":8}", "{\"n\":10}"));
    end(*made);
    EXPECT_FALSE((*tap)->next(10, std::chrono::milliseconds(1)).has_value());
    EXPECT_EQ(made->look({"doubled", ""}, "").status().code(), WEIR_E_RETRYABLE);
}

TEST_F(WatchedRun, SaysWhatIsWrongWithALook) {
    auto made = start(kWatchedChain);
    EXPECT_EQ(made->look({"doubles", ""}, "").status().message(), "there is no node `doubles`; expected: `numbers_in`, `doubled` or `out`; nearest: `doubled`");
    EXPECT_THAT(made->look({"doubled", "late"}, "").status().message(), HasSubstr("there is no port `late`; expected: `out` or `errors`"));
    EXPECT_THAT(made->look({"out", ""}, "").status().message(), HasSubstr("`out` is a sink, and gives no rows"));
    const Status wrong = made->look({"doubled", ""}, "m > 1").status();
    EXPECT_EQ(wrong.path(), "where");
    EXPECT_THAT(wrong.message(), HasSubstr("there is no column `m`"));
    end(*made);
}

// Somebody who looks and does not read holds nobody up.
TEST_F(WatchedRun, GoesOnWhereNobodyReadsWhatIsShown) {
    for (int i = 0; i < 300; ++i) world().splits["s0"].push_back(i);
    auto made = start(kWatchedChain, true);
    auto tap = made->look({"numbers_in", "out"}, "");
    ASSERT_TRUE(tap.ok());
    made->set_paused(false);
    wait_for([&] { return sunk() == 300; });
    (*tap)->leave();
    end(*made);
}

}  // namespace
}  // namespace weir::host::testing
