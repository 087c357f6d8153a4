// Types of expressions, as PostgreSQL finds them.
#include "expression_fixture.hpp"

namespace weir::host::expression {
namespace {

const Schema kAll{{{"i8", type_of(TypeId::kInt8), false},
                   {"i16", type_of(TypeId::kInt16), false},
                   {"i32", type_of(TypeId::kInt32), false},
                   {"i64", type_of(TypeId::kInt64), true},
                   {"u8", type_of(TypeId::kUint8), false},
                   {"u32", type_of(TypeId::kUint32), false},
                   {"u64", type_of(TypeId::kUint64), false},
                   {"f32", type_of(TypeId::kFloat32), false},
                   {"f64", type_of(TypeId::kFloat64), false},
                   {"amount", decimal_type(12, 2), false},
                   {"s", type_of(TypeId::kString), false},
                   {"b", type_of(TypeId::kBool), false},
                   {"d", type_of(TypeId::kDate), false},
                   {"t", type_of(TypeId::kTimestamp), false}}};

TEST(Typing, WidensNumbers) {
    EXPECT_EQ(type_of_expression("i8", kAll), "int8");
    EXPECT_EQ(type_of_expression("i8 + i8", kAll), "int16");
    EXPECT_EQ(type_of_expression("i16 + 1", kAll), "int32");
    EXPECT_EQ(type_of_expression("i32 + i64", kAll), "int64?");
    EXPECT_EQ(type_of_expression("u32 + 1", kAll), "int64");
    EXPECT_EQ(type_of_expression("u64 + u64", kAll), "decimal(21,0)");
    EXPECT_EQ(type_of_expression("f32 * f32", kAll), "float32");
    EXPECT_EQ(type_of_expression("f32 * i32", kAll), "float64");
    EXPECT_EQ(type_of_expression("amount * f64", kAll), "float64");
    EXPECT_EQ(type_of_expression("2147483647", kAll), "int32");
    EXPECT_EQ(type_of_expression("2147483648", kAll), "int64");
    EXPECT_EQ(type_of_expression("9223372036854775808", kAll), "decimal(19,0)");
    EXPECT_EQ(type_of_expression("1e40", kAll), "float64");
    EXPECT_EQ(type_of_expression("sqrt(i32)", kAll), "float64");
    EXPECT_EQ(type_of_expression("abs(i16)", kAll), "int16");
    EXPECT_EQ(type_of_expression("floor(i32)", kAll), "float64");
}

TEST(Typing, GivesDecimalsTheirDigits) {
    EXPECT_EQ(type_of_expression("1.50", kAll), "decimal(3,2)");
    EXPECT_EQ(type_of_expression("amount + 1", kAll), "decimal(13,2)");
    EXPECT_EQ(type_of_expression("amount * 2", kAll), "decimal(13,2)");
    EXPECT_EQ(type_of_expression("amount * 1.19", kAll), "decimal(15,4)");
    EXPECT_EQ(type_of_expression("amount / 3", kAll), "decimal(26,16)");
    EXPECT_EQ(type_of_expression("amount::decimal(38,10) * amount::decimal(38,10)", kAll), "decimal(38,6)");
    EXPECT_EQ(type_of_expression("round(amount, 1)", kAll), "decimal(12,1)");
    EXPECT_EQ(type_of_expression("CASE WHEN b THEN amount ELSE 1.234 END", kAll), "decimal(13,3)");
}

TEST(Typing, TakesTextsForWhatStandsBeside) {
    EXPECT_EQ(type_of_expression("d > '2024-01-01'", kAll), "bool");
    EXPECT_EQ(type_of_expression("t + interval '1 day'", kAll), "timestamp");
    EXPECT_EQ(type_of_expression("d + 1", kAll), "date");
    EXPECT_EQ(type_of_expression("d - d", kAll), "int32");
    EXPECT_EQ(type_of_expression("t - t", kAll), "interval");
    EXPECT_EQ(type_of_expression("d + interval '1 hour'", kAll), "local_timestamp");
    EXPECT_EQ(type_of_expression("s || 1", kAll), "string");
    EXPECT_EQ(type_of_expression("'a' || 'b'", kAll), "string");
    EXPECT_EQ(type_of_expression("coalesce(i64, 0)", kAll), "int64");
    EXPECT_EQ(type_of_expression("nullif(i32, 0)", kAll), "int32?");
    EXPECT_EQ(type_of_expression("NULL", kAll), "string?");
    EXPECT_EQ(type_of_expression("i64 IS NULL", kAll), "bool");
    EXPECT_EQ(type_of_expression("greatest(i32, 1.5)", kAll), "decimal(11,1)");
}

TEST(Typing, RefusesWhatPostgresqlRefuses) {
    EXPECT_EQ(type_of_expression("s + 1", kAll), "problem: `+` is not defined for string and int32");
    EXPECT_EQ(type_of_expression("b + 1", kAll), "problem: `+` is not defined for bool and int32");
    EXPECT_EQ(type_of_expression("s = i32", kAll), "problem: `=` is not defined for string and int32");
    EXPECT_EQ(type_of_expression("i32 || i32", kAll), "problem: `||` is not defined for int32 and int32");
    EXPECT_EQ(type_of_expression("upper(i32)", kAll), "problem: `upper` is not defined for int32");
    EXPECT_EQ(type_of_expression("b::date", kAll), "problem: bool is not converted to date");
    EXPECT_EQ(type_of_expression("i32 AND b", kAll), "problem: this is int32, and AND wants a condition");
    EXPECT_EQ(type_of_expression("CASE WHEN b THEN 1 ELSE s END", kAll),
              "problem: this is string, and the values before are int32");
    EXPECT_EQ(type_of_expression("f64::decimal", kAll), "problem: a decimal needs its precision here");
    EXPECT_EQ(type_of_expression("s::nothing", kAll), "problem: there is no type `nothing`");
}

TEST(Typing, FindsNamesInAnyCaseUnlessQuoted) {
    const Schema schema{{{"windowStart", type_of(TypeId::kInt64), false},
                         {"a", type_of(TypeId::kInt64), false},
                         {"A", type_of(TypeId::kString), false}}};
    EXPECT_EQ(type_of_expression("windowstart", schema), "int64");
    EXPECT_EQ(type_of_expression("\"windowstart\"", schema), "problem: there is no column `windowstart`");
    EXPECT_EQ(type_of_expression("A", schema), "string");
    EXPECT_EQ(type_of_expression("a", schema), "int64");
}

}  // namespace
}  // namespace weir::host::expression
