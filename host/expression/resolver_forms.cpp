// The forms that are operations of their own: AND, OR, CASE, COALESCE, NULLIF; conversions; folding.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "host/expression/cast.hpp"
#include "host/expression/decimal.hpp"
#include "host/expression/resolver.hpp"

namespace weir::host::expression {
namespace {

int digits_of(Int128 value) {
    int digits = 1;
    while (digits < 38 && !fits(value, digits)) ++digits;
    return digits;
}

Node constant_node(Type type, Constant value, Span span) {
    Node node{Op::kConstant, std::move(type), value.is_null(), {}};
    node.constant = std::move(value);
    node.span = span;
    return node;
}

int64_t whole_of(const Node& node) {
    switch (node.type.id) {
        case TypeId::kInt16: return node.constant.as<int16_t>();
        case TypeId::kInt32: return node.constant.as<int32_t>();
        default: return node.constant.as<int64_t>();
    }
}

// The first value's type as `=` takes it: integers among themselves stay as they are, and so do floats.
Type nullif_type(const Type& a, const Type& b) {
    if (a.id == kUnknown) return type_of(TypeId::kString);
    const bool numbers = category_of(a.id) == Category::kNumber && category_of(b.id) == Category::kNumber;
    const auto family = [](TypeId id) { return is_integer(id) ? 0 : id == TypeId::kDecimal128 ? 1 : 2; };
    return numbers && family(a.id) < family(b.id) ? common_type(a, b).value_or(a) : a;
}

}  // namespace

Resolver::Id Resolver::special(const Ast& ast, bool& found) {
    found = true;
    if (ast.text == "coalesce") return coalesce(ast);
    if (ast.text == "nullif") return nullif(ast);
    found = false;
    return std::nullopt;
}

std::optional<Type> Resolver::one_type(std::span<const NodeId> ids, std::span<const AstPtr> asts) {
    Type common = type_of(kUnknown);
    for (size_t i = 0; i < ids.size(); ++i) {
        const auto next = common_type(common, at(ids[i]).type);
        if (!next) {
            fail(asts[i]->span,
                 fmt::format("this is {}, and the values before are {}", type_name(at(ids[i]).type), type_name(common)),
                 "values of one type", "", fmt::format("CAST(… AS {})", type_name(common)));
            return std::nullopt;
        }
        common = *next;
    }
    return common.id == kUnknown ? type_of(TypeId::kString) : common;
}

Resolver::Id Resolver::coalesce(const Ast& ast) {
    if (ast.args.empty()) return fail(ast.name_span, "`coalesce` takes arguments", "coalesce(value, value, …)");
    std::vector<NodeId> ids;
    for (const AstPtr& arg : ast.args) {
        const Id id = resolve(arg);
        if (!id) return std::nullopt;
        ids.push_back(*id);
    }
    const auto type = one_type(ids, ast.args);
    if (!type) return std::nullopt;
    Node node{Op::kCoalesce, *type, true, {}};
    node.span = ast.span;
    for (size_t i = 0; i < ids.size(); ++i) {
        const Id id = coerce(ids[i], *type, ast.args[i]->span, false);
        if (!id) return std::nullopt;
        const Node& arg = at(*id);
        if (arg.op == Op::kConstant && arg.constant.is_null()) continue;
        node.args.push_back(*id);
        node.nullable &= arg.nullable;
        if (!arg.nullable) break;
    }
    if (node.args.empty()) return constant(*type, Constant::null(), ast.span);
    if (node.args.size() == 1) return node.args[0];
    return intern(std::move(node));
}

// NULLIF(a, b) is CASE WHEN a = b THEN NULL ELSE a END.
Resolver::Id Resolver::nullif(const Ast& ast) {
    if (ast.args.size() != 2) return fail(ast.name_span, "`nullif` takes two arguments", "nullif(value, value)");
    const Id a = resolve(ast.args[0]), b = a ? resolve(ast.args[1]) : std::nullopt;
    if (!b) return std::nullopt;
    const Id equal = make_call("=", true, {*a, *b}, ast);
    if (!equal) return std::nullopt;
    const Id value = coerce(*a, nullif_type(at(*a).type, at(*b).type), ast.args[0]->span, false);
    if (!value) return std::nullopt;
    if (at(*equal).op == Op::kConstant) {
        const Constant& test = at(*equal).constant;
        const bool both = !test.is_null() && test.as<uint8_t>() != 0;
        return both ? constant(Type(at(*value).type), Constant::null(), ast.span) : value;
    }
    Node node{
        Op::kCase, at(*value).type, true, {*equal, constant(at(*value).type, Constant::null(), ast.span), *value}};
    node.span = ast.span;
    return intern(std::move(node));
}

// Constants that decide nothing are left out; one that decides is the result.
Resolver::Id Resolver::logical(const Ast& ast) {
    const bool is_and = ast.kind == Ast::Kind::kAnd;
    Node node{is_and ? Op::kAnd : Op::kOr, type_of(TypeId::kBool), false, {}};
    node.span = ast.span;
    bool decided = false;
    for (const AstPtr& part : ast.args) {
        const Id arg = resolve(part);
        if (!arg) return std::nullopt;
        const TypeId type = at(*arg).type.id;
        if (type != TypeId::kBool && type != kUnknown)
            return fail(
                part->span,
                fmt::format("this is {}, and {} wants a condition", type_name(at(*arg).type), is_and ? "AND" : "OR"),
                "true or false: a comparison, a bool column, …");
        const Id id = coerce(*arg, node.type, part->span, false);
        if (!id) return std::nullopt;
        const Node& value = at(*id);
        if (value.op == Op::kConstant && !value.constant.is_null()) {
            if ((value.constant.as<uint8_t>() != 0) != is_and) decided = true;
            continue;
        }
        node.args.push_back(*id);
        node.nullable |= value.nullable;
    }
    if (decided || node.args.empty()) return constant(node.type, Constant::of<uint8_t>(is_and != decided), ast.span);
    if (node.args.size() == 1) return node.args[0];
    return intern(std::move(node));
}

Resolver::Id Resolver::case_of(const Ast& ast) {
    std::vector<NodeId> conditions, values;
    std::vector<AstPtr> value_asts;
    for (size_t i = 0; i < ast.args.size(); ++i) {
        const Id id = resolve(ast.args[i]);
        if (!id) return std::nullopt;
        const bool is_condition = i % 2 == 0 && i + 1 < ast.args.size();
        if (!is_condition) {
            values.push_back(*id);
            value_asts.push_back(ast.args[i]);
            continue;
        }
        const TypeId type = at(*id).type.id;
        if (type != TypeId::kBool && type != kUnknown)
            return fail(ast.args[i]->span,
                        fmt::format("this is {}, and WHEN wants a condition", type_name(at(*id).type)),
                        "true or false: a comparison, a bool column, …");
        const Id condition = coerce(*id, type_of(TypeId::kBool), ast.args[i]->span, false);
        if (!condition) return std::nullopt;
        conditions.push_back(*condition);
    }
    const auto type = one_type(values, value_asts);
    if (!type) return std::nullopt;
    Node node{Op::kCase, *type, false, {}};
    node.span = ast.span;
    bool decided = false;
    for (size_t i = 0; i < values.size() && !decided; ++i) {
        const Id value = coerce(values[i], *type, value_asts[i]->span, false);
        if (!value) return std::nullopt;
        const bool is_else = i == conditions.size();
        if (!is_else && at(conditions[i]).op == Op::kConstant) {
            const Constant& condition = at(conditions[i]).constant;
            if (condition.is_null() || condition.as<uint8_t>() == 0) continue;
            decided = true;
        }
        if (!is_else && !decided) node.args.push_back(conditions[i]);
        node.args.push_back(*value);
        node.nullable |= at(*value).nullable;
    }
    if (node.args.size() == 1) return node.args[0];
    return intern(std::move(node));
}

Resolver::Id Resolver::coerce_unknown(NodeId id, const Type& type, Span span, bool quiet) {
    const Constant value = at(id).constant;
    if (type.id == kUnknown) return id;
    if (value.is_null()) return constant(type, Constant::null(), span);
    if (type.id == TypeId::kString) return constant(type, value, span);
    Type wanted = type;
    if (is_decimal(type) && type.precision == 0) wanted = decimal_type(38, 16);
    const auto cast = find_cast(type_of(TypeId::kString), wanted);
    if (!cast) return fail(span, fmt::format("a text does not stand for {}", type_name(type)));
    Node node{Op::kCall, wanted, false, {constant(type_of(TypeId::kString), value, span)}};
    node.kernel = cast->kernel;
    node.quiet = quiet;
    node.span = span;
    fold(node);
    if (!node.failure.empty())
        return fail(span, node.failure,
                    type.id == TypeId::kTimestamp || type.id == TypeId::kDate ? "ISO 8601: 2024-05-23T12:34:56Z" : "");
    return intern(std::move(node));
}

Resolver::Id Resolver::coerce(NodeId id, const Type& wanted, Span span, bool always, bool quiet) {
    const Type from = at(id).type;
    if (from == wanted) return id;
    if (from.id == kUnknown) return coerce_unknown(id, wanted, span, quiet);
    Type type = wanted;
    if (is_decimal(wanted) && wanted.precision == 0) {  // as many digits as there may be
        if (is_decimal(from)) return id;
        type = decimal_of_integer(from.id);
        const bool known = at(id).op == Op::kConstant && !at(id).constant.is_null() && from.id >= TypeId::kInt16 &&
                           from.id <= TypeId::kInt64;
        if (known) type = decimal_type(digits_of(whole_of(at(id))), 0);
    }
    const bool widens = is_integer(from.id) && (is_integer(type.id) || is_decimal(type));
    const bool decimals = is_decimal(from) && is_decimal(type);
    if (!always && !casts_implicitly(from.id, type.id) && !widens && !decimals)
        return fail(span, fmt::format("this is {}", type_name(from)), type_name(type), "",
                    fmt::format("CAST(… AS {})", type_name(type)));
    const auto cast = find_cast(from, type);
    if (!cast) return fail(span, fmt::format("{} is not converted to {}", type_name(from), type_name(type)));
    Node node{Op::kCall, type, at(id).nullable || quiet, {id}};
    node.kernel = cast->kernel;
    node.dense = cast->dense;
    node.total = cast->total;
    node.quiet = quiet;
    node.span = span;
    fold(node);
    return intern(std::move(node));
}

NodeId Resolver::constant(Type type, Constant value, Span span) {
    return intern(constant_node(std::move(type), std::move(value), span));
}

NodeId Resolver::intern(Node node) {
    std::string key =
        fmt::format("{} {} {} {} {} {} ", static_cast<int>(node.op), fmt::ptr(reinterpret_cast<void*>(node.kernel)),
                    node.quiet, node.column, static_cast<int>(node.type.id), type_name(node.type));
    for (NodeId arg : node.args) key += fmt::format("{},", arg);
    if (node.op == Op::kConstant) key += node.constant.key();
    node.expression = expression_;
    for (NodeId arg : node.args) node.depth = std::max(node.depth, at(arg).depth + 1);
    const auto [found, added] = interned_.emplace(std::move(key), static_cast<NodeId>(program_.nodes.size()));
    if (added) program_.nodes.push_back(std::move(node));
    return found->second;
}

void Resolver::fold(Node& node) {
    std::vector<std::unique_ptr<Vector>> cells;
    std::vector<const Vector*> args;
    bool null = false;
    for (NodeId id : node.args) null |= at(id).op == Op::kConstant && at(id).constant.is_null();
    if (null && node.nulls == Nulls::kStrict) {
        node = constant_node(node.type, Constant::null(), node.span);
        return;
    }
    for (NodeId id : node.args) {
        const Node& arg = at(id);
        if (arg.op != Op::kConstant) return;
        cells.push_back(std::make_unique<Vector>(arg.type));
        cells.back()->reset_constant(arg.constant.is_null());
        if (!arg.constant.is_null()) arg.constant.write(arg.type.id, cells.back()->bytes());
        args.push_back(cells.back().get());
    }
    if (node.type.is_nested() && node.type.id <= TypeId::kMap) return;
    Vector out(node.type);
    out.reset();
    std::shared_ptr<void> memo;
    Scope scope;
    scope.quiet = node.quiet;
    scope.memo = &memo;
    node.kernel({args, out, Selection::all(1), scope});
    if (!scope.errors.empty()) {
        node.failure = scope.errors[0].message;
        return;
    }
    Constant value = Constant::null();
    if (!out.is_null(0)) {
        if (node.type.is_text())
            value = Constant::text(std::string(out.at<std::string_view>(0)));
        else
            value = Constant::of_cell(out.bytes(), out.width());
    }
    node = constant_node(node.type, std::move(value), node.span);
}

const Node* Resolver::certain_failure(NodeId id) const {
    std::vector<NodeId> waiting = {id};
    std::set<NodeId> seen;
    while (!waiting.empty()) {
        const NodeId next = waiting.back();
        waiting.pop_back();
        if (!seen.insert(next).second) continue;
        const Node& node = at(next);
        if (!node.failure.empty()) return &node;
        // Of lazy operations only the first argument is reached for sure.
        const size_t reached = node.op == Op::kCall ? node.args.size() : std::min<size_t>(node.args.size(), 1);
        waiting.insert(waiting.end(), node.args.begin(), node.args.begin() + static_cast<std::ptrdiff_t>(reached));
    }
    return nullptr;
}

}  // namespace weir::host::expression
