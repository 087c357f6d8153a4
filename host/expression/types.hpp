// The types of values inside of expressions: weir's, and three that exist only there.
//
// - interval: months, days and microseconds, as in PostgreSQL
// - local_timestamp: a wall clock's time (PostgreSQL's timestamp without time zone), as of AT TIME ZONE
// - unknown: a string literal or NULL before its place gives it a type
// Arithmetic knows int16, int32, int64, decimal, float32 and float64; narrower and unsigned integers are widened
// to the next of these that holds all their values.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <weir/types.hpp>

namespace weir::host::expression {

inline constexpr TypeId kInterval = static_cast<TypeId>(64);
inline constexpr TypeId kLocalTimestamp = static_cast<TypeId>(65);
inline constexpr TypeId kUnknown = static_cast<TypeId>(66);

struct Interval {
    int32_t months = 0, days = 0;
    int64_t micros = 0;
    bool operator==(const Interval&) const = default;
};

// A value of a nested type: row `row` of an array of that type.
struct Nested {
    const ArrowArray* array = nullptr;
    int64_t row = 0;
};

enum class Category : uint8_t { kUndecided, kBool, kNumber, kText, kBinary, kTime, kDuration, kNested };

Category category_of(TypeId id);
// The type of its category that overloads prefer: float64, string, timestamp.
bool is_preferred(TypeId id);

// Bytes of one value as kernels see it: bool is a byte, texts are views, nested values are references.
size_t cell_width(TypeId id);

bool is_decimal(const Type& type);
bool is_integer(TypeId id);
// The type that arithmetic sees: int8 and uint8 are int16, uint16 int32, uint32 int64, uint64 decimal(20,0).
Type arithmetic_type(const Type& type);
// The decimal that holds every value of an integer type.
Type decimal_of_integer(TypeId id);

// Whether a value of `from` is taken where `to` is wanted, without being told so.
bool casts_implicitly(TypeId from, TypeId to);
// The one type for alternatives (CASE, COALESCE, =), or nullopt; unknown gives way to anything.
std::optional<Type> common_type(const Type& a, const Type& b);
// Precision at most 38: what is too much is taken from the scale, down to 6 digits.
Type limited_decimal(int precision, int scale);

// As messages and the reference show it: `int64`, `interval`, `decimal(12,2)`.
std::string type_name(const Type& type);
// A type in SQL's or weir's words: `bigint`, `int64`, `numeric(12,2)`, `timestamp with time zone`. `numeric`
// without a precision has precision 0: the cast chooses.
std::optional<Type> type_from_sql(std::string_view name);

}  // namespace weir::host::expression
