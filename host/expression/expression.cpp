#include "host/expression/expression.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "host/expression/parser.hpp"

namespace weir::host::expression {
namespace {

void count_uses(Program& program) {
    // Arguments stand before those who use them, so that from the back each is counted only where it is needed.
    std::vector<bool> needed(program.nodes.size(), false);
    for (NodeId id : program.results) {
        needed[id] = true;
        ++program.nodes[id].uses;
    }
    for (size_t i = program.nodes.size(); i-- > 0;) {
        if (!needed[i]) continue;
        for (NodeId arg : program.nodes[i].args) {
            needed[arg] = true;
            ++program.nodes[arg].uses;
        }
    }
}

void mark_cheap(Program& program) {
    const auto lies_there = [&](NodeId id) {
        return program.nodes[id].op == Op::kColumn || program.nodes[id].op == Op::kConstant;
    };
    for (Node& node : program.nodes) {
        if (node.in_place) node.dense = std::all_of(node.args.begin(), node.args.end(), lies_there);
        node.cheap = node.op == Op::kConstant ||
                     (node.op == Op::kColumn && !node.type.is_text() && !node.type.is_nested()) ||
                     (node.op == Op::kCall && node.dense && node.total);
        if (node.in_place) continue;
        for (NodeId arg : node.args) node.cheap = node.cheap && program.nodes[arg].cheap;
    }
}

}  // namespace

Compiler::Compiler(Schema schema, std::vector<Parameter> parameters)
    : program_(std::make_shared<Program>(Program{std::move(schema), {}, {}})),
      parameters_(std::move(parameters)),
      resolver_(*program_, parameters_) {}

Outcome<size_t> Compiler::add(std::string_view text, ResultKind kind) {
    auto ast = parse(text);
    if (!ast) return ast.problem();
    return add(*ast, kind);
}

Outcome<size_t> Compiler::add(std::string_view text, ResultKind kind, std::vector<Parameter> parameters) {
    parameters_ = std::move(parameters);
    resolver_.set_parameters(parameters_);
    return add(text, kind);
}

Outcome<size_t> Compiler::add(const AstPtr& ast, ResultKind kind, std::vector<Parameter> parameters) {
    parameters_ = std::move(parameters);
    resolver_.set_parameters(parameters_);
    return add(ast, kind);
}

size_t Compiler::add_place(Field field) {
    program_->schema.fields.push_back(std::move(field));
    return program_->schema.size() - 1;
}

Outcome<size_t> Compiler::add_column(std::string_view name) {
    Ast column{Ast::Kind::kColumn, {0, static_cast<uint32_t>(name.size())}, {}, std::string(name), {}};
    column.quoted = true;
    auto added = add(std::make_shared<const Ast>(std::move(column)), ResultKind::kColumn);
    if (added) return added;
    Problem problem = added.problem();
    problem.hint.clear();  // which is about quotes
    return problem;
}

void Compiler::define(std::string_view name, size_t result) {
    resolver_.define(std::string(name), program_->results[result]);
}

Outcome<size_t> Compiler::add(const AstPtr& ast, ResultKind kind) {
    auto id = resolver_.add(ast, expressions_++);
    if (!id) return id.problem();
    auto typed_id = typed(*id, kind, ast->span);
    if (!typed_id) return typed_id.problem();
    if (program_->nodes[*typed_id].depth > kMaxNodeDepth)
        return Problem{ast->span, "with the expressions that it uses, it is nested too deeply", "", "",
                       "move a part of it into a node of its own"};
    if (const Node* failing = resolver_.certain_failure(*typed_id))
        return Problem{failing->span, fmt::format("this fails for every row: {}", failing->failure), "", "", ""};
    program_->results.push_back(*typed_id);
    return program_->results.size() - 1;
}

Outcome<NodeId> Compiler::typed(NodeId id, ResultKind kind, Span whole) {
    const Type type = program_->nodes[id].type;
    if (kind == ResultKind::kCondition) {
        if (type.id != TypeId::kBool && type.id != kUnknown)
            return Problem{whole, fmt::format("this is {}, and a condition is true or false", type_name(type)),
                           "a comparison, a bool column, …", "", ""};
        return resolver_.convert(id, type_of(TypeId::kBool), whole, false);
    }
    if (type.id == kUnknown) return resolver_.convert(id, type_of(TypeId::kString), whole, false);
    if (kind == ResultKind::kValue) return id;
    if (type.id == kLocalTimestamp) return resolver_.convert(id, type_of(TypeId::kTimestamp), whole, false);
    if (type.id == kInterval)
        return Problem{whole, "this is an interval, which no column holds", "a number, text, boolean or time", "",
                       "extract(epoch FROM …) gives its seconds, …::string its text"};
    return id;
}

std::shared_ptr<const Program> Compiler::finish() {
    count_uses(*program_);
    mark_cheap(*program_);
    return std::move(program_);
}

}  // namespace weir::host::expression
