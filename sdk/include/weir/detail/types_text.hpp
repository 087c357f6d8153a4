// Types to and from text; included by weir/types.hpp.
#pragma once

#include <array>
#include <cctype>
#include <utility>

#include <weir/detail/linkage.hpp>
#include <weir/types.hpp>

namespace weir {
namespace detail {

inline constexpr std::array<std::pair<const char *, TypeId>, 15> kPlainTypes{{
    {"bool", TypeId::kBool},
    {"int8", TypeId::kInt8},
    {"int16", TypeId::kInt16},
    {"int32", TypeId::kInt32},
    {"int64", TypeId::kInt64},
    {"uint8", TypeId::kUint8},
    {"uint16", TypeId::kUint16},
    {"uint32", TypeId::kUint32},
    {"uint64", TypeId::kUint64},
    {"float32", TypeId::kFloat32},
    {"float64", TypeId::kFloat64},
    {"string", TypeId::kString},
    {"binary", TypeId::kBinary},
    {"date", TypeId::kDate},
    {"timestamp", TypeId::kTimestamp},
}};

inline constexpr int kMaxTypeDepth = 32;

// A recursive-descent reader of the text form.
class TypeReader {
public:
    explicit TypeReader(std::string_view text) : text_(text) {}

    Result<Type> whole() {
        auto type = one(0);
        if (type && (skip(), at_ != text_.size())) return fail("nothing more");
        return type;
    }

private:
    void skip() {
        while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
    }
    bool take(char c) {
        skip();
        if (at_ >= text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    std::string_view word() {
        skip();
        size_t begin = at_;
        while (at_ < text_.size() &&
               (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '_'))
            ++at_;
        return text_.substr(begin, at_ - begin);
    }
    Status fail(std::string_view expected) const {
        return Status::config("", "`" + std::string(text_) + "` is not a type: expected " +
                                      std::string(expected) + " at character " + std::to_string(at_ + 1));
    }
    Result<Type> one(int depth) {
        if (depth > kMaxTypeDepth) return fail("at most 32 levels");
        auto name = word();
        for (auto [text, id] : kPlainTypes)
            if (name == text) return type_of(id);
        if (name == "decimal") return decimal();
        if (name == "list" || name == "map" || name == "struct") return nested(name, depth);
        at_ -= name.size();
        return fail("a type (int64, string, decimal(12,2), list<string>, ...)");
    }
    std::optional<int> number() {
        auto digits = word();
        if (digits.empty() || digits.size() > 2) return std::nullopt;
        int value = 0;
        for (char c : digits) {
            if (c < '0' || c > '9') return std::nullopt;
            value = value * 10 + (c - '0');
        }
        return value;
    }
    Result<Type> decimal() {
        if (!take('(')) return fail("`(`: decimal(precision,scale)");
        auto precision = number();
        if (!precision || *precision < 1 || *precision > 38) return fail("a precision from 1 to 38");
        std::optional<int> scale = 0;
        if (take(',')) scale = number();
        if (!scale || *scale > *precision) return fail("a scale from 0 to the precision");
        if (!take(')')) return fail("`)`");
        return decimal_type(*precision, *scale);
    }
    Result<Type> nested(std::string_view kind, int depth) {
        Type type = type_of(kind == "list" ? TypeId::kList : kind == "map" ? TypeId::kMap : TypeId::kStruct);
        if (!take('<')) return fail("`<`");
        do {
            std::string name = type.children.empty() ? "key" : "value";
            if (kind == "list") name = "item";
            if (kind == "struct") {
                name = std::string(word());
                if (name.empty() || !take(':')) return fail("`name: type`");
            }
            auto child = one(depth + 1);
            if (!child) return child;
            type.children.push_back({std::move(name), std::move(*child), take('?')});
        } while (take(','));
        if (!take('>')) return fail("`>`");
        size_t wanted = kind == "list" ? 1 : kind == "map" ? 2 : type.children.size();
        if (type.children.size() != wanted) return fail(kind == "list" ? "one type" : "a key and a value type");
        if (kind == "map" && type.children[0].nullable) return fail("a key that is not nullable");
        return type;
    }

    std::string_view text_;
    size_t at_ = 0;
};

}  // namespace detail

WEIR_INLINE std::string to_string(const Type &type) {
    for (auto [text, id] : detail::kPlainTypes)
        if (type.id == id) return text;
    if (type.id == TypeId::kDecimal128)
        return "decimal(" + std::to_string(type.precision) + "," + std::to_string(type.scale) + ")";
    std::string out = type.id == TypeId::kList ? "list<" : type.id == TypeId::kMap ? "map<" : "struct<";
    for (size_t i = 0; i < type.children.size(); ++i) {
        if (i) out += ", ";
        if (type.id == TypeId::kStruct) out += type.children[i].name + ": ";
        out += to_string(type.children[i].type);
        if (type.children[i].nullable) out += '?';
    }
    return out + ">";
}

WEIR_INLINE std::string to_string(const Schema &schema) {
    std::string out = "{";
    for (size_t i = 0; i < schema.size(); ++i) {
        const Field &f = schema.fields[i];
        out += (i ? ", " : " ") + f.name + ": " + to_string(f.type) + (f.nullable ? "?" : "");
    }
    return out + " }";
}

WEIR_INLINE Result<Type> parse_type(std::string_view text) { return detail::TypeReader(text).whole(); }

WEIR_INLINE Result<Field> parse_field(std::string name, std::string_view type_text) {
    while (!type_text.empty() && type_text.back() == ' ') type_text.remove_suffix(1);
    bool nullable = !type_text.empty() && type_text.back() == '?';
    if (nullable) type_text.remove_suffix(1);
    auto type = parse_type(type_text);
    if (!type) return type.status();
    return Field{std::move(name), std::move(*type), nullable};
}

}  // namespace weir
