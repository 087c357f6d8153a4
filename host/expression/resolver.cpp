#include "host/expression/resolver.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "host/expression/decimal.hpp"
#include "host/expression/nested.hpp"
#include "host/expression/number_text.hpp"
#include "host/expression/overload.hpp"
#include "host/text/nearest.hpp"

namespace weir::host::expression {
namespace {

bool equals_any_case(std::string_view a, std::string_view b) {
    auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

template <class T>
std::vector<std::string> names_of(const T& fields) {
    std::vector<std::string> out;
    for (const auto& field : fields) out.push_back(field.name);
    return out;
}

std::string listed(const std::vector<std::string>& names) {
    constexpr size_t kShown = 12;
    std::string out;
    for (size_t i = 0; i < names.size() && i < kShown; ++i) out += fmt::format("{}`{}`", i ? ", " : "", names[i]);
    return names.size() > kShown ? out + ", …" : out;
}

bool is_minus(const Ast& ast) { return ast.kind == Ast::Kind::kOperator && ast.text == "-" && ast.args.size() == 1; }

// The number behind any number of minus signs, which belong to it: -2147483648 is an int32. Null for anything else.
const Ast* negated_number(const Ast& ast) {
    const Ast* at = &ast;
    while (is_minus(*at)) at = at->args[0].get();
    return at->kind == Ast::Kind::kInteger || at->kind == Ast::Kind::kNumber ? at : nullptr;
}

bool is_negative(const Ast& ast) { return is_minus(ast) && !is_negative(*ast.args[0]); }

// The field of that name, or the only one that has it in other letters' case.
template <class T>
std::optional<size_t> find_field(const std::vector<T>& fields, const std::string& name, bool exactly) {
    std::optional<size_t> found;
    for (size_t i = 0; i < fields.size(); ++i) {
        if (fields[i].name == name) return i;
        if (exactly || !equals_any_case(fields[i].name, name)) continue;
        if (found) return std::nullopt;
        found = i;
    }
    return found;
}

}  // namespace

Resolver::Id Resolver::fail(Span span, std::string message, std::string expected, std::string nearest,
                            std::string hint) {
    problem_ = {span, std::move(message), std::move(expected), std::move(nearest), std::move(hint)};
    return std::nullopt;
}

Resolver::Id Resolver::fail(Problem problem) {
    problem_ = std::move(problem);
    return std::nullopt;
}

Outcome<NodeId> Resolver::add(const AstPtr& ast, uint32_t expression) {
    expression_ = expression;
    seen_.clear();
    const Id id = resolve(ast);
    seen_.clear();
    if (!id) return problem_;
    return *id;
}

Outcome<NodeId> Resolver::convert(NodeId id, const Type& type, Span span, bool always) {
    const Id out = coerce(id, type, span, always);
    if (!out) return problem_;
    return *out;
}

Resolver::Id Resolver::resolve(const AstPtr& ast) {
    if (const auto found = seen_.find(ast.get()); found != seen_.end()) return found->second;
    const Id id = resolve_new(*ast);
    if (id) seen_.emplace(ast.get(), *id);
    return id;
}

Resolver::Id Resolver::resolve_new(const Ast& ast) {
    switch (ast.kind) {
        case Ast::Kind::kNull: return constant(type_of(kUnknown), Constant::null(), ast.span);
        case Ast::Kind::kBool:
            return constant(type_of(TypeId::kBool), Constant::of<uint8_t>(ast.text == "true"), ast.span);
        case Ast::Kind::kString: return constant(type_of(kUnknown), Constant::text(ast.text), ast.span);
        case Ast::Kind::kInteger:
        case Ast::Kind::kNumber: return number(ast, ast.span, "");
        case Ast::Kind::kColumn: return column(ast);
        case Ast::Kind::kParameter: return parameter(ast);
        case Ast::Kind::kOperator:
            if (const Ast* literal = negated_number(ast))
                return number(*literal, ast.span, is_negative(ast) ? "-" : "");
            return call(ast);
        case Ast::Kind::kFunction: return call(ast);
        case Ast::Kind::kAnd:
        case Ast::Kind::kOr: return logical(ast);
        case Ast::Kind::kCase: return case_of(ast);
        case Ast::Kind::kCast: return cast(ast);
        case Ast::Kind::kField: return field(ast);
        case Ast::Kind::kIndex: return index(ast);
        case Ast::Kind::kPlace: return place(ast.place, ast.span);
    }
    return std::nullopt;
}

// The narrowest type that holds the digits with their sign: int32, int64, decimal, else float64.
Resolver::Id Resolver::number(const Ast& ast, Span span, const std::string& sign) {
    const std::string text = sign + ast.text;
    if (int64_t value = 0; ast.kind == Ast::Kind::kInteger && read_int64(text, value) == ReadResult::kOk) {
        if (std::in_range<int32_t>(value))
            return constant(type_of(TypeId::kInt32), Constant::of(static_cast<int32_t>(value)), span);
        return constant(type_of(TypeId::kInt64), Constant::of(value), span);
    }
    const size_t point = ast.text.find('.'), exponent = ast.text.find_first_of("eE");
    const auto behind = point == std::string::npos ? 0 : std::min(exponent, ast.text.size()) - point - 1;
    int power = 0;
    if (int64_t written = 0; exponent != std::string::npos) {
        read_int64(std::string_view(ast.text).substr(exponent + 1), written);
        power = static_cast<int>(std::clamp<int64_t>(written, -1000, 1000));
    }
    const int scale = std::clamp(static_cast<int>(std::min<size_t>(behind, 100)) - power, 0, 1000);
    constexpr int kMaxDigits = 38;
    Int128 value = 0;
    if (scale <= kMaxDigits && read_decimal(text, kMaxDigits, scale, value) == ReadResult::kOk) {
        int digits = std::max(scale, 1);
        while (digits < kMaxDigits && !fits(value, digits)) ++digits;
        return constant(decimal_type(digits, scale), Constant::of(value), span);
    }
    double rounded = 0;
    if (read_float64(text, rounded) != ReadResult::kOk)
        return fail(span, fmt::format("`{}` is outside of float64", text));
    return constant(type_of(TypeId::kFloat64), Constant::of(rounded), span);
}

Resolver::Resolver(Program& program, std::span<const Parameter> parameters)
    : program_(program), parameters_(parameters) {
    for (const Field& field : program_.schema.fields) visible_.push_back({field.name, visible_.size()});
}

void Resolver::define(std::string name, NodeId node) {
    std::erase_if(visible_, [&](const Visible& one) { return one.name == name; });
    visible_.push_back({std::move(name), 0, node});
}

Resolver::Id Resolver::column(const Ast& ast) {
    if (const auto found = find_field(visible_, ast.text, ast.quoted)) return visible(visible_[*found], ast.span);
    const auto names = names_of(visible_);
    return fail(ast.span, fmt::format("there is no column `{}`", ast.text),
                names.empty() ? "" : "one of " + listed(names), nearest_name(ast.text, names),
                ast.quoted ? "a text stands in single quotes: 'text'" : "");
}

Resolver::Id Resolver::visible(const Visible& name, Span span) {
    return name.node ? name.node : place(name.column, span);
}

Resolver::Id Resolver::place(size_t column, Span span) {
    const Field& field = program_.schema.fields[column];
    Node node{Op::kColumn, field.type, field.nullable, {}};
    node.column = column;
    node.span = span;
    return intern(std::move(node));
}

Resolver::Id Resolver::parameter(const Ast& ast) {
    for (const Parameter& parameter : parameters_) {
        if (parameter.name != ast.text) continue;
        if (!parameter.refusal.empty())
            return fail(ast.span, fmt::format("parameter `{}` {}", ast.text, parameter.refusal));
        if (parameter.column.empty()) return constant(parameter.type, parameter.value, ast.span);
        if (const auto found = find_field(visible_, parameter.column, true)) return visible(visible_[*found], ast.span);
        const auto columns = names_of(visible_);
        return fail(ast.span, fmt::format("there is no column `{}`, which `${}` names", parameter.column, ast.text),
                    columns.empty() ? "" : "one of " + listed(columns), nearest_name(parameter.column, columns));
    }
    std::vector<std::string> names;
    for (const Parameter& parameter : parameters_) names.push_back(parameter.name);
    return fail(ast.span, fmt::format("there is no parameter `{}`", ast.text),
                names.empty() ? "" : "one of " + listed(names), nearest_name(ast.text, names));
}

Resolver::Id Resolver::cast(const Ast& ast) {
    const Id arg = resolve(ast.args[0]);
    if (!arg) return std::nullopt;
    auto type = type_from_sql(ast.text);
    if (!type)
        return fail(ast.name_span, fmt::format("there is no type `{}`", ast.text),
                    "int16, int32, int64, decimal(12,2), float64, string, bool, date, timestamp, interval, …",
                    nearest_name(ast.text, {"bool",     "int8",   "int16",     "int32",    "int64",   "uint8",
                                            "uint16",   "uint32", "uint64",    "float32",  "float64", "string",
                                            "binary",   "date",   "timestamp", "interval", "bigint",  "integer",
                                            "smallint", "text",   "varchar",   "numeric",  "decimal", "boolean"}));
    if (is_decimal(*type) && type->precision == 0) {
        const Node& from = at(*arg);
        if (is_decimal(from.type)) return arg;
        if (is_integer(from.type.id))
            type = decimal_of_integer(from.type.id);
        else if (from.op == Op::kConstant && from.type.id == kUnknown && !from.constant.is_null()) {
            const std::string_view text = strip(from.constant.text());
            const size_t point = text.find('.');
            type = decimal_type(38, point == std::string_view::npos
                                        ? 0
                                        : static_cast<int>(std::min<size_t>(text.size() - point - 1, 38)));
        } else {
            return fail(ast.name_span, "a decimal needs its precision here",
                        "decimal(12,2): digits in all, digits behind the point");
        }
    }
    return coerce(*arg, *type, ast.span, true, ast.quiet);
}

Resolver::Id Resolver::field(const Ast& ast) {
    const Id arg = resolve(ast.args[0]);
    if (!arg) return std::nullopt;
    const Type type = at(*arg).type;
    if (type.id != TypeId::kStruct)
        return fail(
            ast.name_span, fmt::format("{} has no members", type_name(type)), "a struct before the point", "",
            type.id == TypeId::kString ? fmt::format("of JSON in a string: -> '{0}' or ->> '{0}'", ast.text) : "");
    const auto found = find_field(type.children, ast.text, false);
    if (!found) {
        const auto names = names_of(type.children);
        return fail(ast.name_span, fmt::format("there is no member `{}`", ast.text), "one of " + listed(names),
                    nearest_name(ast.text, names));
    }
    const NodeId which = constant(type_of(TypeId::kInt32), Constant::of(static_cast<int32_t>(*found)), ast.name_span);
    const bool nullable = type.children[*found].nullable;
    const Id out = make_access(kMemberOverload, {*arg, which}, type.children[*found].type, ast);
    if (out && !nullable && !at(*arg).nullable) program_.nodes[*out].nullable = false;
    return out;
}

Resolver::Id Resolver::index(const Ast& ast) {
    const Id arg = resolve(ast.args[0]), key = resolve(ast.args[1]);
    if (!arg || !key) return std::nullopt;
    const Type type = at(*arg).type;
    if (type.id == TypeId::kList) {
        const Id place = coerce(*key, type_of(TypeId::kInt64), ast.args[1]->span, false);
        if (!place) return std::nullopt;
        return make_access(kElementOverload, {*arg, *place}, type.children[0].type, ast);
    }
    if (type.id == TypeId::kMap) {
        if (type.children[0].type.is_nested()) return fail(ast.span, "maps with nested keys are not looked up");
        const Id value = coerce(*key, type.children[0].type, ast.args[1]->span, false);
        if (!value) return std::nullopt;
        return make_access(kValueOverload, {*arg, *value}, type.children[1].type, ast);
    }
    return fail(ast.name_span, fmt::format("{} has no elements", type_name(type)), "a list or a map before the bracket",
                "", type.id == TypeId::kString ? "of JSON in a string: -> 0 or -> 'name'" : "");
}

Resolver::Id Resolver::make_access(const Overload& overload, std::vector<NodeId> args, Type type, const Ast& ast) {
    Node node{Op::kCall, std::move(type), true, std::move(args)};
    node.kernel = overload.kernel;
    node.total = true;
    node.span = ast.span;
    return intern(std::move(node));
}

Resolver::Id Resolver::call(const Ast& ast) {
    if (ast.is_aggregate_syntax())
        return fail(ast.name_span,
                    fmt::format("`{}` with {} is a call of an aggregate, and this is no place for one", ast.text,
                                ast.star ? "`*`" : ast.distinct ? "DISTINCT" : "FILTER"),
                    "a function of one row's values", "", "aggregates are for the columns of an operator that groups rows");
    bool found = false;
    if (ast.kind == Ast::Kind::kFunction) {
        const Id out = special(ast, found);
        if (found) return out;
    }
    std::vector<NodeId> args;
    for (const AstPtr& arg : ast.args) {
        const Id id = resolve(arg);
        if (!id) return std::nullopt;
        args.push_back(*id);
    }
    return make_call(ast.text, ast.kind == Ast::Kind::kOperator, std::move(args), ast);
}

// Of a float where only decimals are taken with so many arguments, as `round(x, 2)` does: a float has no decimal digits to round to.
static std::string decimal_hint(const std::string& name, const Ast& ast, const std::vector<Type>& given) {
    if (ast.kind != Ast::Kind::kFunction || given.size() != 2 || ast.args.size() != 2) return "";
    const bool is_float = given[0].id == TypeId::kFloat64 || given[0].id == TypeId::kFloat32;
    const auto& all = candidates(name, false);
    const bool takes_decimal = std::any_of(all.begin(), all.end(), [](const Candidate& c) {
        return c.signature.params.size() == 2 && c.signature.params[0] == TypeId::kDecimal128 && c.signature.params[1] != TypeId::kDecimal128;
    });
    if (!is_float || !takes_decimal) return "";
    const auto text = [](const Ast& arg, const char* other) { return arg.kind == Ast::Kind::kColumn || arg.kind == Ast::Kind::kInteger ? arg.text : other; };
    return fmt::format("cast it: `{}({}::decimal(12,2), {})`", name, text(*ast.args[0], "x"), text(*ast.args[1], "n"));
}

Resolver::Id Resolver::make_call(const std::string& name, bool is_operator, std::vector<NodeId> args, const Ast& ast) {
    std::vector<Type> given;
    for (NodeId id : args) given.push_back(at(id).type);
    auto chosen = choose_overload(name, is_operator, given);
    if (!chosen) {
        Problem problem = chosen.problem();
        problem.span = is_operator ? ast.span : ast.name_span;
        if (problem.hint.empty()) problem.hint = decimal_hint(name, ast, given);
        return fail(std::move(problem));
    }
    const Candidate& candidate = **chosen;
    auto span_of = [&](size_t i) { return i < ast.args.size() ? ast.args[i]->span : ast.span; };

    // Types of the parameters: of the overload, and of decimals, lists and `any` what the argument is.
    std::vector<Type> params;
    for (size_t i = 0; i < args.size(); ++i) {
        const TypeId id = candidate.signature.params[std::min(i, candidate.signature.params.size() - 1)];
        if (id == TypeId::kDecimal128) {
            const Id widened = coerce(args[i], type_of(TypeId::kDecimal128), span_of(i), false);
            if (!widened) return std::nullopt;
            args[i] = *widened;
        }
        const Type& type = at(args[i]).type;
        if (id == TypeId::kDecimal128 || id == kAnyList || id == kAnyMap)
            params.push_back(type);
        else if (id == kAny)
            params.push_back(type.id == kUnknown ? type_of(TypeId::kString) : type);
        else
            params.push_back(type_of(id));
    }
    std::vector<Argument> known;
    for (size_t i = 0; i < args.size(); ++i)
        known.push_back(
            {at(args[i]).type, at(args[i]).op == Op::kConstant ? &at(args[i]).constant : nullptr, span_of(i)});
    Type result = type_of(candidate.signature.result);
    if (candidate.overload->rule)
        if (auto refusal = candidate.overload->rule(known, params, result)) return fail(std::move(*refusal));
    if (candidate.function->check)
        if (auto refusal = candidate.function->check(known)) return fail(std::move(*refusal));

    Node node{Op::kCall, std::move(result), false, {}};
    for (size_t i = 0; i < args.size(); ++i) {
        const Id arg = coerce(args[i], params[i], span_of(i), candidate.overload->rule != nullptr);
        if (!arg) return std::nullopt;
        node.args.push_back(*arg);
        node.nullable |= at(*arg).nullable;
    }
    node.kernel = candidate.overload->kernel;
    node.nulls = candidate.function->nulls;
    node.dense = candidate.overload->dense;
    node.total = candidate.overload->total;
    node.in_place = candidate.overload->in_place;
    node.nullable = node.nulls != Nulls::kNever && (node.nullable || candidate.function->may_be_null);
    node.span = ast.span;
    if (!candidate.function->by_batch) fold(node);
    return intern(std::move(node));
}

}  // namespace weir::host::expression
