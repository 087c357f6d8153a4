#include "host_slot.hpp"

#include <unistd.h>

#include <gtest/gtest.h>

namespace weir::kafka {
namespace {

TEST(KafkaHostSlot, GivesTheSameNameAgainAndAnotherBesideIt) {
    std::string scope = "test-" + std::to_string(getpid());
    auto first = HostSlot::claim(scope, "weir-a b");
    ASSERT_TRUE(first);
    std::string name = first->name();
    EXPECT_TRUE(name.starts_with("weir-a-b-") && name.ends_with("-0")) << name;
    {
        auto second = HostSlot::claim(scope, "weir-a b");
        ASSERT_TRUE(second);
        EXPECT_TRUE(second->name().ends_with("-1")) << second->name();
    }
    *first = HostSlot();
    auto again = HostSlot::claim(scope, "weir-a b");
    ASSERT_TRUE(again);
    EXPECT_EQ(again->name(), name);
}

}  // namespace
}  // namespace weir::kafka
