// What a graph takes over from the one before, open and in memory: nothing is opened or read anew that did not change, and a
// failure, or the end of the process, leads back to what the store has.
#include <sys/resource.h>

#include <csignal>

#include "tests/unit/engine/change_fixture.hpp"

namespace weir::host::testing {
namespace {

using ::testing::HasSubstr;

const std::string kGraphBefore = sent_graph("keyed_count");
const std::string kGraphAfter = kGraphBefore +
                           "  again: { from: doubled, key: n, keyed_count: {} }\n"
                           "  more: { from: again, sent: more }\n";

class HandedOver : public Changed {
protected:
    void begin(uint64_t seed) {
        reset_world();
        outcomes_.clear();
        said_.clear();
        random_.seed(seed);
        fill(random_);
    }
    int early_call() { return 1 + static_cast<int>(random_() % 20); }

    std::mt19937_64 random_;
};

TEST_F(HandedOver, IsWhatBothGraphsDeclareAlike) {
    for (uint64_t seed = 0; seed < seeds(40); ++seed) {
        begin(seed);
        change_at(early_call(), kGraphAfter);
        ASSERT_EQ(run(kGraphBefore, seed), "") << "seed " << seed;
        ASSERT_EQ(outcomes_.size(), 1U) << "seed " << seed;
        EXPECT_TRUE(outcomes_[0].is_taken) << "seed " << seed << ": " << outcomes_[0].why.text();
        EXPECT_EQ(outcomes_[0].kept_connections, 1U) << "seed " << seed;
        EXPECT_EQ(outcomes_[0].kept_states, 1U) << "seed " << seed;
        EXPECT_EQ(cluster().opened, 1) << "seed " << seed;
        expect_each_once(seed, "value");
        if (HasFailure()) return;
    }
}

TEST_F(HandedOver, IsNoStateOfOtherWorkers) {
    for (uint64_t seed = 0; seed < seeds(20); ++seed) {
        begin(seed);
        change_at(early_call(), replaced(kGraphAfter, "workers: 2", "workers: 3"));
        ASSERT_EQ(run(kGraphBefore, seed), "") << "seed " << seed;
        ASSERT_EQ(outcomes_.size(), 1U) << "seed " << seed;
        EXPECT_EQ(outcomes_[0].kept_connections, 1U) << "seed " << seed;
        EXPECT_EQ(outcomes_[0].kept_states, 0U) << "seed " << seed;
        expect_each_once(seed, "value");
        if (HasFailure()) return;
    }
}

TEST_F(HandedOver, IsNoConnectionThatIsDeclaredOtherwise) {
    uint64_t seed = 0;
    for (const auto& [from, to] : {std::pair("cluster: here", "cluster: there"), std::pair("checkpoint: 20us", "checkpoint: 30us"),
                                   std::pair("connections: { cluster: here }", "connections: { elsewhere: { cluster: here } }")}) {
        begin(++seed);
        change_at(5, replaced(kGraphAfter, from, to));
        ASSERT_EQ(run(kGraphBefore, seed), "");
        ASSERT_EQ(outcomes_.size(), 1U);
        EXPECT_TRUE(outcomes_[0].is_taken) << outcomes_[0].why.text();
        EXPECT_EQ(outcomes_[0].kept_connections, 0U) << to;
        EXPECT_EQ(outcomes_[0].kept_states, 1U) << to;
        EXPECT_EQ(cluster().opened, 2) << to;
        expect_each_once(seed, "value");
    }
}

TEST_F(HandedOver, IsNoStateThatFitsAnotherMemoryLimit) {
    begin(1);
    change_at(5, replaced(kGraphAfter, "workers: 2", "workers: 2\nmemory_limit: 32MiB"));
    ASSERT_EQ(run(kGraphBefore, 1), "");
    ASSERT_EQ(outcomes_.size(), 1U);
    EXPECT_TRUE(outcomes_[0].is_taken) << outcomes_[0].why.text();
    EXPECT_EQ(outcomes_[0].kept_states, 0U);
    expect_each_once(1, "value");
}

// What was changed in the trial is not what the graph before goes on with.
TEST_F(HandedOver, IsReadBackWhereTheTrialFails) {
    int rolled_back = 0;
    for (uint64_t seed = 0; seed < seeds(50); ++seed) {
        begin(seed);
        const int call = early_call();
        change_at(call, kGraphAfter);
        world().retryable_calls = {call + 4 + static_cast<int>(random_() % 12)};
        ASSERT_EQ(run(kGraphBefore, seed), "") << "seed " << seed;
        ASSERT_EQ(outcomes_.size(), 1U) << "seed " << seed;
        const bool is_rolled_back = outcomes_[0].was_tried && !outcomes_[0].is_taken;
        rolled_back += is_rolled_back;
        if (is_rolled_back) {
            EXPECT_EQ(outcomes_[0].kept_states, 1U) << "seed " << seed;
            EXPECT_EQ(cluster().opened, 2) << "seed " << seed;
            EXPECT_EQ(supervisor_->topology()->find_node("again"), -1) << "seed " << seed;
        }
        expect_each_once(seed, "value");
        if (HasFailure()) return;
    }
    EXPECT_GT(rolled_back, 0);
}

// Whichever graph the next process runs, it finds what the barrier left.
TEST_F(HandedOver, IsNotMissedByWhoeverStartsBehindAKill) {
    int killed = 0;
    for (uint64_t seed = 0; seed < seeds(40); ++seed) {
        begin(seed);
        const int call = early_call();
        change_at(call, kGraphAfter);
        const auto copy = folder_ / "copy";
        std::optional<Cluster> left;
        world().at_call[call + 4 + static_cast<int>(random_() % 12)] = [&] {
            if (supervisor_->topology()->find_node("again") < 0 || !outcomes_.empty()) return;  // no trial yet, or no more
            std::filesystem::copy(state(seed), copy, std::filesystem::copy_options::recursive);
            left = cluster();
        };
        ASSERT_EQ(run(kGraphBefore, seed), "") << "seed " << seed;
        supervisor_.reset();
        if (!left) continue;
        ++killed;
        world().at_call.clear();
        std::filesystem::remove_all(state(seed));
        std::filesystem::rename(copy, state(seed));
        cluster() = *left;
        ASSERT_EQ(run(seed % 2 == 0 ? kGraphBefore : kGraphAfter, seed), "") << "seed " << seed;
        expect_each_once(seed, "value");
        if (HasFailure()) return;
    }
    EXPECT_GT(killed, 0);
}

TEST_F(HandedOver, IsClosedWhereTheTopologyEndsInstead) {
    begin(1);
    int closed = 0;
    cluster().on_close = [&] { ++closed; };
    world().at_call[5] = [this] {
        supervisor_->apply(change_to(kGraphAfter));
        supervisor_->request_stop(StopMode::kCheckpoint);
    };
    EXPECT_EQ(run(kGraphBefore, 1), "");
    EXPECT_EQ(closed, 1);
    ASSERT_EQ(outcomes_.size(), 1U);
    EXPECT_FALSE(outcomes_[0].was_tried);
    EXPECT_EQ(run(kGraphAfter, 1), "");
    expect_each_once(1, "value");
}

// The plan was made beside a run that is no more.
TEST_F(HandedOver, IsNothingOfARunThatWasBegunAgainMeanwhile) {
    begin(1);
    std::optional<Change> change;
    world().at_call[3] = [&] { change = change_to(kGraphAfter); };
    world().retryable_calls = {5};
    world().at_call[12] = [&] { supervisor_->apply(std::move(*change)); };
    ASSERT_EQ(run(kGraphBefore, 1), "");
    ASSERT_EQ(outcomes_.size(), 1U);
    EXPECT_TRUE(outcomes_[0].is_taken) << outcomes_[0].why.text();
    EXPECT_EQ(outcomes_[0].kept_connections, 0U);
    EXPECT_EQ(outcomes_[0].kept_states, 1U);
    EXPECT_EQ(cluster().opened, 3);
    expect_each_once(1, "value");
}

// While it holds the store nothing that is written to a file gets there, as on a disk that is full.
class NoRoom {
public:
    NoRoom() { getrlimit(RLIMIT_FSIZE, &before_); }
    ~NoRoom() {
        end();
        std::signal(SIGXFSZ, handler_);
    }
    void begin() const { set(0); }
    void end() const { set(before_.rlim_cur); }

private:
    void set(rlim_t bytes) const {
        rlimit limit = before_;
        limit.rlim_cur = bytes;
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    rlimit before_{};
    void (*handler_)(int) = std::signal(SIGXFSZ, SIG_IGN);
};

// The epoch that the graph before has left is its own to commit where the new graph cannot go on with the connection. Where that
// fails the graph before opens the store again, which nobody may hold then.
TEST_F(HandedOver, IsLetGoWhereTheLastEpochCannotBeCommitted) {
    const std::string before = replaced(kGraphBefore, "exactly_once", "at_least_once");
    const std::string after = replaced(kGraphAfter, "exactly_once", "at_least_once");
    begin(1);
    const NoRoom disk;
    std::optional<Change> change;
    world().at_call[3] = [&] { change = change_to(after); };
    world().retryable_calls = {5};
    world().at_call[12] = [&] {
        supervisor_->apply(std::move(*change));
        cluster().on_close = [&] { disk.begin(); };  // behind all other epochs
    };
    on_plan_ = [&] {
        disk.end();
        cluster().on_close = nullptr;
    };
    EXPECT_EQ(run(before, 1), "");
    ASSERT_EQ(outcomes_.size(), 1U);
    EXPECT_FALSE(outcomes_[0].is_taken);
    EXPECT_THAT(outcomes_[0].why.text(), HasSubstr("s1"));  // its folder
    EXPECT_EQ(supervisor_->topology()->find_node("again"), -1);
    std::map<int64_t, int64_t> last;
    for (const std::string& row : cluster().seen["counts"]) {
        long long n = 0, count = 0;
        ASSERT_EQ(sscanf(row.c_str(), "{\"n\":%lld,\"value\":%lld}", &n, &count), 2) << row;
        last[n] = std::max<int64_t>(last[n], count);
    }
    EXPECT_EQ(last, counts_);
}

// No timer fires behind the barrier, while the others come to theirs: what it did would be of no epoch.
TEST_F(HandedOver, IsStateThatStandsAtTheBarrier) {
    // A sink that takes its time leaves the others time behind the barrier. What reads of another node is made anew.
    const std::string before = replaced(kGraphBefore, "keyed_count", "delayed") + "  slow: { from: doubled, boxes: {} }\n";
    const std::string after = replaced(before, "counted: { from: doubled,", "counted: { from: passed,") + "  passed: { from: doubled, union: {} }\n";
    for (uint64_t seed = 0; seed < seeds(50); ++seed) {
        begin(seed);
        world().box_prepare_pending = 40;
        world().box_prepare_pending_of = "slow";
        change_at(early_call() + 10, after);
        ASSERT_EQ(run(before, seed), "") << "seed " << seed;
        ASSERT_EQ(outcomes_.size(), 1U) << "seed " << seed;
        EXPECT_TRUE(outcomes_[0].is_taken) << "seed " << seed << ": " << outcomes_[0].why.text();
        EXPECT_EQ(outcomes_[0].kept_states, 1U) << "seed " << seed;
        world().splits["a"].push_back(1000);  // the timers that are left are overdue before it comes
        world().wait_before = 20'000;
        world().box_prepare_pending = 0;
        ASSERT_EQ(run(replaced(after, "checkpoint: 20us", "checkpoint: 5ms"), seed), "") << "seed " << seed;
        std::map<int64_t, int64_t> sums;
        for (const std::string& row : cluster().seen["counts"]) {
            long long n = 0, count = 0;
            ASSERT_EQ(sscanf(row.c_str(), "{\"n\":%lld,\"value\":%lld}", &n, &count), 2) << row;
            sums[n] += count;
        }
        sums.erase(2000);
        EXPECT_EQ(sums, counts_) << "seed " << seed;
        if (HasFailure()) return;
    }
}

// Texts, items with a time to live, and a state that is read by a wider layout and so is not kept.
TEST_F(HandedOver, IsStateOfEveryKind) {
    const std::string kinds = "name: t\nworkers: 2\ncheckpoint: 20us\nnodes:\n  numbers_in: { numbers: {} }\n"
                              "  doubled: { from: numbers_in, twice: {} }\n  text: { from: doubled, key: n, keyed_text: {} }\n"
                              "  items: { from: doubled, key: n, collections_ttl: {} }\n  sums: { from: doubled, key: n, totals_v1: {} }\n"
                              "  out: { from: text, collect: {} }\n  out2: { from: items, collect: {} }\n  out3: { from: sums, collect: {} }\n";
    for (uint64_t seed = 0; seed < seeds(20); ++seed) {
        begin(seed);
        ASSERT_EQ(run(kinds, seed), "");
        const std::set<std::string> expected(world().sunk.begin(), world().sunk.end());
        begin(seed + 1000);
        random_.seed(seed);
        fill(random_);
        change_at(early_call(), kinds + "  passed: { from: doubled, union: {} }\n  out4: { from: passed, collect: {} }\n");
        ASSERT_EQ(run(kinds, seed + 1000), "") << "seed " << seed;
        ASSERT_EQ(outcomes_.size(), 1U) << "seed " << seed;
        EXPECT_TRUE(outcomes_[0].is_taken) << "seed " << seed << ": " << outcomes_[0].why.text();
        EXPECT_EQ(outcomes_[0].kept_states, 3U) << "seed " << seed;
        for (const std::string& row : expected)
            EXPECT_NE(std::find(world().sunk.begin(), world().sunk.end(), row), world().sunk.end()) << "seed " << seed << ": " << row;
        if (HasFailure()) return;
    }
}

}  // namespace
}  // namespace weir::host::testing
