#include "host/engine/flood_guard.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::host {
namespace {

constexpr int64_t kSecond = 1'000'000;

FloodGuard guard() { return FloodGuard(StopAbove{0.05, std::chrono::seconds(10), "5% over 10s"}); }

TEST(FloodGuard, ObjectsAboveTheShare) {
    FloodGuard flood = guard();
    EXPECT_EQ(flood.judge(1 * kSecond, 1000, 50), "");
    EXPECT_THAT(flood.judge(2 * kSecond, 2000, 101),
                ::testing::StartsWith("`dead_letters`: 5.0% of the last 2000 records failed, more than `stop_above: 5% over 10s` allows."));
}

TEST(FloodGuard, ForgetsWhatIsLongerAgo) {
    FloodGuard flood = guard();
    EXPECT_EQ(flood.judge(1 * kSecond, 10'000, 400), "");
    EXPECT_EQ(flood.judge(11 * kSecond, 11'000, 440), "");
    EXPECT_EQ(flood.judge(20 * kSecond, 12'000, 480), "");
    EXPECT_THAT(flood.judge(21 * kSecond, 12'500, 541), ::testing::StartsWith("`dead_letters`: 6.7% of the last 1500 records "));
}

TEST(FloodGuard, SaysNothingOfFewRecords) {
    FloodGuard flood = guard();
    EXPECT_EQ(flood.judge(1 * kSecond, 99, 99), "");
    EXPECT_NE(flood.judge(2 * kSecond, 100, 99), "");
}

TEST(FloodGuard, WithoutALimitNeverObjects) {
    FloodGuard flood(std::nullopt);
    EXPECT_EQ(flood.judge(kSecond, 1000, 1000), "");
}

}  // namespace
}  // namespace weir::host
