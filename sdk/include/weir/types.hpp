// Types, fields and schemas of record batches, and their way to and from ArrowSchema and text.
//
// Text form, as in topologies: `int64`, `decimal(12,2)`, `timestamp`, `list<string>`,
// `struct<city: string, zip: int32?>`, `map<string, float64>`; a trailing `?` means nullable.
// Plain values; const access from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <weir/abi.h>
#include <weir/result.hpp>

namespace weir {

// The value of a decimal, unscaled. (ISO C++ has no name for it.)
__extension__ typedef __int128 Int128;
__extension__ typedef unsigned __int128 Uint128;

enum class TypeId : uint8_t {
    kBool,
    kInt8,
    kInt16,
    kInt32,
    kInt64,
    kUint8,
    kUint16,
    kUint32,
    kUint64,
    kFloat32,
    kFloat64,
    kDecimal128,  // 128-bit two's complement, value x 10^scale
    kString,      // UTF-8, int32 offsets
    kBinary,      // int32 offsets
    kDate,        // days since 1970-01-01, int32
    kTimestamp,   // microseconds since 1970-01-01 UTC, int64
    kList,        // children[0]: the element
    kStruct,
    kMap,  // children[0]: the key, not nullable; children[1]: the value
};

struct Field;

struct Type {
    TypeId id = TypeId::kInt64;
    uint8_t precision = 0;  // decimal: 1..38
    uint8_t scale = 0;      // decimal: 0..precision
    std::vector<Field> children;

    bool operator==(const Type &) const = default;
    bool is_signed_integer() const { return id >= TypeId::kInt8 && id <= TypeId::kInt64; }
    bool is_unsigned_integer() const { return id >= TypeId::kUint8 && id <= TypeId::kUint64; }
    bool is_text() const { return id == TypeId::kString || id == TypeId::kBinary; }
    bool is_nested() const { return id >= TypeId::kList; }
};

struct Field {
    std::string name;
    Type type;
    bool nullable = false;
    // Of a record that a codec reads: where the field stands in a payload, if not under its name, and how its text is
    // written, if not as the codec does it. No part of a stream's schema: neither compared nor exported with it.
    std::string path = {}, format = {};
    // Of the column that has a row's event time: microseconds to add to its value (-1: the value is the first instant that is
    // no longer meant). A row has its event time while it comes before the watermarks behind that time, so who holds rows back
    // passes the column on without. No part of the type: not compared; exported with it. At most one column has it.
    std::optional<int64_t> event_time = {};

    bool operator==(const Field &o) const { return name == o.name && type == o.type && nullable == o.nullable; }
};

inline bool is_metadata_column(std::string_view name) { return !name.empty() && name[0] == '_'; }

struct Schema {
    std::vector<Field> fields;

    bool operator==(const Schema &) const = default;
    std::optional<size_t> find(std::string_view name) const {
        for (size_t i = 0; i < fields.size(); ++i)
            if (fields[i].name == name) return i;
        return std::nullopt;
    }
    // The column that has the event time, if one has.
    std::optional<size_t> event_time() const {
        for (size_t i = 0; i < fields.size(); ++i)
            if (fields[i].event_time) return i;
        return std::nullopt;
    }
    size_t size() const { return fields.size(); }
};

inline Type type_of(TypeId id) { return Type{id, 0, 0, {}}; }
inline Type decimal_type(int precision, int scale) {
    return Type{TypeId::kDecimal128, static_cast<uint8_t>(precision), static_cast<uint8_t>(scale), {}};
}

// Bytes of one value in the values buffer; 0 for bool (a bit) and for types without such a buffer.
inline size_t value_width(TypeId id) {
    switch (id) {
        case TypeId::kInt8:
        case TypeId::kUint8: return 1;
        case TypeId::kInt16:
        case TypeId::kUint16: return 2;
        case TypeId::kInt32:
        case TypeId::kUint32:
        case TypeId::kFloat32:
        case TypeId::kDate: return 4;
        case TypeId::kInt64:
        case TypeId::kUint64:
        case TypeId::kFloat64:
        case TypeId::kTimestamp: return 8;
        case TypeId::kDecimal128: return 16;
        default: return 0;
    }
}

// Of rows that come of several streams: `schema` keeps its event time where the column of that name in `other` has the same.
void agree_on_event_time(Schema &schema, const Schema &other);

std::string to_string(const Type &type);
std::string to_string(const Schema &schema);                  // `{ n: int64, name: string? }`
Result<Type> parse_type(std::string_view text);               // without a trailing `?`
Result<Field> parse_field(std::string name, std::string_view type_text);  // `?` allowed

// Copies what *schema describes. WEIR_E_CONFIG for a format outside of weir's subset.
Result<Schema> import_schema(const ArrowSchema &schema);
// Fills *out, which owns copies of everything, event time as metadata of its column; the caller (or whom it is moved to) releases it.
void export_schema(const Schema &schema, ArrowSchema *out);
// The same with path and format of the fields, as their metadata.
void export_record(const Schema &record, ArrowSchema *out);

}  // namespace weir

#ifndef WEIR_SDK_COMPILED
#include <weir/detail/types_arrow.hpp>
#include <weir/detail/types_text.hpp>
#endif
