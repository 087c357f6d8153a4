// Conversions, to and from texts above all.
#include "expression_fixture.hpp"

namespace weir::host::expression {
namespace {

using Texts = std::vector<std::string>;

TEST(Casts, WriteFloatsAsPostgresqlDoes) {
    EXPECT_EQ(evaluate("0.1::float64"), "0.1");
    EXPECT_EQ(evaluate("1e15::float64"), "1e+15");
    EXPECT_EQ(evaluate("123456789012345::float64"), "123456789012345");
    EXPECT_EQ(evaluate("0.0001::float64"), "0.0001");
    EXPECT_EQ(evaluate("0.00001::float64"), "1e-05");
    EXPECT_EQ(evaluate("1000000::float32"), "1e+06");
    EXPECT_EQ(evaluate("'-infinity'::float64"), "-Infinity");
    EXPECT_EQ(evaluate("'nan'::float64"), "NaN");
}

TEST(Casts, RoundAsPostgresqlDoes) {
    EXPECT_EQ(evaluate("2.5::float64::int32"), "2");
    EXPECT_EQ(evaluate("2.5::int32"), "3");
    EXPECT_EQ(evaluate("-2.5::int32"), "-3");
    EXPECT_EQ(evaluate("1.005::decimal(10,2)"), "1.01");
    EXPECT_EQ(evaluate("0.1::float64::decimal(20,18)"), "0.100000000000000000");
}

TEST(Casts, FailWhereTheValueDoesNotFit) {
    const Schema schema{{{"s", type_of(TypeId::kString), true}}};
    EXPECT_EQ(evaluate("s::int16", schema, R"([["12"],[" -7 "],["40000"],["x"],[""],[null],["1.5"]])"),
              (Texts{"12", "-7", "error: overflow: `40000` is outside of int16", "error: bad-cast: `x` is not int16",
                     "error: bad-cast: `` is not int16", "null", "error: bad-cast: `1.5` is not int16"}));
    EXPECT_EQ(evaluate("TRY_CAST(s AS uint8)", schema, R"([["255"],["256"],["-1"],["x"]])"),
              (Texts{"255", "null", "null", "null"}));
    EXPECT_EQ(evaluate("s::decimal(5,2)", schema, R"([["1.005"],["1e2"],["999.995"],["-.5"],["abc"]])"),
              (Texts{"1.01", "100.00", "error: overflow: `999.995` is outside of decimal(5,2)", "-0.50",
                     "error: bad-cast: `abc` is not decimal(5,2)"}));
    EXPECT_EQ(evaluate("s::bool", schema, R"([["t"],["YES"],["off"],["o"],["2"]])"),
              (Texts{"true", "true", "false", "error: bad-cast: `o` is not bool", "error: bad-cast: `2` is not bool"}));
}

TEST(Casts, CheckNumbers) {
    const Schema schema{{{"f", type_of(TypeId::kFloat64), true}}};
    EXPECT_EQ(evaluate("f::int32", schema, "[[2147483647.4],[2147483648],[-2147483648.5],[null]]"),
              (Texts{"2147483647", "error: overflow: 2147483648 is outside of int32", "-2147483648", "null"}));
    EXPECT_EQ(evaluate("f::float32", schema, "[[1.5],[1e300]]"),
              (Texts{"1.5", "error: overflow: 1e+300 is outside of float32"}));
    EXPECT_EQ(evaluate("f::decimal(4,1)", schema, "[[99.95],[999.96]]"),
              (Texts{"100.0", "error: overflow: 999.96 is outside of decimal(4,1)"}));
}

TEST(Casts, KeepBinaryApartFromTexts) {
    const Schema schema{{{"b", type_of(TypeId::kBinary), true}}};
    EXPECT_EQ(evaluate("b::string", schema, R"([["abc"]])"), (Texts{"abc"}));
    EXPECT_EQ(evaluate("'ä'::binary"), "\\xc3a4");
    EXPECT_EQ(evaluate("decode('ff', 'hex')::string IS NULL OR true"), "true");
}

}  // namespace
}  // namespace weir::host::expression
