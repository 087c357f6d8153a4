// The wheel: nothing is taken before its time, all of it by a 64th of the time to live behind it.
#include <map>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "host/keyed/expiry_wheel.hpp"

namespace weir::host {
namespace {

std::vector<uint64_t> due(ExpiryWheel& wheel, int64_t now, size_t most = SIZE_MAX) {
    std::vector<uint64_t> out;
    wheel.take_due(now, most, [&](uint64_t entry) { out.push_back(entry); });
    return out;
}

TEST(ExpiryWheel, GivesEachEntryOnceNotBeforeItsTimeAndSoonBehindIt) {
    constexpr int64_t kTtl = 6'400, kWidth = kTtl / 64;
    std::mt19937_64 random(1);
    ExpiryWheel wheel(kTtl);
    std::map<uint64_t, int64_t> waiting;
    int64_t now = -20'000;  // times before 1970 as any other
    for (uint64_t entry = 0; entry < 20'000; ++entry) {
        now += static_cast<int64_t>(random() % 5);
        waiting[entry] = now + static_cast<int64_t>(random() % kTtl);
        wheel.add(waiting[entry], entry);
        for (uint64_t taken : due(wheel, now)) {
            ASSERT_TRUE(waiting.contains(taken));
            ASSERT_LE(waiting[taken], now);
            waiting.erase(taken);
        }
        for (const auto& [id, expiry] : waiting) {
            if (entry % 100 != 0) break;
            ASSERT_GT(expiry + kWidth, now) << "it waits for too long";
        }
        ASSERT_LE(wheel.buckets(), 66u);
    }
    EXPECT_EQ(due(wheel, INT64_MAX).size(), waiting.size());
    EXPECT_EQ(wheel.buckets(), 0u);
}

TEST(ExpiryWheel, TakesNoMoreThanItIsAllowed) {
    ExpiryWheel wheel(64);
    for (uint64_t i = 0; i < 10; ++i) wheel.add(5, i);
    EXPECT_EQ(due(wheel, 100, 3).size(), 3u);
    EXPECT_EQ(due(wheel, 100, 0).size(), 0u);
    EXPECT_EQ(due(wheel, 100).size(), 7u);
}

TEST(ExpiryWheel, MayBeGivenEntriesBackWhileTheyAreTaken) {
    ExpiryWheel wheel(64);
    wheel.add(5, 1);
    wheel.add(6, 2);
    std::vector<uint64_t> taken;
    wheel.take_due(50, SIZE_MAX, [&](uint64_t entry) {
        taken.push_back(entry);
        if (entry == 1) wheel.add(90, 1);
    });
    EXPECT_EQ(taken, (std::vector<uint64_t>{1, 2}));
    EXPECT_EQ(due(wheel, 90), std::vector<uint64_t>()) << "its bucket is not over";
    EXPECT_EQ(due(wheel, 91), std::vector<uint64_t>{1});
}

TEST(ExpiryWheel, OfTheShortestTimesHasBucketsOfAMicrosecond) {
    ExpiryWheel wheel(1);
    wheel.add(0, 1);
    wheel.add(-1, 2);
    EXPECT_EQ(due(wheel, 0), std::vector<uint64_t>{2});
    EXPECT_EQ(due(wheel, 1), std::vector<uint64_t>{1});
}

}  // namespace
}  // namespace weir::host
