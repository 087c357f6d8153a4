// What a new graph has to stand in its first epoch, and that nothing is left of one that does not.
#include <random>

#include <fmt/format.h>

#include "host/engine/trial.hpp"
#include "tests/unit/engine/change_fixture.hpp"

namespace weir::host::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string counted(const std::string& check, const std::string& trial) {
    return fmt::format(
        "name: t\nworkers: 2\ncheckpoint: 20us\ndelivery: exactly_once\ntrial: {}\nconnections: {{ cluster: here }}\n"
        "dead_letters: {{ sent: letters }}\nnodes:\n"
        "  numbers_in: {{ numbers: {{}} }}\n"
        "  doubled: {{ from: numbers_in, twice: {{}} }}\n"
        "  counted: {{ from: doubled, {}key: n, tally: {{}} }}\n"
        "  out: {{ from: counted, sent: counts }}\n",
        trial, check);
}
const char* const kSmall = "check: { small: n < 6 }, ";  // of 0 to 12, four of seven fail

class Tried : public Changed {
protected:
    void change(const std::string& from, const std::string& to, uint64_t seed, int call = 0) {
        reset_world();
        outcomes_.clear();
        std::mt19937_64 random(seed);
        fill(random);
        change_at(call ? call : 1 + static_cast<int>(random() % 10), to);
        ASSERT_EQ(run(from, seed), "") << "seed " << seed;
        ASSERT_EQ(outcomes_.size(), 1U) << "seed " << seed;
    }
};

TEST_F(Tried, IsRolledBackWhereTooManyRowsFail) {
    for (uint64_t seed = 0; seed < seeds(30); ++seed) {
        change(counted("", "0s"), counted(kSmall, seed % 2 ? "{ for: 100us, max_errors: 1% }" : "100us"), seed);
        EXPECT_FALSE(outcomes_[0].is_taken) << "seed " << seed;
        const char* const allowed = seed % 2 ? "more than `max_errors: 1%` of `trial:` allows" : "more than 10.0%, which is ten percent above what failed before";
        EXPECT_THAT(outcomes_[0].why.text(), AllOf(HasSubstr("in its trial "), HasSubstr(allowed), HasSubstr("Most of them at `counted`: check"))) << "seed " << seed;
        EXPECT_TRUE(cluster().seen["letters"].empty()) << "seed " << seed;
        expect_each_once(seed);
        if (HasFailure()) return;
    }
}

TEST_F(Tried, IsTakenWhereAsManyRowsMayFail) {
    change(counted("", "0s"), counted(kSmall, "{ for: 100us, max_errors: 90% }"), 1);
    EXPECT_TRUE(outcomes_[0].is_taken) << outcomes_[0].why.text();
    EXPECT_FALSE(cluster().seen["letters"].empty());
    // As many failed before.
    change(counted(kSmall, "0s"), counted("check: { little: n < 6 }, ", "100us"), 2, 50);
    EXPECT_TRUE(outcomes_[0].is_taken) << outcomes_[0].why.text();
}

TEST_F(Tried, EndsBeforeDeadLettersFloodATopic) {
    const std::string guarded = replaced(counted(kSmall, "{ for: 1ms, max_errors: 100% }"), "{ sent: letters }", "{ sent: letters, stop_above: 5% over 1s }");
    change(counted("", "0s"), guarded, 1);
    EXPECT_FALSE(outcomes_[0].is_taken);
    EXPECT_THAT(outcomes_[0].why.text(), HasSubstr("`stop_above: 5% over 1s`"));
    EXPECT_TRUE(cluster().seen["letters"].empty());
    expect_each_once(1);
}

std::string timed(const std::string& in, const std::string& more) {
    return fmt::format(
        "name: t\nworkers: 2\ncheckpoint: 20us\ntrial: 100us\nnodes:\n"
        "  in: {{ timed: {{}}, {} }}\n"
        "  doubled: {{ from: in, select: [n], twice: {{}} }}\n"
        "  all: {{ from: doubled, collect: {{}} }}\n"
        "  seen: {{ from: [in{}], watch: {{}} }}\n"
        "  out: {{ from: seen, collect: {{}} }}\n{}",
        in, more.empty() ? "" : ", quiet", more);
}

class TriedTime : public Changed {
protected:
    void SetUp() override {
        Changed::SetUp();
        for (int64_t i = 0; i < 600; ++i) world().timed["a"].push_back({1'700'000'000'000'000 + 1000 * i, 0});
    }
    std::string why(const std::string& to, uint64_t seed = 1) {
        outcomes_.clear();
        world().twice_calls = 0;
        change_at(20, to);
        EXPECT_EQ(run(timed("event_time: ts", ""), seed), "");
        EXPECT_EQ(outcomes_.size(), 1U);
        if (outcomes_.empty()) return "there is no outcome";
        return outcomes_[0].is_taken ? "" : outcomes_[0].why.text();
    }
};

TEST_F(TriedTime, IsRolledBackWhereAllRowsAreLate) {
    EXPECT_THAT(why(timed("set: { past: ts - INTERVAL '3650 days' }, event_time: past", "")),
                AllOf(HasSubstr("stood still at 2023-11-14T22:13:2"), HasSubstr("no row of `in` is later than 2013-11-16T22:13:2"),
                      HasSubstr("by `past`: all are late")));
}

TEST_F(TriedTime, IsRolledBackWhereANewSourceKeepsAllWaiting) {
    world().splits = {{"s0", {1}}};
    world().wait_before = 10'000'000;
    const std::string quiet = "  quiet: { numbers: {}, set: { ts: TIMESTAMP '2023-11-14 22:13:20' }, event_time: { column: ts } }\n";
    EXPECT_THAT(why(timed("event_time: ts", quiet)), HasSubstr("stood still at 2023-11-14T22:13:20"));
    EXPECT_THAT(outcomes_[0].why.text(), HasSubstr("since `quiet` is new and gave no row, and all wait for it"));
}

TEST_F(TriedTime, IsTakenWhereTimeStandsForAWhile) {
    // A longer delay holds the watermark where it is; who falls silent is not waited for.
    EXPECT_EQ(why(timed("event_time: { column: ts, max_delay: 1h }", "")), "");
    world().splits = {{"s0", {1}}};
    world().wait_before = 5'000;
    const std::string quiet = "  quiet: { numbers: {}, set: { ts: TIMESTAMP '2023-11-14 22:13:20' }, event_time: { column: ts, idle_after: 1ms } }\n";
    EXPECT_EQ(why(timed("event_time: ts", quiet), 2), "");
}

TEST_F(Tried, MayNotBeLongerThanATransactionIsOpen) {
    const Graph made = graph(counted("", "0s"));
    auto plan = made.plan_again();
    ASSERT_TRUE(plan.ok());
    EXPECT_EQ(too_long(**plan, std::chrono::seconds(55)), "");
    EXPECT_EQ(too_long(**plan, std::chrono::seconds(56)),
              "a trial of 56s is longer than a transaction of connection `cluster` may be open, 1m (patience): expected 55s at most, so that its first record may "
              "take its time, or more there");
    const Graph other = graph(replaced(counted("", "0s"), "exactly_once", "at_least_once"));
    plan = other.plan_again();
    ASSERT_TRUE(plan.ok());
    EXPECT_EQ(too_long(**plan, std::chrono::hours(1)), "");
}

}  // namespace
}  // namespace weir::host::testing
