#include "offsets.hpp"

#include <gtest/gtest.h>

namespace weir::kafka {
namespace {

TEST(KafkaSplit, IsReadAsItIsWritten) {
    for (const TopicPartition &one : {TopicPartition{"orders", 0}, TopicPartition{"a.b-c_D", 2147483647}, TopicPartition{"a/b", 7}}) {
        const auto read = parse_split(split_id(one));
        ASSERT_TRUE(read) << split_id(one);
        EXPECT_EQ(*read, one);
    }
    EXPECT_EQ(split_id({"orders", 12}), "orders/12");
}

TEST(KafkaSplit, RefusesWhatIsNone) {
    for (const char *text : {"", "orders", "orders/", "orders/x", "orders/-1", "orders/1 ", "orders/2147483648"}) EXPECT_FALSE(parse_split(text)) << text;
}

}  // namespace
}  // namespace weir::kafka
