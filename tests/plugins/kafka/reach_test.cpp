#include "reach.hpp"

#include <gtest/gtest.h>

namespace weir::kafka {
namespace {

TEST(KafkaReach, TakesBrokerListsApart) {
    EXPECT_EQ(parse_addresses("a, b:1,[::1]:2,SSL://c:3,"),
              (std::vector<Address>{{"a", "9092"}, {"b", "1"}, {"::1", "2"}, {"c", "3"}}));
    EXPECT_EQ((Address{"::1", "2"}).text(), "[::1]:2");
}

TEST(KafkaReach, SaysWhyAnAddressIsNotReached) {
    auto go_on = [] { return true; };
    EXPECT_EQ(why_unreachable({"127.0.0.1", "1"}, std::chrono::milliseconds(500), go_on), "Connection refused");
    EXPECT_TRUE(why_unreachable({"nobody.invalid", "1"}, std::chrono::milliseconds(500), go_on)
                    .starts_with("the name does not resolve: "));
}

}  // namespace
}  // namespace weir::kafka
