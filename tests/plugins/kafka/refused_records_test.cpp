#include "refused_records.hpp"

#include <gtest/gtest.h>

#include "producer.hpp"

namespace weir::kafka {
namespace {

using std::chrono::minutes;

// An instance of the sink that counts its wakes.
struct Sending : weir_context {
    Sending() : weir_context{} {
        wake = [](weir_context *self) { ++static_cast<Sending *>(self)->wakes; };
    }
    int wakes = 0;
    std::shared_ptr<Outbound> outbound = std::make_shared<Outbound>(this);
};

class RefusedRecordsTest : public ::testing::Test {
protected:
    const RefusedRecords::Clock::time_point begin = RefusedRecords::Clock::now();
    RefusedRecords records;
    Sending first, second;
};

TEST_F(RefusedRecordsTest, LetTheOthersSendWhenTheLastSuspectIsTaken) {
    ASSERT_TRUE(records.suspect(1, begin));
    ASSERT_TRUE(records.suspect(2, begin));
    EXPECT_TRUE(records.enter(first.outbound));
    EXPECT_FALSE(records.enter(second.outbound));
    records.clear(1, begin);
    EXPECT_EQ(second.wakes, 0);
    records.clear(2, begin);
    EXPECT_EQ(second.wakes, 1);
    EXPECT_TRUE(records.is_empty());
    EXPECT_TRUE(records.enter(second.outbound));
    EXPECT_TRUE(records.enter(first.outbound));
}

TEST_F(RefusedRecordsTest, AreLeftOutForAWhileAndThenAskedAgain) {
    ASSERT_TRUE(records.refuse(1, "too large", begin));
    ASSERT_TRUE(records.refuse(2, "too large", begin + minutes(9)));
    records.forget(begin + RefusedRecords::kHolds);
    EXPECT_EQ(records.why(1), "too large");
    records.forget(begin + minutes(11));
    EXPECT_EQ(records.why(1), std::nullopt);
    EXPECT_EQ(records.why(2), "too large");
    EXPECT_FALSE(records.is_empty());
    records.forget(begin + minutes(20));
    EXPECT_TRUE(records.is_empty());
}

TEST_F(RefusedRecordsTest, AreTooManyOnlyWhereTheyComeWithinThatWhile) {
    uint64_t record = 0;
    while (record < RefusedRecords::kMost) ASSERT_TRUE(records.refuse(record++, "", begin));
    EXPECT_FALSE(records.refuse(record, "", begin + minutes(10)));
    EXPECT_TRUE(records.refuse(record, "", begin + minutes(11)));
}

// Rows that another run makes otherwise may never come again.
TEST_F(RefusedRecordsTest, AreSuspectedNoLongerWhereNothingIsHeardOfThem) {
    ASSERT_TRUE(records.suspect(1, begin));
    ASSERT_TRUE(records.suspect(2, begin));
    EXPECT_TRUE(records.enter(first.outbound));
    EXPECT_FALSE(records.enter(second.outbound));
    records.clear(1, begin + minutes(9));
    records.forget(begin + minutes(18));
    EXPECT_TRUE(records.is_suspect(2));
    records.forget(begin + minutes(20));
    EXPECT_FALSE(records.is_suspect(2));
    EXPECT_EQ(second.wakes, 1);
}

}  // namespace
}  // namespace weir::kafka
