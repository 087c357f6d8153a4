#include "position.hpp"

#include <gtest/gtest.h>

namespace weir::kafka {
namespace {

TEST(KafkaPosition, IsReadAsItIsWritten) {
    for (const Position &one : {Position{7, "", {}}, Position{7, "a-b_C", {}}, Position{8, "", LastRecord{6, 0xdeadbeef}},
                                Position{0, "x", LastRecord{0, ~uint64_t{0}}}}) {
        const auto read = Position::parse(one.text());
        ASSERT_TRUE(read) << one.text();
        EXPECT_EQ(read->text(), one.text());
    }
    EXPECT_EQ((Position{8, "x", LastRecord{6, 0xdeadbeef}}.text()), "8@x#6:deadbeef");
}

TEST(KafkaPosition, RefusesWhatIsNone) {
    for (const char *text : {"", "x", "-1", "5 ", "@x", "5#", "5@x#6", "5@x#-1:0", "5@x#6:", "5@x#6:xyz", "5#6:0 "}) EXPECT_FALSE(Position::parse(text)) << text;
}

}  // namespace
}  // namespace weir::kafka
