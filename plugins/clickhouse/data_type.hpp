// ClickHouse's types, out of the text by which a server names them: `LowCardinality(Nullable(String))`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <weir/result.hpp>
#include <weir/types.hpp>

namespace weir::clickhouse {

enum class Kind : uint8_t {
    kBool,
    kInt,         // 8 to 256 bits
    kUint,
    kFloat,       // 32 or 64 bits
    kDecimal,     // 32 to 256 bits
    kString,
    kFixedString,
    kDate,        // days in 16 bits
    kDate32,
    kDateTime,    // seconds in 32 bits
    kDateTime64,  // ticks of 10^-scale seconds
    kUuid,
    kEnum,        // 8 or 16 bits
    kIpv4,
    kIpv6,
    kJson,
    kNullable,
    kLowCardinality,
    kArray,
    kMap,
    kTuple,
    kOther,       // one that is not written
};

struct DataType {
    Kind kind = Kind::kOther;
    std::string text;           // as the server names it
    size_t width = 0;           // bytes of a value of fixed width
    int precision = 0, scale = 0;
    std::vector<std::pair<std::string, int>> elements = {};  // of an Enum
    std::vector<DataType> children = {};  // of a Map: key, value
    std::vector<std::string> names = {};  // of a Tuple's elements; empty: they have none

    bool is(Kind k) const { return kind == k; }
};

// What is not known is kOther. SimpleAggregateFunction(f, T) is T, as which its values are written.
DataType parse_data_type(std::string_view text);

// The type of a column that takes all values of a weir type, for tables that are created.
std::string clickhouse_type(const Type &type, bool nullable);

// The type of weir whose values the column takes all: what to cast to. Empty: there is none.
std::string weir_type(const DataType &type);

// `name` in backticks, and a text in single quotes.
std::string quote_name(std::string_view name);
std::string quote_text(std::string_view text);

}  // namespace weir::clickhouse
