#include "host/text/spans.hpp"

#include <gtest/gtest.h>

namespace weir::host {
namespace {

std::string of(std::chrono::microseconds span) { return span_text(span); }

TEST(Spans, AreTheTwoUnitsThatMatter) {
    using namespace std::chrono_literals;
    EXPECT_EQ(of(0us), "0 ms");
    EXPECT_EQ(of(299'600us), "300 ms");
    EXPECT_EQ(of(5200ms), "5.2 s");
    EXPECT_EQ(of(12min + 5s), "12m 5s");
    EXPECT_EQ(of(3h + 12min), "3h 12m");
    EXPECT_EQ(of(325 * 24h + 8h + 59min), "325d 8h");
    EXPECT_EQ(of(-3h), "-3h 0m");
}

TEST(Spans, AreMomentsWhereTheyWouldBeYears) {
    constexpr int64_t kNow = 1'716'467'700'000'000;
    EXPECT_EQ(behind_text(kNow - 325 * 86'400'000'000, kNow), "325d 0h");
    EXPECT_EQ(behind_text(5'000'000, kNow), "at 1970-01-01T00:00:05Z");
    EXPECT_EQ(behind_text(kNow + 5'000'000, kNow), "-5.0 s");
    EXPECT_TRUE(is_far_behind(INT64_MIN + 1, kNow));
}

}  // namespace
}  // namespace weir::host
