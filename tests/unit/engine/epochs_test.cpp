// Epochs that a server decides: what a start finds, of this topology's last run or of another, and what a stop leaves.
#include "host/engine/epochs.hpp"

#include <fstream>

#include <weir/ext/start.h>

#include "host/state/replacement.hpp"
#include "tests/unit/engine/cluster_operators.hpp"
#include "tests/unit/engine/keyed_fixture.hpp"

namespace weir::host::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr const char* kText = R"(
name: t
workers: 1
checkpoint: 20us
delivery: exactly_once
connections: { cluster: here }
nodes:
  numbers_in: { numbers: {} }
  doubled: { from: numbers_in, twice: {} }
  counted: { from: doubled, key: n, tally: {} }
  out: { from: counted, sent: counts }
)";

class DecidedEpochs : public KeyedStates {
protected:
    void SetUp() override {
        KeyedStates::SetUp();
        world().splits["s0"] = {1, 2, 3, 1};
    }
    RunOptions reset() {
        RunOptions made = options(1);
        made.epochs.reset = true;
        return made;
    }
    void fail_next_call() { world().retryable_calls = {world().twice_calls + 1}; }
    size_t seen() { return cluster().seen["counts"].size(); }

    fs::path dir() const { return folder_ / "state"; }
    const std::atomic<bool> no_stop_{false};
};

TEST_F(DecidedEpochs, AreRefusedWhereTheClusterHasAnother) {
    ASSERT_EQ(run(kText, options(1)), "");
    EXPECT_EQ(cluster().checkpoint, std::chrono::microseconds(20)) << "it is told how long they are";
    cluster().marker = "9.another";
    const int fenced = cluster().fenced;
    EXPECT_THAT(run(kText, options(1)), HasSubstr("but the cluster's last transaction of this topology is `9.another`"));
    EXPECT_EQ(cluster().fenced, fenced) << "who is refused ends nobody";
}

// The cluster still has the marker of the epoch before the reset.
TEST_F(DecidedEpochs, GoOnBehindAResetThatFailedBeforeItsFirst) {
    ASSERT_EQ(run(kText, options(1)), "");
    ASSERT_EQ(seen(), 4u);
    fail_next_call();
    EXPECT_THAT(run(kText, reset()), HasSubstr("the server is gone"));
    EXPECT_EQ(run(kText, options(1)), "");
    EXPECT_EQ(seen(), 8u) << "it began anew";
}

TEST_F(DecidedEpochs, BeginAsConfiguredBehindAReset) {
    ASSERT_EQ(run(kText, options(1)), "");
    fail_next_call();
    ASSERT_THAT(run(kText, reset()), HasSubstr("the server is gone"));
    Diagnostics diagnostics;
    const auto plan = Plan::build(*topology_, resolver_, {}, diagnostics);
    ASSERT_TRUE(plan) << diagnostics.text();
    Epochs epochs(*plan, options(1).epochs);
    ASSERT_TRUE(epochs.open().ok());
    for (const auto& connection : plan->connections()) ASSERT_TRUE(connection->open(no_stop_).ok());
    ASSERT_TRUE(epochs.recover(no_stop_).ok());
    auto start = epochs.outside_start();
    ASSERT_TRUE(start.ok()) << start.status().message();
    EXPECT_EQ(*start, WEIR_START_CONFIGURED);
}

// A folder from which nothing can be removed.
TEST_F(DecidedEpochs, AreHeldAgainstTheClusterFromTheFirstOne) {
    ASSERT_EQ(run(kText, options(1)), "");
    const fs::path kept = folder_ / "kept";
    cluster().on_commit = [&] { fs::copy_file(dir() / kRestoredFile, kept, fs::copy_options::skip_existing); };
    ASSERT_EQ(run(kText, reset()), "");
    cluster().on_commit = nullptr;
    ASSERT_TRUE(fs::exists(kept));
    fs::copy_file(kept, dir() / kRestoredFile, fs::copy_options::overwrite_existing);
    cluster().marker = "9.another";
    EXPECT_THAT(run(kText, options(1)), HasSubstr("but the cluster's last transaction of this topology is `9.another`"));
}

TEST_F(DecidedEpochs, StayAsTheyWereWhereAResetCannotBeKept) {
    ASSERT_EQ(run(kText, options(1)), "");
    cluster().on_begin = [&] {
        fs::create_directories(folder_ / ".removed-state");
        std::ofstream(folder_ / ".removed-state/in_the_way") << "x";
    };
    fs::path standing;
    cluster().on_close = [&] { standing = StateReplacement::standing(dir()); };
    EXPECT_THAT(run(kText, reset()), HasSubstr("cannot become"));
    EXPECT_EQ(standing, folder_ / ".replaced-state") << "it comes back once the store that took its place is closed";
    cluster().on_begin = cluster().on_close = nullptr;
    EXPECT_EQ(StateReplacement::standing(dir()), dir());
    EXPECT_EQ(run(kText, options(1)), "");
    EXPECT_EQ(seen(), 4u) << "all was read before";
}

TEST_F(DecidedEpochs, AreNotWaitedForByAStopBeforeTheFirst) {
    auto made = plan(kText, options(std::nullopt));
    ASSERT_TRUE(made) << fault_;
    cluster().begin_hangs = true;
    cluster().on_begin = [&] { made->request_stop(StopMode::kCheckpoint); };
    ASSERT_TRUE(made->connect(no_stop_).ok());
    made->start();
    made->join();
    EXPECT_EQ(cluster().cancelled, 1);
    EXPECT_FALSE(made->failure()) << made->failure()->text();
}

TEST_F(DecidedEpochs, AreLeftToTheNextStartWhereACommitDoesNotEndBehindAStop) {
    RunOptions quick = options(std::nullopt);
    quick.close_timeout = std::chrono::milliseconds(0);
    auto made = plan(kText, quick);
    ASSERT_TRUE(made) << fault_;
    cluster().commits[{1, 1}] = CommitEnd::kHangs;
    cluster().on_commit = [&] { made->request_stop(StopMode::kCheckpoint); };
    ASSERT_TRUE(made->connect(no_stop_).ok());
    made->start();
    made->join();
    cluster().on_commit = nullptr;
    EXPECT_EQ(cluster().cancelled, 1);
    ASSERT_TRUE(made->failure());
    EXPECT_THAT(made->failure()->text(), HasSubstr("the commit was given up"));
    EXPECT_EQ(made->failure()->status.code(), WEIR_E_RETRYABLE);
    made.reset();
    EXPECT_EQ(run(kText, options(1)), "");
    EXPECT_EQ(seen(), 4u);
}

}  // namespace
}  // namespace weir::host::testing
