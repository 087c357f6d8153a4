#include "host/expression/types.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace weir::host::expression {
namespace {

// SQL's names; those that weir has too (int64, string, decimal, …) mean what they mean in topologies.
constexpr std::array<std::pair<std::string_view, TypeId>, 37> kNames = {{
    {"bool", TypeId::kBool},
    {"boolean", TypeId::kBool},
    {"int8", TypeId::kInt8},
    {"int16", TypeId::kInt16},
    {"smallint", TypeId::kInt16},
    {"int2", TypeId::kInt16},
    {"int32", TypeId::kInt32},
    {"int", TypeId::kInt32},
    {"integer", TypeId::kInt32},
    {"int4", TypeId::kInt32},
    {"int64", TypeId::kInt64},
    {"bigint", TypeId::kInt64},
    {"uint8", TypeId::kUint8},
    {"uint16", TypeId::kUint16},
    {"uint32", TypeId::kUint32},
    {"uint64", TypeId::kUint64},
    {"float32", TypeId::kFloat32},
    {"real", TypeId::kFloat32},
    {"float4", TypeId::kFloat32},
    {"float64", TypeId::kFloat64},
    {"float8", TypeId::kFloat64},
    {"float", TypeId::kFloat64},
    {"double precision", TypeId::kFloat64},
    {"double", TypeId::kFloat64},
    {"string", TypeId::kString},
    {"text", TypeId::kString},
    {"varchar", TypeId::kString},
    {"character varying", TypeId::kString},
    {"binary", TypeId::kBinary},
    {"bytea", TypeId::kBinary},
    {"date", TypeId::kDate},
    {"timestamp", TypeId::kTimestamp},
    {"timestamptz", TypeId::kTimestamp},
    {"timestamp with time zone", TypeId::kTimestamp},
    {"timestamp without time zone", kLocalTimestamp},
    {"local_timestamp", kLocalTimestamp},
    {"interval", kInterval},
}};

int integer_digits(TypeId id) {
    switch (id) {
        case TypeId::kInt8:
        case TypeId::kUint8: return 3;
        case TypeId::kInt16:
        case TypeId::kUint16: return 5;
        case TypeId::kInt32:
        case TypeId::kUint32: return 10;
        case TypeId::kInt64: return 19;
        default: return 20;
    }
}

// The place of a type in the order in which numbers are widened; -1 for anything else.
int number_rank(TypeId id) {
    switch (id) {
        case TypeId::kInt16: return 0;
        case TypeId::kInt32: return 1;
        case TypeId::kInt64: return 2;
        case TypeId::kDecimal128: return 3;
        case TypeId::kFloat32: return 4;
        case TypeId::kFloat64: return 5;
        default: return -1;
    }
}

// The same for date, local_timestamp and timestamp.
int time_rank(TypeId id) {
    return id == TypeId::kDate ? 0 : id == kLocalTimestamp ? 1 : id == TypeId::kTimestamp ? 2 : -1;
}

}  // namespace

Category category_of(TypeId id) {
    if (id == kUnknown) return Category::kUndecided;
    if (id == kInterval) return Category::kDuration;
    if (id == kLocalTimestamp || id == TypeId::kDate || id == TypeId::kTimestamp) return Category::kTime;
    if (id == TypeId::kBool) return Category::kBool;
    if (id == TypeId::kString) return Category::kText;
    if (id == TypeId::kBinary) return Category::kBinary;
    return id >= TypeId::kList ? Category::kNested : Category::kNumber;
}

bool is_preferred(TypeId id) {
    return id == TypeId::kFloat64 || id == TypeId::kString || id == TypeId::kTimestamp || id == TypeId::kBool ||
           id == kInterval;
}

size_t cell_width(TypeId id) {
    if (id == TypeId::kBool) return 1;
    if (id == kLocalTimestamp) return 8;
    const size_t width = value_width(id);
    return width ? width : 16;
}
static_assert(sizeof(std::string_view) == 16 && sizeof(Interval) == 16 && sizeof(Nested) == 16);

bool is_decimal(const Type& type) { return type.id == TypeId::kDecimal128; }

bool is_integer(TypeId id) { return id >= TypeId::kInt8 && id <= TypeId::kUint64; }

Type decimal_of_integer(TypeId id) { return decimal_type(integer_digits(id), 0); }

Type arithmetic_type(const Type& type) {
    switch (type.id) {
        case TypeId::kInt8:
        case TypeId::kUint8: return type_of(TypeId::kInt16);
        case TypeId::kUint16: return type_of(TypeId::kInt32);
        case TypeId::kUint32: return type_of(TypeId::kInt64);
        case TypeId::kUint64: return decimal_of_integer(type.id);
        default: return type;
    }
}

bool casts_implicitly(TypeId from, TypeId to) {
    if (from == to || from == kUnknown) return true;
    from = arithmetic_type(type_of(from)).id;
    if (number_rank(from) >= 0 && number_rank(to) >= 0) return number_rank(from) <= number_rank(to);
    return time_rank(from) >= 0 && time_rank(from) < time_rank(to);
}

Type limited_decimal(int precision, int scale) {
    constexpr int kMaxPrecision = 38, kKeptScale = 6;
    if (precision > kMaxPrecision) {
        const int whole = precision - scale;
        scale = std::min(scale, std::max(kMaxPrecision - whole, std::min(scale, kKeptScale)));
        precision = kMaxPrecision;
    }
    return decimal_type(precision, scale);
}

std::optional<Type> common_type(const Type& first, const Type& second) {
    if (first == second || second.id == kUnknown) return first;
    if (first.id == kUnknown) return second;
    const Type a = arithmetic_type(first), b = arithmetic_type(second);
    if (number_rank(a.id) >= 0 && number_rank(b.id) >= 0) {
        const Type& higher = number_rank(a.id) >= number_rank(b.id) ? a : b;
        if (!is_decimal(higher)) {
            // What float32 does not hold exactly needs float64.
            return a.id != b.id && higher.id == TypeId::kFloat32 ? type_of(TypeId::kFloat64) : higher;
        }
        const Type x = is_decimal(a) ? a : decimal_of_integer(a.id), y = is_decimal(b) ? b : decimal_of_integer(b.id);
        const int scale = std::max(x.scale, y.scale);
        return limited_decimal(std::max(x.precision - x.scale, y.precision - y.scale) + scale, scale);
    }
    if (time_rank(a.id) >= 0 && time_rank(b.id) >= 0) return time_rank(a.id) > time_rank(b.id) ? a : b;
    return std::nullopt;
}

std::string type_name(const Type& type) {
    if (type.id == kInterval) return "interval";
    if (type.id == kLocalTimestamp) return "local_timestamp";
    if (type.id == kUnknown) return "unknown";
    if (is_decimal(type) && type.precision == 0) return "decimal";
    return to_string(type);
}

std::optional<Type> type_from_sql(std::string_view name) {
    for (auto [text, id] : kNames)
        if (text == name) return type_of(id);
    if (name == "numeric" || name == "decimal") return Type{TypeId::kDecimal128, 0, 0, {}};
    const size_t open = name.find('(');
    if (open == std::string_view::npos || (name.substr(0, open) != "numeric" && name.substr(0, open) != "decimal"))
        return std::nullopt;
    int precision = 0, scale = 0;
    const char* end = name.data() + name.size();
    auto [at, error] = std::from_chars(name.data() + open + 1, end, precision);
    if (error != std::errc() || precision < 1 || precision > 38) return std::nullopt;
    if (*at == ',') {
        auto [behind, bad] = std::from_chars(at + 1, end, scale);
        if (bad != std::errc() || scale > precision) return std::nullopt;
        at = behind;
    }
    if (*at != ')') return std::nullopt;
    return decimal_type(precision, scale);
}

}  // namespace weir::host::expression
