#include "host/text/address.hpp"

#include <gtest/gtest.h>

namespace weir::host {
namespace {

TEST(Address, IsOfThisMachineOrOfOthers) {
    for (const char* own : {"127.0.0.1", "127.1.2.3", "::1"}) EXPECT_TRUE(is_loopback(own)) << own;
    for (const char* other : {"0.0.0.0", "::", "10.0.0.1", "::ffff:127.0.0.1", ""}) EXPECT_FALSE(is_loopback(other)) << other;
    EXPECT_TRUE(is_ip_address("fe80::1"));
    EXPECT_FALSE(is_ip_address("localhost"));
}

TEST(Address, StandsBeforeItsPort) {
    EXPECT_EQ(endpoint_text("127.0.0.1", 80), "127.0.0.1:80");
    EXPECT_EQ(endpoint_text("::1", 80), "[::1]:80");
}

}  // namespace
}  // namespace weir::host
