// Takes the calls of aggregates out of an expression's syntax.
#pragma once

#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "host/aggregation/aggregation.hpp"
#include "host/expression/ast.hpp"

namespace weir::host::aggregation {

// For one expression; adds the calls that it finds to the compiler, each once. One thread.
class CallSplitter {
public:
    // Both outlive it.
    CallSplitter(Compiler& compiler, const std::vector<expression::Parameter>& parameters)
        : compiler_(compiler), parameters_(parameters) {}

    // The syntax with each call replaced by the place of its result.
    Outcome<expression::AstPtr> split(const expression::AstPtr& ast);

private:
    using Ast = expression::Ast;
    using AstPtr = expression::AstPtr;

    // Null after a failure, which stands in problem_.
    AstPtr rewrite(const AstPtr& ast);
    AstPtr rewrite_new(const AstPtr& ast);
    AstPtr fail(Problem problem);

    AstPtr call(const Ast& ast, const OperatorInfo& info);
    // False after a failure. Whether an argument, or a filter, is one: columns of rows, no aggregates.
    bool check_inside(const AstPtr& ast);
    bool add_arguments(const Ast& ast, const OperatorInfo& info, AggregateCall& call);
    bool add_constants(const Ast& ast, const OperatorInfo& info, size_t columns, std::string& config);
    bool add_filter(const Ast& ast, AggregateCall& call);
    bool check_distinct(const Ast& ast, AggregateCall& call);
    bool make_instance(const Ast& ast, const OperatorInfo& info, const std::string& config, AggregateCall& call);

    const OperatorInfo* aggregate(const Ast& ast) const;
    Problem unknown_function(const Ast& ast) const;
    bool is_function(const std::string& name) const;

    Compiler& compiler_;
    const std::vector<expression::Parameter>& parameters_;
    Problem problem_;
    std::unordered_map<const Ast*, AstPtr> done_;
    std::unordered_map<const Ast*, bool> checked_;
};

}  // namespace weir::host::aggregation
