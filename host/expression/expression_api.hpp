// The extension `weir.expression/0` of plugins, over the compiler and the evaluator.
#pragma once

#include <weir/ext/expression.h>

#include "host/expression/resolver.hpp"

namespace weir::host::expression {

// The table without `report`, which is the business of whoever runs operators: here it does nothing.
const weir_expression_api& expression_api();

// A problem as it came through the extension.
Problem problem_from_abi(const weir_expression_problem& problem);
void problem_to_abi(const Problem& problem, weir_expression_problem* out);

// An expression as the extension takes it. A Problem without a place: the JSON is none.
struct ExpressionJson {
    std::string text;
    std::string column;  // not empty: it is this column, and has no text
    std::vector<Parameter> parameters;
};
Outcome<ExpressionJson> read_expression_json(std::string_view json);

}  // namespace weir::host::expression
