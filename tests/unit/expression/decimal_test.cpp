// Decimals at the edges of 128 bits.
#include <gtest/gtest.h>

#include <weir/row_json.hpp>

#include "host/expression/decimal.hpp"
#include "host/expression/number_text.hpp"

namespace weir::host::expression {
namespace {

Int128 decimal_of(std::string_view text, int scale) {
    Int128 out = 0;
    EXPECT_EQ(read_decimal(text, 38, scale, out), ReadResult::kOk) << text;
    return out;
}

std::string text_of(std::optional<Int128> value, int scale) { return value ? format_decimal(*value, scale) : "none"; }

constexpr const char* kLargest = "99999999999999999999999999999999999999";

TEST(Decimals, MultiplyThroughMoreThan128Bits) {
    const Int128 a = decimal_of("12345678901234567890.123456789", 9);
    EXPECT_EQ(text_of(multiply(a, a, 18, 0, 38), 0), "none");
    const Int128 b = decimal_of("1234567890.123456789012345", 15);
    EXPECT_EQ(text_of(multiply(b, b, 30, 10, 38), 10), "1524157875323883675.0495334800");
    EXPECT_EQ(text_of(multiply(decimal_of(kLargest, 0), 1, 0, 0, 38), 0), kLargest);
    EXPECT_EQ(text_of(multiply(decimal_of(kLargest, 0), -2, 0, 0, 38), 0), "none");
}

TEST(Decimals, DivideAndRoundHalfAwayFromZero) {
    EXPECT_EQ(text_of(divide(2, 0, 3, 0, 4, 38), 4), "0.6667");
    EXPECT_EQ(text_of(divide(-1, 0, 8, 0, 2, 38), 2), "-0.13");
    EXPECT_EQ(text_of(divide(decimal_of(kLargest, 0), 0, 7, 0, 0, 38), 0), "14285714285714285714285714285714285714");
    EXPECT_EQ(text_of(divide(decimal_of("1", 20), 20, decimal_of("3", 18), 18, 16, 38), 16), "0.3333333333333333");
    EXPECT_EQ(text_of(divide(decimal_of(kLargest, 0), 0, decimal_of("0.5", 20), 20, 0, 38), 0), "none");
}

TEST(Decimals, CompareAcrossScales) {
    EXPECT_EQ(compare(decimal_of(kLargest, 0), 0, 5, 1), 1);
    EXPECT_EQ(compare(decimal_of("0.10", 2), 2, decimal_of("0.1", 1), 1), 0);
    EXPECT_EQ(compare(-decimal_of(kLargest, 0), 0, decimal_of("-0.00000000000000000001", 20), 20), -1);
}

TEST(Decimals, RescaleWithinTheirPrecision) {
    EXPECT_EQ(text_of(rescale(decimal_of("9.995", 3), 3, 2, 4), 2), "10.00");
    EXPECT_EQ(text_of(rescale(decimal_of("9.995", 3), 3, 2, 3), 2), "none");
    EXPECT_EQ(text_of(rescale(decimal_of(kLargest, 0), 0, 2, 38), 2), "none");
}

TEST(Decimals, BecomeTheNearestDouble) {
    EXPECT_EQ(to_double(decimal_of("0.1", 1), 1), 0.1);
    EXPECT_EQ(to_double(decimal_of("12345678901234567890.123456789", 9), 9), 12345678901234567890.123456789);
    EXPECT_EQ(text_of(from_double(1e300, 2, 38, 15), 2), "none");
    EXPECT_EQ(text_of(from_double(1.15, 1, 38, 15), 1), "1.2");
}

}  // namespace
}  // namespace weir::host::expression
