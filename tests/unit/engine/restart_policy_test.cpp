// The strategies of `restart:`, on a clock of the test's.
#include "host/engine/restart_policy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::host {
namespace {

using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;

constexpr microseconds kShortRun = seconds(5);

RestartSpec spec_of(RestartStrategy strategy) {
    RestartSpec spec;
    spec.strategy = strategy;
    spec.jitter = 0;
    return spec;
}

// What n failures in a row lead to, in seconds; -1: it gives up.
std::vector<double> delays(RestartPolicy& policy, int n, microseconds ran = kShortRun) {
    std::vector<double> out;
    for (int i = 0; i < n; ++i) {
        const auto delay = policy.failed(0, ran);
        out.push_back(delay ? std::chrono::duration<double>(*delay).count() : -1);
    }
    return out;
}

TEST(RestartPolicy, GrowsTheDelayToItsBound) {
    RestartPolicy policy(spec_of(RestartStrategy::kExponential), 1);
    EXPECT_THAT(delays(policy, 9), ElementsAre(1, 2, 4, 8, 16, 32, 60, 60, 60));
    EXPECT_EQ(policy.attempt(), 9);
}

TEST(RestartPolicy, NeverOverflowsHoweverOftenItFails) {
    RestartPolicy policy(spec_of(RestartStrategy::kExponential), 1);
    EXPECT_EQ(delays(policy, 5000).back(), 60);
}

TEST(RestartPolicy, BeginsAnewAfterALongRun) {
    RestartPolicy policy(spec_of(RestartStrategy::kExponential), 1);
    delays(policy, 4);
    EXPECT_EQ(policy.failed(0, minutes(10)), seconds(1));
    EXPECT_EQ(policy.attempt(), 1);
    EXPECT_EQ(policy.failed(0, minutes(9)), seconds(2));
}

TEST(RestartPolicy, VariesTheDelayWithinItsShareAndByItsSeedAlone) {
    RestartSpec spec = spec_of(RestartStrategy::kExponential);
    spec.jitter = 0.25;
    spec.factor = 1;
    RestartPolicy one(spec, 7), same(spec, 7), other(spec, 8);
    const auto drawn = delays(one, 200);
    EXPECT_EQ(delays(same, 200), drawn);
    EXPECT_NE(delays(other, 200), drawn);
    EXPECT_THAT(drawn, ::testing::Each(::testing::AllOf(::testing::Ge(0.75), ::testing::Le(1.25))));
    EXPECT_GT(*std::max_element(drawn.begin(), drawn.end()) - *std::min_element(drawn.begin(), drawn.end()), 0.3);
}

TEST(RestartPolicy, WaitsTheSameTimeAndGivesUp) {
    RestartSpec spec = spec_of(RestartStrategy::kFixedDelay);
    spec.delay = seconds(10);
    spec.attempts = 3;
    RestartPolicy policy(spec, 1);
    EXPECT_THAT(delays(policy, 4), ElementsAre(10, 10, 10, -1));
    EXPECT_EQ(policy.why(), "`restart` allows 3 in a row");
}

TEST(RestartPolicy, CountsFailuresWithinATime) {
    RestartSpec spec = spec_of(RestartStrategy::kFailureRate);
    spec.failures = 2;
    spec.per = minutes(1);
    RestartPolicy policy(spec, 1);
    const auto at = [&](int64_t second) { return policy.failed(second * 1'000'000, kShortRun); };
    EXPECT_EQ(at(0), seconds(1));
    EXPECT_EQ(at(30), seconds(1));
    EXPECT_EQ(at(60), seconds(1)) << "the first is a minute old";
    EXPECT_EQ(at(89), std::nullopt);
    EXPECT_EQ(policy.why(), "it failed 3 times within 1m, and `restart` allows 2");
}

TEST(RestartPolicy, NoneIsNone) {
    RestartPolicy policy(spec_of(RestartStrategy::kNone), 1);
    EXPECT_EQ(policy.failed(0, kShortRun), std::nullopt);
}

}  // namespace
}  // namespace weir::host
