// Rows at the edges of every type, under columns with names of one letter.
#pragma once

#include <weir/testing/rows.hpp>

namespace weir::fuzz {

inline Schema edge_schema() {
    return weir::testing::schema_of({{"a", "int8?"},
                                     {"b", "bool?"},
                                     {"c", "uint64?"},
                                     {"d", "date?"},
                                     {"e", "decimal(38,10)?"},
                                     {"f", "float64?"},
                                     {"g", "float32?"},
                                     {"i", "int32?"},
                                     {"j", "string?"},
                                     {"l", "int64"},
                                     {"m", "map<string, int64?>?"},
                                     {"n", "decimal(12,2)?"},
                                     {"s", "string?"},
                                     {"t", "timestamp?"},
                                     {"u", "struct<x: int32?, y: list<string?>?>?"},
                                     {"v", "list<float64>?"},
                                     {"z", "binary?"}});
}

constexpr const char* kEdgeRows = R"([
[1, true, 1, 19866, "1.5", 2.25, 0.5, 42, "{\"a\": [1, null]}", 7, {"k": 1}, "4.50", "abc", 1716467696000000, {"x": 1, "y": ["p", null]}, [1.5, 2], "x"],
[-128, false, 18446744073709551615, -2147483648, "-1234567890123456789012345678.9", 1e308, 3e38, -2147483648, "[", -9223372036854775808, {}, "-9999999999.99", "", -9223372036854775807, {"x": null, "y": []}, [], ""],
[127, true, 0, 2147483647, "0", -1e-308, -0.0, 2147483647, "\"t\"", 9223372036854775807, {"k": null, "l": 2}, "0.01", "ÄÖ%_\\ß", 9223372036854775807, {"x": -1, "y": null}, [0], "ü"],
[null, null, null, null, null, null, null, null, null, 0, null, null, null, null, null, null, null]
])";

// Owned by the caller.
inline ArrowArray edge_rows() { return weir::testing::make_rows(edge_schema(), weir::testing::Json::parse(kEdgeRows)); }

}  // namespace weir::fuzz
