#include "data_type.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "text.hpp"

namespace weir::clickhouse {
namespace {

struct Fixed {
    std::string_view name;
    Kind kind;
    size_t width;
};
constexpr Fixed kFixed[] = {
    {"Bool", Kind::kBool, 1},       {"Int8", Kind::kInt, 1},      {"Int16", Kind::kInt, 2},    {"Int32", Kind::kInt, 4},
    {"Int64", Kind::kInt, 8},       {"Int128", Kind::kInt, 16},   {"Int256", Kind::kInt, 32},  {"UInt8", Kind::kUint, 1},
    {"UInt16", Kind::kUint, 2},     {"UInt32", Kind::kUint, 4},   {"UInt64", Kind::kUint, 8},  {"UInt128", Kind::kUint, 16},
    {"UInt256", Kind::kUint, 32},   {"Float32", Kind::kFloat, 4}, {"Float64", Kind::kFloat, 8}, {"Date", Kind::kDate, 2},
    {"Date32", Kind::kDate32, 4},   {"DateTime", Kind::kDateTime, 4}, {"UUID", Kind::kUuid, 16}, {"IPv4", Kind::kIpv4, 4},
    {"IPv6", Kind::kIpv6, 16},      {"String", Kind::kString, 0}, {"JSON", Kind::kJson, 0},
};

struct Wrapper {
    std::string_view name;
    Kind kind;
};
constexpr Wrapper kWrappers[] = {{"Nullable", Kind::kNullable}, {"LowCardinality", Kind::kLowCardinality}, {"Array", Kind::kArray},
                                 {"Map", Kind::kMap},           {"Tuple", Kind::kTuple}};

std::string unquote(std::string_view text) {
    std::string out;
    for (size_t i = 1; i + 1 < text.size(); ++i) {
        if (text[i] == '\\' && i + 2 < text.size()) {
            ++i;
            out.push_back(text[i] == 'n' ? '\n' : text[i] == 't' ? '\t' : text[i] == 'r' ? '\r' : text[i] == '0' ? '\0' : text[i]);
        } else {
            out.push_back(text[i]);
        }
    }
    return out;
}

int number(std::string_view text) {
    int n = 0;
    std::from_chars(text.data(), text.data() + text.size(), n);
    return n;
}

// `'a' = 1, 'b' = 2`
bool read_elements(std::string_view text, DataType &out) {
    for (const std::string_view element : split(text)) {
        if (element.empty() || element.front() != '\'') return false;
        const size_t end = skip_quoted(element, 0);
        const size_t equals = element.find('=', end);
        if (equals == element.npos) return false;
        out.elements.emplace_back(unquote(element.substr(0, end)), number(trim(element.substr(equals + 1))));
    }
    return true;
}

// A Tuple's element: `name Type`, or a type alone.
DataType read_element(std::string_view text, std::vector<std::string> &names) {
    size_t end = 0;
    if (text.front() == '`') {
        end = skip_quoted(text, 0);
        names.push_back(unquote(text.substr(0, end)));
    } else {
        end = text.find_first_of(" (");
        if (end != text.npos && text[end] == ' ') names.emplace_back(text.substr(0, end));
        else end = 0;
    }
    return parse_data_type(trim(text.substr(end)));
}

DataType with_arguments(std::string_view name, std::string_view inside, std::string_view text) {
    DataType out{Kind::kOther, std::string(text)};
    const auto arguments = split(inside);
    if (const auto wrapper = std::find_if(std::begin(kWrappers), std::end(kWrappers), [&](const auto &w) { return w.name == name; });
        wrapper != std::end(kWrappers)) {
        out.kind = wrapper->kind;
        for (const std::string_view argument : arguments)
            out.children.push_back(out.is(Kind::kTuple) ? read_element(argument, out.names) : parse_data_type(argument));
        const size_t needed = out.is(Kind::kMap) ? 2 : 1;
        if (out.children.size() < needed || (!out.names.empty() && out.names.size() != out.children.size())) out.kind = Kind::kOther;
    } else if (name == "FixedString") {
        out.kind = Kind::kFixedString;
        out.width = static_cast<size_t>(number(inside));
    } else if (name == "DateTime") {
        out.kind = Kind::kDateTime;
        out.width = 4;
    } else if (name == "DateTime64" && !arguments.empty()) {
        out.kind = Kind::kDateTime64;
        out.width = 8;
        out.scale = number(arguments[0]);
    } else if (name == "Decimal" && arguments.size() == 2) {
        out.kind = Kind::kDecimal;
        out.precision = number(arguments[0]);
        out.scale = number(arguments[1]);
        out.width = out.precision <= 9 ? 4 : out.precision <= 18 ? 8 : out.precision <= 38 ? 16 : 32;
    } else if (name == "Enum8" || name == "Enum16") {
        out.width = name == "Enum8" ? 1 : 2;
        if (read_elements(inside, out)) out.kind = Kind::kEnum;
    } else if (name == "SimpleAggregateFunction" && arguments.size() == 2) {
        return parse_data_type(arguments[1]);
    } else if (name == "JSON") {
        out.kind = Kind::kJson;
    }
    return out;
}

std::string quoted(std::string_view text, char mark) {
    std::string out(1, mark);
    for (const char c : text) {
        if (c == mark || c == '\\') out.push_back('\\');
        out.push_back(c);
    }
    out.push_back(mark);
    return out;
}

}  // namespace

std::string quote_name(std::string_view name) { return quoted(name, '`'); }
std::string quote_text(std::string_view text) { return quoted(text, '\''); }

DataType parse_data_type(std::string_view text) {
    text = trim(text);
    for (const Fixed &fixed : kFixed)
        if (fixed.name == text) return {fixed.kind, std::string(text), fixed.width};
    const size_t open = text.find('(');
    if (open != text.npos && text.back() == ')')
        return with_arguments(text.substr(0, open), text.substr(open + 1, text.size() - open - 2), text);
    return {Kind::kOther, std::string(text)};
}

std::string clickhouse_type(const Type &type, bool nullable) {
    auto plain = [&]() -> std::string {
        switch (type.id) {
            case TypeId::kBool: return "Bool";
            case TypeId::kInt8: return "Int8";
            case TypeId::kInt16: return "Int16";
            case TypeId::kInt32: return "Int32";
            case TypeId::kInt64: return "Int64";
            case TypeId::kUint8: return "UInt8";
            case TypeId::kUint16: return "UInt16";
            case TypeId::kUint32: return "UInt32";
            case TypeId::kUint64: return "UInt64";
            case TypeId::kFloat32: return "Float32";
            case TypeId::kFloat64: return "Float64";
            case TypeId::kDecimal128: return "Decimal(" + std::to_string(type.precision) + ", " + std::to_string(type.scale) + ")";
            case TypeId::kString:
            case TypeId::kBinary: return "String";
            case TypeId::kDate: return "Date32";
            case TypeId::kTimestamp: return "DateTime64(6, 'UTC')";
            case TypeId::kList: return "Array(" + clickhouse_type(type.children[0].type, type.children[0].nullable) + ")";
            case TypeId::kMap:
                return "Map(" + clickhouse_type(type.children[0].type, false) + ", " +
                       clickhouse_type(type.children[1].type, type.children[1].nullable) + ")";
            case TypeId::kStruct: {
                std::string out = "Tuple(";
                for (const Field &field : type.children) {
                    if (out.back() != '(') out += ", ";
                    out += quote_name(field.name) + " " + clickhouse_type(field.type, field.nullable);
                }
                return out + ")";
            }
        }
        return "String";
    };
    return nullable && !type.is_nested() ? "Nullable(" + plain() + ")" : plain();
}

std::string weir_type(const DataType &type) {
    const std::string bits = std::to_string(type.width * 8);
    switch (type.kind) {
        case Kind::kBool: return "bool";
        case Kind::kInt: return type.width <= 8 ? "int" + bits : "int64";
        case Kind::kUint: return type.width <= 8 ? "uint" + bits : "uint64";
        case Kind::kFloat: return "float" + bits;
        case Kind::kDecimal:
            return "decimal(" + std::to_string(std::min(type.precision, 38)) + "," + std::to_string(std::min(type.scale, 38)) + ")";
        case Kind::kString:
        case Kind::kFixedString:
        case Kind::kUuid:
        case Kind::kEnum:
        case Kind::kIpv4:
        case Kind::kIpv6:
        case Kind::kJson: return "string";
        case Kind::kDate:
        case Kind::kDate32: return "date";
        case Kind::kDateTime:
        case Kind::kDateTime64: return "timestamp";
        case Kind::kNullable:
        case Kind::kLowCardinality: return weir_type(type.children[0]);
        default: return {};
    }
}

}  // namespace weir::clickhouse
