// Nodes that both graphs of a change declare alike: their instances go on as they are, and where the change does not last, the graph
// before has what the barrier left.
#include <algorithm>
#include <filesystem>
#include <optional>

#include <gmock/gmock.h>

#include "tests/unit/engine/change_fixture.hpp"

namespace weir::host::testing {
namespace {

const std::string kLeanGraph = replaced(sent_graph("tally"), "counted: { from: doubled", "passed: { from: doubled, guard: {} }\n  counted: { from: passed");
const std::string kMoreNodes = kLeanGraph +
                               "  again: { from: doubled, key: n, tally: {} }\n"
                               "  more: { from: again, boxes: {} }\n";

class MovedNodes : public Changed {
protected:
    void begin(uint64_t seed) {
        reset_world();
        outcomes_.clear();
        random_.seed(seed);
        fill(random_);
    }
    int early_call() { return 1 + static_cast<int>(random_() % 20); }
    static int assigned() {
        return static_cast<int>(std::count_if(world().events.begin(), world().events.end(),
                                              [](const std::string& event) { return event.starts_with("assign "); }));
    }
    // One change, of `before` to `after`, that is taken; of how many nodes the instances went on.
    size_t change(const std::string& before, const std::string& after, uint64_t seed) {
        begin(seed);
        change_at(early_call(), after);
        EXPECT_EQ(run(before, seed), "") << "seed " << seed;
        EXPECT_EQ(outcomes_.size(), 1U) << "seed " << seed;
        if (outcomes_.empty()) return 0;
        EXPECT_TRUE(outcomes_[0].is_taken) << "seed " << seed << ": " << outcomes_[0].why.text();
        expect_each_once(seed);
        return outcomes_[0].kept_nodes;
    }

    std::mt19937_64 random_;
};

TEST_F(MovedNodes, AreNotOpenedRestoredOrClosed) {
    for (uint64_t seed = 0; seed < seeds(60); ++seed) {
        ASSERT_EQ(change(kLeanGraph, kMoreNodes, seed), 5U) << "seed " << seed;
        EXPECT_EQ(assigned(), 3) << "seed " << seed;
        EXPECT_EQ(world().tally_calls, (std::map<std::string, int>{{"opened", 4}, {"closed", 4}})) << "seed " << seed;
        if (HasFailure()) return;
    }
}

TEST_F(MovedNodes, AreMovedFromChangeToChange) {
    for (uint64_t seed = 0; seed < seeds(40); ++seed) {
        begin(seed);
        int call = early_call();
        for (const std::string& to : {kMoreNodes, kLeanGraph + "  aside: { from: doubled, guard: {} }\n  more: { from: aside, boxes: {} }\n"})
            change_at(call += 12, to, {"again"});
        ASSERT_EQ(run(kLeanGraph, seed), "") << "seed " << seed;
        ASSERT_EQ(outcomes_.size(), 2U) << "seed " << seed;
        for (const Applied& outcome : outcomes_) {
            if (!outcome.is_taken) EXPECT_THAT(outcome.why.text(), ::testing::StartsWith("another change"));
            if (outcome.is_taken) EXPECT_EQ(outcome.kept_nodes, 5U) << "seed " << seed;
        }
        EXPECT_EQ(assigned(), 3) << "seed " << seed;
        expect_each_once(seed);
        if (HasFailure()) return;
    }
}

// What the instances did in the trial is gone with them.
TEST_F(MovedNodes, AreMadeAnewAsOfTheBarrierWhereTheTrialFails) {
    int rolled_back = 0;
    for (uint64_t seed = 0; seed < seeds(60); ++seed) {
        begin(seed);
        const int call = early_call();
        change_at(call, kMoreNodes);
        world().retryable_calls = {call + 4 + static_cast<int>(random_() % 12)};
        ASSERT_EQ(run(kLeanGraph, seed), "") << "seed " << seed;
        ASSERT_EQ(outcomes_.size(), 1U) << "seed " << seed;
        if (outcomes_[0].was_tried && !outcomes_[0].is_taken) {
            ++rolled_back;
            EXPECT_EQ(outcomes_[0].kept_nodes, 5U) << "seed " << seed;
            EXPECT_EQ(assigned(), 6) << "seed " << seed;
            EXPECT_EQ(supervisor_->topology()->find_node("again"), -1) << "seed " << seed;
            EXPECT_TRUE(world().boxes.empty()) << "seed " << seed;
        }
        expect_each_once(seed);
        if (HasFailure()) return;
    }
    EXPECT_GT(rolled_back, 0);
}

// The process ends in the trial, be the last epoch of the graph before committed or not.
TEST_F(MovedNodes, AreMissedByNobodyBehindAKill) {
    int killed = 0, early = 0;
    for (uint64_t seed = 0; seed < seeds(60); ++seed) {
        begin(seed);
        const int call = early_call();
        change_at(call, kMoreNodes);
        const auto copy = folder_ / "copy";
        std::optional<Cluster> left;
        int commits = 0;
        cluster().on_commit = [&] { commits += supervisor_->topology()->find_node("again") >= 0; };
        for (int i = call + 1; i < call + 20; ++i)
            world().at_call[i] = [&] {
                if (left || supervisor_->topology()->find_node("again") < 0 || !outcomes_.empty()) return;
                std::filesystem::copy(state(seed), copy, std::filesystem::copy_options::recursive);
                left = cluster();
                early += commits == 0;
            };
        ASSERT_EQ(run(kLeanGraph, seed), "") << "seed " << seed;
        supervisor_.reset();
        if (!left) continue;
        ++killed;
        world().at_call.clear();
        std::filesystem::remove_all(state(seed));
        std::filesystem::rename(copy, state(seed));
        cluster() = *left;
        cluster().on_commit = nullptr;
        ASSERT_EQ(run(seed % 2 == 0 ? kLeanGraph : kMoreNodes, seed), "") << "seed " << seed;
        expect_each_once(seed);
        if (HasFailure()) return;
    }
    EXPECT_GT(killed, early);
    EXPECT_GT(early, 0);
}

TEST_F(MovedNodes, AreNoneOnAnotherNumberOfWorkers) {
    for (uint64_t seed = 0; seed < seeds(20); ++seed) {
        ASSERT_EQ(change(kLeanGraph, replaced(kMoreNodes, "workers: 2", "workers: 3"), seed), 0U) << "seed " << seed;
        EXPECT_EQ(assigned(), 6) << "seed " << seed;
        if (HasFailure()) return;
    }
}

// Batches that a sink holds may be of the code that goes.
TEST_F(MovedNodes, AreNoneBehindAnotherBuild) {
    begin(1);
    world().at_call[5] = [this] {
        world().acts_as["guard"] = "holder";
        supervisor_->apply(change_to(kMoreNodes));
    };
    ASSERT_EQ(run(kLeanGraph, 1), "");
    ASSERT_EQ(outcomes_.size(), 1U);
    EXPECT_TRUE(outcomes_[0].is_taken) << outcomes_[0].why.text();
    EXPECT_EQ(outcomes_[0].kept_nodes, 2U);  // the source, and what is before it
    expect_each_once(1);
}

TEST_F(MovedNodes, AreThoseAroundAChangedOne) {
    const std::string before = replaced(kLeanGraph, "passed: { from: doubled, guard: {} }", "passed: { from: doubled, where: n >= 0, guard: {} }");
    EXPECT_EQ(change(before, replaced(before, "n >= 0", "n >= -1"), 1), 5U);
    EXPECT_EQ(world().tally_calls, (std::map<std::string, int>{{"opened", 2}, {"closed", 2}}));
    // Another connection is another declaration of what is over it.
    EXPECT_EQ(change(kLeanGraph, replaced(kMoreNodes, "cluster: here", "cluster: there"), 2), 4U);
    // Nor do those stay that read of another node, or whose rows nobody reads any more.
    EXPECT_EQ(change(kLeanGraph, replaced(kMoreNodes, "counted: { from: passed,", "counted: { from: doubled,"), 3), 2U);
}

// Under another key what they hold is of other workers; and where that may be lost they begin anew, in memory as in the store.
TEST_F(MovedNodes, AreNoneWhoseKeyIsBoundToAnotherValue) {
    const std::string before = replaced(replaced(kLeanGraph, "from: passed, key: n,", "from: passed, key: { bucket: n % $m },"),
                                        "connections:", "parameters: { m: 4 }\nconnections:");
    for (uint64_t seed = 0; seed < seeds(20); ++seed) {
        begin(seed);
        change_at(early_call(), replaced(before, "m: 4", "m: 8"), {"counted"});
        ASSERT_EQ(run(before, seed), "") << "seed " << seed;
        ASSERT_EQ(outcomes_.size(), 1U);
        EXPECT_TRUE(outcomes_[0].is_taken) << outcomes_[0].why.text();
        EXPECT_EQ(outcomes_[0].kept_nodes, 4U) << "seed " << seed;
        EXPECT_EQ(world().tally_calls, (std::map<std::string, int>{{"opened", 4}, {"closed", 4}})) << "seed " << seed;
        if (HasFailure()) return;
    }
}

// The last epoch of the graph before is the next one's to commit.
TEST_F(MovedNodes, CountAnEpochOnceItIsCommitted) {
    for (uint64_t seed = 0; seed < seeds(20); ++seed) {
        begin(seed);
        uint64_t commits = 0;
        cluster().on_commit = [&] {
            EXPECT_EQ(supervisor_->stats().epochs, commits) << "seed " << seed;
            ++commits;
        };
        change_at(early_call(), seed % 2 == 0 ? kMoreNodes : replaced(kMoreNodes, "counted: { from: passed,", "counted: { from: doubled,"));
        ASSERT_EQ(run(kLeanGraph, seed), "") << "seed " << seed;
        ASSERT_EQ(outcomes_.size(), 1U);
        EXPECT_TRUE(outcomes_[0].is_taken) << outcomes_[0].why.text();
        EXPECT_EQ(supervisor_->stats().epochs, commits) << "seed " << seed;
        if (HasFailure()) return;
    }
}

// Rows of the new graph flow while the last epoch of the old one is committed, unless it reads what that stores.
TEST_F(MovedNodes, FlowBeforeTheLastEpochIsCommitted) {
    const std::string reads_anew = replaced(kMoreNodes, "counted: { from: passed,", "counted: { from: doubled,");
    const std::string sends_anew = replaced(kMoreNodes, "boxes: {}", "sent: more");
    uint64_t round = 0;
    for (const auto& [to, flows] : {std::pair(kMoreNodes, true), std::pair(reads_anew, false), std::pair(sends_anew, false)}) {
        int early = 0;
        ++round;
        for (uint64_t seed = 1000 * round; seed < 1000 * round + seeds(30); ++seed) {
            begin(seed);
            const int call = early_call();
            change_at(call, to);
            int calls_in_new = 0;
            cluster().on_commit = [&, is_first = true]() mutable {
                if (!is_first || supervisor_->topology()->find_node("again") < 0) return;
                is_first = false;
                early += calls_in_new > 0;
            };
            for (int i = call + 1; i < call + 40; ++i)
                world().at_call[i] = [&] { calls_in_new += supervisor_->topology()->find_node("again") >= 0; };
            ASSERT_EQ(run(kLeanGraph, seed), "") << "seed " << seed;
            ASSERT_EQ(outcomes_.size(), 1U);
            EXPECT_TRUE(outcomes_[0].is_taken) << "seed " << seed << ": " << outcomes_[0].why.text();
            expect_each_once(seed);
            if (HasFailure()) return;
        }
        EXPECT_EQ(early > 0, flows);
    }
}

// What it asked the host for is not lost.
TEST_F(MovedNodes, AreWokenWhenTheyAskedFor) {
    for (uint64_t seed = 0; seed < seeds(20); ++seed) {
        begin(seed);
        world().tally_wakes = 7;
        int before = 0;
        world().at_call[10] = [&] {
            before = world().tally_calls["woken"];
            supervisor_->apply(change_to(kLeanGraph));
        };
        ASSERT_EQ(run(kLeanGraph, seed), "");
        ASSERT_EQ(outcomes_.size(), 1U);
        EXPECT_EQ(outcomes_[0].kept_nodes, 5U);
        EXPECT_GT(world().tally_calls["woken"], before + 4) << "seed " << seed;  // two instances, once each as they were moved
        expect_each_once(seed);
        if (HasFailure()) return;
    }
}

// A batch that it holds has its columns from a port of the graph that is gone.
TEST_F(MovedNodes, KeepWhatTheyHold) {
    const std::string before = "name: t\nworkers: 2\ncheckpoint: 20us\nnodes:\n  numbers_in: { numbers: {} }\n  doubled: { from: numbers_in, twice: {} }\n"
                               "  held: { from: doubled, holder: {} }\n  counted: { from: held, key: n, tally: {} }\n  out: { from: counted, collect: {} }\n";
    for (uint64_t seed = 0; seed < seeds(20); ++seed) {
        begin(seed);
        change_at(early_call(), before + "  passed: { from: doubled, union: {} }\n  more: { from: passed, collect: {} }\n");
        ASSERT_EQ(run(before, seed), "") << "seed " << seed;
        ASSERT_EQ(outcomes_.size(), 1U);
        EXPECT_EQ(outcomes_[0].kept_nodes, 5U) << "seed " << seed;
        std::map<int64_t, int64_t> last;
        for (const std::string& row : world().sunk) {
            long long n = 0, count = 0;
            if (sscanf(row.c_str(), "{\"n\":%lld,\"count\":%lld}", &n, &count) == 2) last[n] = std::max<int64_t>(last[n], count);
        }
        EXPECT_EQ(last, counts_) << "seed " << seed;
        if (HasFailure()) return;
    }
}

// `watch` fails where a watermark comes again, or goes back.
TEST_F(MovedNodes, AreNotToldOfTheirWatermarksAgain) {
    const std::string before = "name: t\nworkers: 2\ncheckpoint: 20us\nnodes:\n  in: { timed: {}, event_time: { column: ts, max_delay: 3us } }\n"
                               "  seen: { from: in, watch: {} }\n  out: { from: seen, collect: {} }\n"
                               "  doubled: { from: in, select: { n: n }, twice: {} }\n  out2: { from: doubled, collect: {} }\n";
    for (uint64_t seed = 0; seed < seeds(30); ++seed) {
        begin(seed);
        for (const char* split : {"a", "b", "c"})
            for (int64_t i = 0; i < 100; ++i) world().timed[split].push_back({5 * i + static_cast<int64_t>(random_() % 5), 0});
        change_at(10 + early_call(), before + "  later: { from: in, watch_by_key: {}, key: n }\n  more: { from: later, collect: {} }\n");
        ASSERT_EQ(run(before, seed), "") << "seed " << seed;
        ASSERT_EQ(outcomes_.size(), 1U);
        EXPECT_TRUE(outcomes_[0].is_taken) << outcomes_[0].why.text();
        EXPECT_EQ(outcomes_[0].kept_nodes, 6U) << "seed " << seed;
        const auto rows = std::count_if(world().seen.begin(), world().seen.end(), [](const std::string& one) { return !one.starts_with("watermark"); });
        EXPECT_GE(rows, 300) << "seed " << seed;
        for (const auto& [worker, watermark] : world().watermarks_of) EXPECT_GT(watermark, 490) << "seed " << seed << ", worker " << worker;
        if (HasFailure()) return;
    }
}

// Plugins' threads do not stand still while an instance goes from one graph to the other.
TEST_F(MovedNodes, MayBeWokenAllTheWhile) {
    const std::string before = "name: t\nworkers: 2\ncheckpoint: 2ms\nnodes:\n  numbers_in: { numbers: {} }\n  doubled: { from: numbers_in, twice: {} }\n"
                               "  woken: { from: doubled, restless: {} }\n  counted: { from: woken, key: n, tally: {} }\n  out: { from: counted, collect: {} }\n";
    has_threads_ = true;
    begin(1);
    for (auto& [split, values] : world().splits)
        for (int i = 0; i < 3000; ++i) ++counts_[2 * values.emplace_back(i % 7)];
    for (int call = 10; call < 900; call += 30)  // before the first split ends
        change_at(call, call % 60 == 10 ? before + "  more: { from: doubled, collect: {} }\n" : before);
    ASSERT_EQ(run(before, 1), "");
    size_t taken = 0;
    for (const Applied& outcome : outcomes_) {
        if (!outcome.is_taken) continue;
        ++taken;
        EXPECT_GE(outcome.kept_nodes, 5U);  // and the sixth where it was there already
    }
    EXPECT_GT(taken, 1U);
    world().sunk.erase(std::remove_if(world().sunk.begin(), world().sunk.end(), [](const std::string& row) { return row.find("count") == row.npos; }),
                       world().sunk.end());
    expect_all_counted(1);
}

}  // namespace
}  // namespace weir::host::testing
