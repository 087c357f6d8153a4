// Whole topologies through the engine, with operators and a clock-free source of the test's own.

#include "host/engine/run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/engine/engine_fixture.hpp"

namespace weir::host::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using EngineTest = EngineFixture;

constexpr const char* kChain = R"(
name: chain
nodes:
  numbers_in: { numbers: {} }
  doubled: { from: numbers_in, twice: {} }
  out: { from: doubled, collect: {} }
)";

TEST_F(EngineTest, CarriesRowsFromSourceToSinkAndCommitsTheirPositions) {
    world().splits["s0"] = {1, 2, 3, 4, 5, 6, 7};
    EXPECT_EQ(run(kChain), "");
    EXPECT_EQ(world().sunk, rows({2, 4, 6, 8, 10, 12, 14}));
    EXPECT_EQ(world().committed.at("s0"), "7");
    EXPECT_THAT(world().events, ElementsAre("assign s0", "prepare 1 after 7", "committed"));
    EXPECT_EQ(stats_.records, 7);
}

TEST_F(EngineTest, ReadsSplitsInTurn) {
    world().splits = {{"a", {1, 2, 3, 4}}, {"b", {10, 20, 30, 40}}};
    world().batch = 2;
    EXPECT_EQ(run(kChain), "");
    EXPECT_EQ(world().sunk, rows({2, 4, 20, 40, 6, 8, 60, 80}));
}

TEST_F(EngineTest, LosesNothingWhenTheSinkKeepsSayingMore) {
    world().splits = {{"a", {}}, {"b", {}}};
    std::vector<std::string> expected;
    for (int i = 0; i < 500; ++i) world().splits[i % 2 ? "a" : "b"].push_back(i);
    world().sink_full_every = 1;
    EXPECT_EQ(run(kChain), "");
    EXPECT_EQ(world().sunk.size(), 500u);
}

TEST_F(EngineTest, SendsFailedRowsWithTheirRecordToTheDeadLetters) {
    world().splits["s0"] = {1, 2, 3};
    EXPECT_EQ(run(R"(
name: errors
dead_letters: { collect: {} }
nodes:
  numbers_in: { numbers: {} }
  doubled: { from: numbers_in, twice: {} }
  even: { from: numbers_in, odd_fails: {} }
  out: { from: even, collect: {} }
)"),
              "");
    EXPECT_THAT(
        world().sunk,
        ::testing::UnorderedElementsAre(
            "{\"n\":2}",
            R"({"node":"even","code":"odd","field":"n","message":"1 is odd","payload":"1","key":null,"headers":null,"topic":"s0","partition":0,"offset":0,"timestamp":null,"row":null})",
            R"({"node":"even","code":"odd","field":"n","message":"3 is odd","payload":"3","key":null,"headers":null,"topic":"s0","partition":0,"offset":2,"timestamp":null,"row":null})"));
}

TEST_F(EngineTest, KeepsTheOriginThroughSeveralOperators) {
    world().splits["s0"] = {4, 3, 6};
    EXPECT_EQ(run(R"(
name: errors
dead_letters: { collect: {} }
nodes:
  numbers_in: { numbers: {} }
  first: { from: numbers_in, both: {}  }
  even: { from: first, odd_fails: {} }
  out: { from: even, collect: {} }
)")
                  .substr(0, 11),
              "not planned");  // `both` has two inputs: `from` must name them
    world().sunk.clear();
    EXPECT_EQ(run(R"(
name: errors
dead_letters: { collect: {} }
nodes:
  numbers_in: { numbers: {} }
  first: { from: { left: numbers_in, right: numbers_in }, both: {} }
  even: { from: first, odd_fails: {} }
)"),
              "");
    ASSERT_EQ(world().sunk.size(), 2u);
    EXPECT_THAT(world().sunk[0], HasSubstr(R"("offset":1)"));
}

TEST_F(EngineTest, StopsAndNamesTheRecordWhenNothingTakesErrors) {
    world().splits["s0"] = {2, 3};
    std::string failure = run(R"(
name: errors
nodes:
  numbers_in: { numbers: {} }
  even: { from: numbers_in, odd_fails: {} }
  out: { from: even, collect: {} }
)");
    EXPECT_EQ(failure,
              "node `even` (plugin test): a record failed and nothing takes it: node `even`: odd: 3 is odd (record "
              "s0/0@1, payload \"3\"). Add `dead_letters:` to the topology, or read the node's `errors` port");
}

TEST_F(EngineTest, LogsOrDropsFailedRowsWhenToldTo) {
    for (const char* policy : {"log", "drop"}) {
        reset_world();
        log_.clear();
        world().splits["s0"] = {2, 3};
        EXPECT_EQ(run(std::string("name: errors\ndead_letters: ") + policy + R"(
nodes:
  numbers_in: { numbers: {} }
  even: { from: numbers_in, odd_fails: {} }
  out: { from: even, collect: {} }
)"),
                  "");
        EXPECT_EQ(world().sunk, rows({2}));
        EXPECT_EQ(log_.find("3 is odd") != std::string::npos, policy == std::string("log")) << log_;
    }
}

TEST_F(EngineTest, DrainsWhatAnOperatorHoldsBeforeTheEndIsPassedOn) {
    world().splits["s0"] = {1, 2, 3, 4, 5, 6, 7, 8};
    world().sink_full_every = 1;
    EXPECT_EQ(run(R"(
name: hoard
nodes:
  numbers_in: { numbers: {} }
  held: { from: numbers_in, hoarder: {} }
  out: { from: held, collect: {} }
)"),
              "");
    EXPECT_EQ(world().sunk, rows({1, 2, 3, 4, 5, 6, 7, 8}));
    EXPECT_THAT(world().events, ElementsAre("assign s0", "finish", "prepare 1 after 8", "committed"));
}

TEST_F(EngineTest, JoinsTwoBranchesOfOneSource) {
    world().splits["s0"] = {1, 2, 3};
    EXPECT_EQ(run(R"(
name: diamond
nodes:
  numbers_in: { numbers: {} }
  doubled: { from: numbers_in, twice: {} }
  joined: { from: { left: numbers_in, right: doubled }, both: {} }
  out: { from: [joined, doubled], collect: {} }
)"),
              "");
    EXPECT_THAT(world().sunk, ::testing::UnorderedElementsAreArray(rows({1, 2, 3, 2, 4, 6, 2, 4, 6})));
}

TEST_F(EngineTest, WaitsForASinkThatIsStillPreparing) {
    world().splits["s0"] = {1, 2, 3};
    world().prepare_pending = 3;
    EXPECT_EQ(run(kChain), "");
    EXPECT_THAT(world().events, ElementsAre("assign s0", "prepare 1 after 3", "committed"));
}

TEST_F(EngineTest, CommitsWhatWasReadWhenAskedToStop) {
    world().splits["s0"] = {1, 2, 3, 4};
    world().endless = true;
    RunOptions options;
    options.records = 3;
    EXPECT_EQ(run(kChain, options), "");
    EXPECT_EQ(world().sunk, rows({2, 4, 6}));
    EXPECT_EQ(world().committed.at("s0"), "3");
}

TEST_F(EngineTest, KeepsWaitingRowsWhenStoppedAtACheckpoint) {
    world().splits["s0"] = {1, 2};
    world().endless = true;
    auto made = plan(R"(
name: hoard
nodes:
  numbers_in: { numbers: {} }
  held: { from: numbers_in, hoarder: {} }
  out: { from: held, collect: {} }
)");
    ASSERT_TRUE(made) << fault_;
    made->request_stop(StopMode::kCheckpoint);
    made->start();
    made->join();
    EXPECT_FALSE(made->failure());
    EXPECT_THAT(world().events, ElementsAre("assign s0", "prepare 1 after 0", "committed"));
}

TEST_F(EngineTest, CommitsEpochsWhileItRuns) {
    world().splits["s0"] = {1, 2, 3};
    world().endless = true;
    auto made = plan(std::string("checkpoint: 1ms") + kChain);
    ASSERT_TRUE(made) << fault_;
    made->start();
    while (made->stats().epochs < 3) std::this_thread::yield();
    made->request_stop(StopMode::kDrain);
    made->join();
    EXPECT_FALSE(made->failure());
    EXPECT_EQ(world().sunk, rows({2, 4, 6}));
    EXPECT_EQ(world().committed.at("s0"), "3");
}

TEST_F(EngineTest, NamesNodeAndPluginWhenAnOperatorThrows) {
    world().splits["s0"] = {1};
    world().throw_in = "twice";
    EXPECT_EQ(run(kChain), "node `doubled` (plugin test): exception: twice gave up");
}

TEST_F(EngineTest, RefusesABatchThatDoesNotFitItsPort) {
    world().splits["s0"] = {1};
    EXPECT_EQ(run(R"(
name: bad
nodes:
  numbers_in: { numbers: {} }
  bad: { from: numbers_in, bad_shape: {} }
  out: { from: bad, collect: {} }
)"),
              "node `bad` (plugin test): emitted a batch that breaks the contract: the batch has 2 columns, its port 1");
}

TEST_F(EngineTest, RefusesACodeThatTheAbiDoesNotKnow) {
    world().splits["s0"] = {1};
    EXPECT_EQ(run(R"(
name: bad
nodes:
  numbers_in: { numbers: {} }
  bad: { from: numbers_in, bad_code: {} }
  out: { from: bad, collect: {} }
)"),
              "node `bad` (plugin test): the plugin returned 77, which is no code of the ABI");
}

}  // namespace
}  // namespace weir::host::testing
