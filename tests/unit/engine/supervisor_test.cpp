// Topologies that fail and begin again: at the last committed epoch, nothing lost, and no more often than allowed.
#include "host/engine/supervisor.hpp"

#include <map>
#include <random>
#include <set>

#include <fmt/format.h>
#include <stdlib.h>

#include <weir/testing/rows.hpp>

#include "tests/unit/engine/change_fixture.hpp"

namespace weir::host::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kPlain = R"(
nodes:
  numbers_in: { numbers: {} }
  doubled: { from: numbers_in, twice: {} }
  out: { from: doubled, collect: {} }
)";

class Supervised : public EngineFixture {
protected:
    Supervised() {
        char name[] = "/tmp/weir-supervisor-XXXXXX";
        if (!mkdtemp(name)) throw std::runtime_error("no temporary folder");
        folder_ = name;
    }
    ~Supervised() override { std::filesystem::remove_all(folder_); }

    std::unique_ptr<Plan> plan_again() {
        Diagnostics diagnostics;
        auto plan = Plan::build(*topology_, resolver_, {}, diagnostics);
        fault_ = diagnostics.text(false);
        return plan;
    }

    // What the restarts say is in said_.
    std::unique_ptr<Supervisor> supervise(const std::string& text, RunOptions run = {}) {
        Diagnostics diagnostics;
        topology_ = load_topology_text("test.yaml", text, {}, resolver_.catalog(), diagnostics);
        if (!topology_) throw std::runtime_error(diagnostics.text(false));
        if (topology_->workers == 0) topology_->workers = 1;
        SupervisorOptions options;
        options.run = std::move(run);
        options.graph = {std::make_shared<const Topology>(*topology_), [this]() -> Result<std::unique_ptr<Plan>> { return plan_again(); }};
        options.on_failure = [this](const RestartNotice& n) {
            said_.push_back(fmt::format("{}: {} in {} s", n.failure, n.attempt, n.delay.count() / 1'000'000));
            if (on_failure_) on_failure_();
        };
        options.on_restarted = [this](int64_t attempt, uint64_t) { said_.push_back(fmt::format("restart {}", attempt)); };
        return std::make_unique<Supervisor>(plan_again(), std::move(options));
    }

    // To its end; the failure's text, or "".
    std::string run_to_end(Supervisor& supervisor) {
        const Status status = supervisor.connect(no_stop_);
        if (!status.ok()) return status.message();
        supervisor.start();
        supervisor.join();
        stats_ = supervisor.stats();
        return supervisor.failure() ? supervisor.failure()->text() : "";
    }

    RunOptions simulated(uint64_t seed, bool is_durable = true) {
        RunOptions options;
        options.simulate = seed;
        if (is_durable) options.epochs.dir = folder_ / fmt::format("s{}", seed);
        return options;
    }

    std::filesystem::path folder_;
    std::atomic<bool> no_stop_{false};
    std::vector<std::string> said_;
    std::function<void()> on_failure_;
};

TEST_F(Supervised, GoesOnWithTheStateOfTheLastEpoch) {
    for (uint64_t seed = 0; seed < seeds(40); ++seed) {
        reset_world();
        said_.clear();
        std::mt19937_64 random(seed);
        std::map<int64_t, int64_t> counts;
        for (const char* split : {"a", "b", "c"}) {
            auto& values = world().splits[split];
            for (int i = 0; i < 80; ++i) values.push_back(static_cast<int64_t>(random() % 7));
            for (int64_t n : values) ++counts[2 * n];
        }
        world().splits.erase("s0");
        for (int i = 0; i < 4; ++i) world().retryable_calls.insert(1 + static_cast<int>(random() % 100));
        const std::string text = fmt::format("name: t\nworkers: {}\ncheckpoint: {}us\n{}", 1 + random() % 3,
                                             1 + random() % 100, kCountedNodes);
        auto supervisor = supervise(text, simulated(seed));
        ASSERT_EQ(run_to_end(*supervisor), "") << "seed " << seed;
        const auto failures = static_cast<int64_t>(world().retryable_calls.size());
        EXPECT_EQ(stats_.restarts, failures) << "seed " << seed;
        // Rows may come again, and nothing is counted twice or not at all.
        std::map<int64_t, std::set<int64_t>> seen;
        for (const std::string& row : world().sunk) {
            long long n = 0, count = 0;
            ASSERT_EQ(sscanf(row.c_str(), "{\"n\":%lld,\"count\":%lld}", &n, &count), 2) << row;
            seen[n].insert(count);
        }
        for (const auto& [n, count] : counts) {
            ASSERT_EQ(static_cast<int64_t>(seen[n].size()), count) << "seed " << seed << ", n " << n;
            ASSERT_EQ(*seen[n].rbegin(), count) << "seed " << seed << ", n " << n;
        }
    }
}

// Rows that a tap was shown, by their text.
struct CountingReader : TapReader {
    std::vector<TapPoint> begin(const Plan&) override { return {{"numbers_in", "out"}}; }
    void on_rows(size_t, const Schema& schema, const weir_batch& rows) override {
        for (const std::string& row : weir::testing::json_rows(schema, *rows.array)) ++seen[row];
    }
    std::map<std::string, int> seen;
};

// The new run has other batches and schemas; of the old one nothing is held.
TEST_F(Supervised, IsSeenThroughItsRestarts) {
    for (int64_t n = 0; n < 12; ++n) world().splits["s0"].push_back(n);
    world().batch = 1;
    world().retryable_calls = {5};
    CountingReader reader;
    Taps taps(reader);
    RunOptions options = simulated(5, false);
    options.taps = &taps;
    auto supervisor = supervise(fmt::format("name: t\ncheckpoint: 1us\nrestart: {{ jitter: 0 }}\n{}", kPlain), std::move(options));
    EXPECT_EQ(run_to_end(*supervisor), "");
    EXPECT_EQ(said_.size(), 2U);
    int rows = 0;
    for (const auto& [row, times] : reader.seen) rows += times;
    EXPECT_EQ(rows + taps.skipped({"numbers_in", "out"}), stats_.records);
    EXPECT_TRUE(reader.seen.contains("{\"n\":11}")) << "the last row, of the second run";
}

TEST_F(Supervised, DoesTheSameWithTheSameSeed) {
    std::vector<std::string> first;
    for (int i = 0; i < 2; ++i) {
        reset_world();
        said_.clear();
        world().splits["s0"] = std::vector<int64_t>(60, 1);
        world().retryable_calls = {3, 4, 5, 20};
        auto supervisor = supervise(fmt::format("name: t\ncheckpoint: 5us\nrestart: {{ jitter: 0.5 }}\n{}", kPlain),
                                    simulated(11, false));
        ASSERT_EQ(run_to_end(*supervisor), "");
        auto all = world().sunk;
        all.insert(all.end(), said_.begin(), said_.end());
        if (i == 0) first = all;
        EXPECT_EQ(all, first);
    }
}

TEST_F(Supervised, BeginsWhereItsSourcesWereWhenNoStateIsKept) {
    world().splits["s0"] = std::vector<int64_t>(60, 1);
    world().batch = 1;
    world().retryable_calls = {40};
    size_t committed = 0;
    on_failure_ = [&] { committed = std::stoul("0" + world().committed["s0"]); };
    auto supervisor =
        supervise(fmt::format("name: t\ncheckpoint: 1us\nrestart: {{ jitter: 0 }}\n{}", kPlain), simulated(3, false));
    ASSERT_EQ(run_to_end(*supervisor), "");
    EXPECT_THAT(said_, ElementsAre("node `doubled` (plugin test): the server is gone: 1 in 1 s", "restart 1"));
    EXPECT_GT(committed, 0u);
    EXPECT_EQ(world().sunk.size(), 39 + 60 - committed);
}

TEST_F(Supervised, CountsOnlyCommittedRecordsAgainstTheLimit) {
    world().splits["s0"] = std::vector<int64_t>(100, 1);
    world().batch = 1;
    world().endless = true;
    world().retryable_calls = {7, 15};
    RunOptions options = simulated(5);
    options.records = 20;
    auto supervisor = supervise(fmt::format("name: t\ncheckpoint: 2us\n{}", kCountedNodes), options);
    ASSERT_EQ(run_to_end(*supervisor), "");
    EXPECT_EQ(world().committed["s0"], "20");
}

// The cluster still has the marker of the epoch before the reset, and the state has none.
TEST_F(Supervised, GoesOnBehindAResetThatFailedBeforeItsFirstEpoch) {
    world().splits["s0"] = {1, 2, 3};
    const std::string text = fmt::format("name: t\ndelivery: exactly_once\nconnections: {{ cluster: here }}\nrestart: {{ jitter: 0 }}\n{}",
                                         replaced(kCountedNodes, "collect: {}", "sent: counts"));
    ASSERT_EQ(run_to_end(*supervise(text, simulated(1))), "");
    world().retryable_calls = {world().twice_calls + 1};
    RunOptions options = simulated(1);
    options.epochs.reset = true;
    ASSERT_EQ(run_to_end(*supervise(text, std::move(options))), "");
    EXPECT_EQ(said_.size(), 2u);
    EXPECT_EQ(cluster().seen["counts"].size(), 6u);
}

TEST_F(Supervised, GivesUpWhenItsAttemptsAreSpent) {
    world().splits["s0"] = {1, 2, 3};
    for (int i = 1; i < 20; ++i) world().retryable_calls.insert(i);
    auto supervisor = supervise(
        fmt::format("name: t\nrestart: {{ strategy: fixed_delay, delay: 7s, attempts: 2 }}\n{}", kPlain), simulated(1));
    EXPECT_EQ(run_to_end(*supervisor), "node `doubled` (plugin test): the server is gone");
    EXPECT_EQ(supervisor->why_over(), "`restart` allows 2 in a row");
    EXPECT_THAT(said_, ElementsAre("node `doubled` (plugin test): the server is gone: 1 in 7 s", "restart 1",
                                   "node `doubled` (plugin test): the server is gone: 2 in 7 s", "restart 2"));
}

TEST_F(Supervised, DoesNotRestartWhatIsFatal) {
    world().splits["s0"] = {1, 2, 3};
    world().throw_in = "twice";
    auto supervisor = supervise(fmt::format("name: t\n{}", kPlain), simulated(1));
    EXPECT_THAT(run_to_end(*supervisor), HasSubstr("twice gave up"));
    EXPECT_TRUE(said_.empty());
    EXPECT_EQ(stats_.restarts, 0);
}

TEST_F(Supervised, DoesNotRestartAgainstTheUsersWill) {
    world().splits["s0"] = {1, 2, 3};
    world().retryable_calls = {1};
    auto supervisor = supervise(fmt::format("name: t\nrestart: none\n{}", kPlain), simulated(1));
    EXPECT_EQ(run_to_end(*supervisor), "node `doubled` (plugin test): the server is gone");
    EXPECT_TRUE(said_.empty());
}

TEST_F(Supervised, LeavesAFirstStartThatFailsToItsUser) {
    world().unreachable = true;
    auto supervisor = supervise(fmt::format("name: t\n{}", kPlain), simulated(1));
    EXPECT_EQ(run_to_end(*supervisor), "node `out` (plugin test): nobody is there");
    EXPECT_TRUE(supervisor->failed_opening());
    EXPECT_TRUE(said_.empty());
}

TEST_F(Supervised, TriesAgainWhenARestartCannotOpen) {
    world().splits["s0"] = {1, 2, 3};
    world().retryable_calls = {1};
    world().unreachable = false;
    int failures = 0;
    on_failure_ = [&] { world().unreachable = ++failures < 3; };
    auto supervisor = supervise(fmt::format("name: t\nrestart: {{ jitter: 0 }}\n{}", kPlain), simulated(1));
    ASSERT_EQ(run_to_end(*supervisor), "");
    EXPECT_THAT(said_, ElementsAre("node `doubled` (plugin test): the server is gone: 1 in 1 s", "restart 1",
                                   "node `out` (plugin test): nobody is there: 2 in 2 s", "restart 2",
                                   "node `out` (plugin test): nobody is there: 3 in 4 s", "restart 3"));
    EXPECT_EQ(world().sunk, rows({2, 4, 6}));
}

TEST_F(Supervised, EndsWithoutAFailureWhenItIsStoppedWhileItWaits) {
    world().splits["s0"] = {1, 2, 3};
    world().retryable_calls = {1};
    std::unique_ptr<Supervisor> supervisor;
    on_failure_ = [&] { supervisor->request_stop(StopMode::kCheckpoint); };
    supervisor = supervise(fmt::format("name: t\nrestart: {{ delay: 1h }}\n{}", kPlain));
    EXPECT_EQ(run_to_end(*supervisor), "");
    EXPECT_EQ(stats_.restarts, 0);
}

TEST_F(Supervised, FailsWhenItCannotDrain) {
    world().splits["s0"] = {1, 2, 3};
    world().retryable_calls = {1};
    std::unique_ptr<Supervisor> supervisor;
    on_failure_ = [&] { supervisor->request_stop(StopMode::kDrain); };
    supervisor = supervise(fmt::format("name: t\nrestart: {{ delay: 1h }}\n{}", kPlain));
    EXPECT_EQ(run_to_end(*supervisor), "node `doubled` (plugin test): the server is gone");
    EXPECT_TRUE(supervisor->ended_waiting());
}

TEST_F(Supervised, ShowsGaugesOfTheLastRunThatOpened) {
    world().splits["s0"] = {1, 2, 3};
    world().batch = 1;
    world().retryable_calls = {3};
    on_failure_ = [&] { world().unreachable = true; };
    auto supervisor = supervise(fmt::format("name: t\nrestart: {{ strategy: fixed_delay, delay: 1s, attempts: 1 }}\n{}", kPlain), simulated(1));
    EXPECT_EQ(run_to_end(*supervisor), "node `out` (plugin test): nobody is there");
    ASSERT_EQ(stats_.nodes[1].metrics.size(), 1u);
    EXPECT_EQ(stats_.nodes[1].metrics[0].value, 3);
}

}  // namespace
}  // namespace weir::host::testing
