#include "host/aggregation/call_splitter.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "host/aggregation/call_text.hpp"
#include "host/expression/decimal.hpp"
#include "host/expression/functions.hpp"
#include "host/text/nearest.hpp"

namespace weir::host::aggregation {
namespace {

using expression::Ast;
using expression::AstPtr;
using expression::Constant;
using expression::Node;

bool same_in_any_case(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

bool has_column(const Schema& schema, const Ast& ast) {
    return std::any_of(schema.fields.begin(), schema.fields.end(), [&](const Field& field) {
        return field.name == ast.text || (!ast.quoted && same_in_any_case(field.name, ast.text));
    });
}

std::string column_names(const Schema& schema) {
    constexpr size_t kShown = 12;
    std::string out;
    for (size_t i = 0; i < schema.size() && i < kShown; ++i)
        out += fmt::format("{}`{}`", i ? ", " : "one of ", schema.fields[i].name);
    return schema.size() > kShown ? out + ", …" : out;
}

double number_of(const Node& node) {
    switch (node.type.id) {
        case TypeId::kInt32: return node.constant.as<int32_t>();
        case TypeId::kInt64: return static_cast<double>(node.constant.as<int64_t>());
        case TypeId::kFloat64: return node.constant.as<double>();
        default: return expression::to_double(node.constant.as<Int128>(), node.type.scale);
    }
}

bool is_number(TypeId id) {
    return id == TypeId::kInt32 || id == TypeId::kInt64 || id == TypeId::kFloat64 || id == TypeId::kDecimal128;
}

// The value of a parameter, as configurations have it; nullopt where the constant is of another type.
std::optional<Json> config_value(const Node& node, ParamType type) {
    const TypeId id = node.type.id;
    switch (type) {
        case ParamType::kString: return id == TypeId::kString ? std::optional<Json>(node.constant.text()) : std::nullopt;
        case ParamType::kBool: return id == TypeId::kBool ? std::optional<Json>(node.constant.as<uint8_t>() != 0) : std::nullopt;
        case ParamType::kFloat64: return is_number(id) ? std::optional<Json>(number_of(node)) : std::nullopt;
        case ParamType::kInt64:
            if (id == TypeId::kInt32) return Json(node.constant.as<int32_t>());
            return id == TypeId::kInt64 ? std::optional<Json>(node.constant.as<int64_t>()) : std::nullopt;
        default: return std::nullopt;
    }
}

const char* type_words(ParamType type) {
    switch (type) {
        case ParamType::kString: return "a text";
        case ParamType::kBool: return "true or false";
        case ParamType::kFloat64: return "a number";
        default: return "an integer";
    }
}

}  // namespace

CallSplitter::AstPtr CallSplitter::fail(Problem problem) {
    problem_ = std::move(problem);
    return nullptr;
}

Outcome<expression::AstPtr> CallSplitter::split(const AstPtr& ast) {
    AstPtr out = rewrite(ast);
    if (!out) return problem_;
    return out;
}

CallSplitter::AstPtr CallSplitter::rewrite(const AstPtr& ast) {
    if (const auto found = done_.find(ast.get()); found != done_.end()) return found->second;
    AstPtr out = rewrite_new(ast);
    if (out) done_.emplace(ast.get(), out);
    return out;
}

CallSplitter::AstPtr CallSplitter::rewrite_new(const AstPtr& ast) {
    if (ast->kind == Ast::Kind::kFunction) {
        if (const OperatorInfo* info = aggregate(*ast)) return call(*ast, *info);
        if (!is_function(ast->text)) return fail(unknown_function(*ast));
    }
    const Schema &group = compiler_.group_schema_, &rows = compiler_.row_schema_;
    if (ast->kind == Ast::Kind::kColumn && !has_column(group, *ast) && has_column(rows, *ast))
        return fail({ast->span, fmt::format("`{}` is a column of the rows, and not of the group that they make", ast->text),
                     column_names(group), "", fmt::format("put it into an aggregate: max({0}), or last({0})", ast->text)});
    std::vector<AstPtr> args;
    bool changed = false;
    for (const AstPtr& arg : ast->args) {
        args.push_back(rewrite(arg));
        if (!args.back()) return nullptr;
        changed = changed || args.back() != arg;
    }
    if (!changed) return ast;
    Ast copy = *ast;
    copy.args = std::move(args);
    return std::make_shared<const Ast>(std::move(copy));
}

const OperatorInfo* CallSplitter::aggregate(const Ast& ast) const {
    return is_function(ast.text) ? nullptr : compiler_.resolver_.catalog().find_aggregate(ast.text);
}

bool CallSplitter::is_function(const std::string& name) const {
    const auto& names = expression::function_names();
    return std::find(names.begin(), names.end(), name) != names.end();
}

Problem CallSplitter::unknown_function(const Ast& ast) const {
    std::vector<std::string> names = compiler_.resolver_.catalog().aggregate_names();
    const auto& functions = expression::function_names();
    names.insert(names.end(), functions.begin(), functions.end());
    return {ast.name_span, fmt::format("there is no function or aggregate `{}`", ast.text), "", nearest_name(ast.text, names), ""};
}

bool CallSplitter::check_inside(const AstPtr& ast) {
    if (const auto found = checked_.find(ast.get()); found != checked_.end()) return found->second;
    bool& result = checked_[ast.get()];
    result = false;
    if (ast->kind == Ast::Kind::kFunction && aggregate(*ast)) {
        problem_ = {ast->name_span, fmt::format("the aggregate `{}` stands inside of another one", ast->text),
                    "an expression over the columns of a row", "", "aggregate in a node before, and its results here"};
        return false;
    }
    if (ast->kind == Ast::Kind::kFunction && !is_function(ast->text)) return problem_ = unknown_function(*ast), false;
    if (ast->kind == Ast::Kind::kColumn && !has_column(compiler_.row_schema_, *ast) && has_column(compiler_.group_schema_, *ast)) {
        problem_ = {ast->span, fmt::format("`{}` is a column of the group, and not of its rows", ast->text),
                    column_names(compiler_.row_schema_), "", "it is the same for all rows: use it outside of the aggregate"};
        return false;
    }
    for (const AstPtr& arg : ast->args)
        if (!check_inside(arg)) return false;
    if (ast->filter && !check_inside(ast->filter)) return false;
    return checked_[ast.get()] = true;
}

CallSplitter::AstPtr CallSplitter::call(const Ast& ast, const OperatorInfo& info) {
    AggregateCall made;
    made.distinct = ast.distinct;
    made.expression = compiler_.expressions_;
    std::string config;
    if (!add_arguments(ast, info, made)) return nullptr;
    if (!add_constants(ast, info, made.arguments.size(), config)) return nullptr;
    if (!add_filter(ast, made)) return nullptr;
    made.key = fmt::format("{}|{}|{}", info.name, ast.distinct, config);
    for (size_t argument : made.arguments) made.key += fmt::format("|{}", compiler_.rows_.result_id(argument));
    if (made.filter) made.key += fmt::format("|where {}", compiler_.rows_.result_id(*made.filter));
    auto& calls = compiler_.calls_;
    size_t at = 0;
    while (at < calls.size() && calls[at].key != made.key) ++at;
    if (at == calls.size()) {
        if (!make_instance(ast, info, config, made) || !check_distinct(ast, made)) return nullptr;
        made.text = call_text(ast, parameters_, made.argument_schema, made.aggregate->state_version());
        Field result = made.aggregate->result();
        result.name.clear();
        compiler_.groups_.add_place(std::move(result));
        calls.push_back(std::move(made));
    }
    Ast out{Ast::Kind::kPlace, ast.span, ast.name_span, "", {}};
    out.place = compiler_.group_schema_.size() + at;
    return std::make_shared<const Ast>(std::move(out));
}

bool CallSplitter::add_arguments(const Ast& ast, const OperatorInfo& info, AggregateCall& call) {
    const size_t columns = std::min(ast.args.size(), info.inputs.size());
    if (ast.args.size() > info.inputs.size() + info.params.size()) {
        problem_ = {ast.args[info.inputs.size() + info.params.size()]->span,
                    fmt::format("`{}` does not take so many arguments", info.name), call_form(info), "", ""};
        return false;
    }
    for (size_t i = 0; i < columns; ++i) {
        if (!check_inside(ast.args[i])) return false;
        auto added = compiler_.rows_.add(ast.args[i], expression::ResultKind::kColumn, parameters_);
        if (!added) return problem_ = added.problem(), false;
        const Node& node = compiler_.rows_.result(*added);
        call.arguments.push_back(*added);
        call.argument_schema.fields.push_back({std::to_string(i), node.type, node.nullable});
    }
    return true;
}

bool CallSplitter::add_constants(const Ast& ast, const OperatorInfo& info, size_t columns, std::string& config) {
    Json out = Json::object();
    for (size_t i = 0; i < info.params.size(); ++i) {
        const ParamInfo& param = info.params[i];
        if (columns + i >= ast.args.size()) {
            if (param.default_value) out[param.name] = *param.default_value;
            if (!param.required) continue;
            problem_ = {ast.span, fmt::format("`{}` needs its argument `{}`: {}", info.name, param.name, param.doc),
                        call_form(info), "", ""};
            return false;
        }
        const AstPtr& arg = ast.args[columns + i];
        if (!check_inside(arg)) return false;
        auto added = compiler_.rows_.add(arg, expression::ResultKind::kValue, parameters_);
        if (!added) return problem_ = added.problem(), false;
        const Node& node = compiler_.rows_.result(*added);
        std::optional<Json> value;
        if (node.op == expression::Op::kConstant && !node.constant.is_null()) value = config_value(node, param.type);
        if (!value || (!param.one_of.empty() && std::find(param.one_of.begin(), param.one_of.end(), *value) == param.one_of.end())) {
            const char* what = value                                            ? "is none of its values"
                               : node.op != expression::Op::kConstant ? "is not the same for all rows"
                                                                                : "is not of its type";
            problem_ = {arg->span, fmt::format("this {}: `{}` of `{}`", what, param.name, info.name),
                        fmt::format("{}: {}", type_words(param.type), param.doc), "", ""};
            return false;
        }
        out[param.name] = std::move(*value);
    }
    config = out.dump();
    return true;
}

bool CallSplitter::add_filter(const Ast& ast, AggregateCall& call) {
    if (!ast.filter) return true;
    if (!check_inside(ast.filter)) return false;
    auto added = compiler_.rows_.add(ast.filter, expression::ResultKind::kCondition, parameters_);
    if (!added) return problem_ = added.problem(), false;
    call.filter = *added;
    return true;
}

bool CallSplitter::make_instance(const Ast& ast, const OperatorInfo& info, const std::string& config, AggregateCall& call) {
    auto made = AggregateInstance::create(info, compiler_.resolver_, call.argument_schema, config);
    if (made) {
        call.aggregate = std::move(*made);
        return true;
    }
    const Status why = made.status();
    problem_ = {ast.span, fmt::format("`{}` {}", info.name, why.message()), call_form(info), "", ""};
    for (size_t i = 0; i < info.params.size() && !why.path().empty(); ++i)
        if (const size_t at = call.arguments.size() + i; info.params[i].name == why.path() && at < ast.args.size())
            problem_ = {ast.args[at]->span, fmt::format("`{}` of `{}` {}", why.path(), info.name, why.message()), "", "", ""};
    return false;
}

bool CallSplitter::check_distinct(const Ast& ast, AggregateCall& call) {
    if (!call.distinct) return true;
    for (size_t i = 0; i < call.arguments.size(); ++i) {
        const Type& type = call.argument_schema.fields[i].type;
        if (!type.is_nested()) continue;
        problem_ = {ast.args[i]->span, fmt::format("DISTINCT is not defined for {}", to_string(type)),
                    "numbers, texts, times", "", "take a member or an element of it, or its text"};
        return false;
    }
    std::vector<std::string> names;
    for (const Field& field : call.argument_schema.fields) names.push_back(field.name);
    call.keys = KeyCodec(call.argument_schema, names);
    return true;
}

}  // namespace weir::host::aggregation
