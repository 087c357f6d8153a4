// From syntax to operations: columns and functions are looked up, every operation gets its types, literals are read,
// constants folded and equal operations made one.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "host/expression/ast.hpp"
#include "host/expression/functions.hpp"
#include "host/expression/program.hpp"

namespace weir::host::expression {

// What `$name` stands for: a bound variable, never pasted text.
struct Parameter {
    std::string name;
    Type type;
    Constant value;
    std::string column = {};   // not empty: it stands for the column of that name, and has no value
    std::string refusal = {};  // not empty: why it cannot stand in an expression
};

// Adds expressions to a program, one by one. One thread.
class Resolver {
public:
    // Both outlive the resolver.
    Resolver(Program& program, std::span<const Parameter> parameters);

    // For expressions that are added from now on.
    void set_parameters(std::span<const Parameter> parameters) { parameters_ = parameters; }
    void define(std::string name, NodeId node);
    void hide_columns() { visible_.clear(); }

    // The operation of a whole expression. What was added for one that has a problem stays behind unused.
    Outcome<NodeId> add(const AstPtr& ast, uint32_t expression);
    // The operation that gives its value as another type, as by an implicit cast or, if `always`, by CAST.
    Outcome<NodeId> convert(NodeId id, const Type& type, Span span, bool always);

    // A call of constants that fails whatever the rows are; nullptr if there is none that is always reached.
    const Node* certain_failure(NodeId id) const;

private:
    using Id = std::optional<NodeId>;  // nullopt: problem_ says why

    Id fail(Span span, std::string message, std::string expected = "", std::string nearest = "", std::string hint = "");
    Id fail(Problem problem);

    Id resolve(const AstPtr& ast);
    Id resolve_new(const Ast& ast);
    // A name that an expression may use: a column of the schema, or an expression that stands for one.
    struct Visible {
        std::string name;
        size_t column = 0;
        Id node = std::nullopt;  // of an expression
    };

    Id column(const Ast& ast);
    Id place(size_t column, Span span);
    Id visible(const Visible& name, Span span);
    Id parameter(const Ast& ast);
    Id number(const Ast& ast, Span span, const std::string& sign);
    Id cast(const Ast& ast);
    Id field(const Ast& ast);
    Id index(const Ast& ast);
    Id call(const Ast& ast);
    Id special(const Ast& ast, bool& found);
    Id coalesce(const Ast& ast);
    Id nullif(const Ast& ast);
    Id logical(const Ast& ast);
    Id case_of(const Ast& ast);
    std::optional<Type> one_type(std::span<const NodeId> ids, std::span<const AstPtr> asts);

    Id make_call(const std::string& name, bool is_operator, std::vector<NodeId> args, const Ast& ast);
    Id make_access(const Overload& overload, std::vector<NodeId> args, Type type, const Ast& ast);
    Id coerce(NodeId id, const Type& type, Span span, bool always, bool quiet = false);
    Id coerce_unknown(NodeId id, const Type& type, Span span, bool quiet);

    NodeId constant(Type type, Constant value, Span span);
    NodeId intern(Node node);
    // Evaluates a call of constants; leaves it as it is, with the reason in `failure`, where it fails.
    void fold(Node& node);

    const Node& at(NodeId id) const { return program_.nodes[id]; }

    Program& program_;
    std::span<const Parameter> parameters_;
    std::vector<Visible> visible_;
    uint32_t expression_ = 0;
    Problem problem_;
    std::unordered_map<const Ast*, NodeId> seen_;  // of the expression that is being added
    std::unordered_map<std::string, NodeId> interned_;
};

}  // namespace weir::host::expression
