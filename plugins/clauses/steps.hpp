// What the clauses of a node do to the columns, compiled: which rows go on, which expressions are evaluated when, and what the
// output is made of. Knows no batches.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <weir/expression.hpp>

namespace weir::clauses {

// A column at some point of the clauses: one of the input's, or an expression.
struct Visible {
    std::string name;
    std::optional<uint32_t> expression;  // none: column `column` of the input
    size_t column = 0;
};

// An expression at its turn.
struct Evaluation {
    uint32_t expression = 0;
    std::string name;  // of the column or rule; empty for `where`
    std::string text;  // of a rule
    uint32_t rule = 0;
};

struct Step {
    enum class Kind { kWhere, kSet, kCheck };
    Kind kind = Kind::kSet;
    std::vector<Evaluation> evaluations;
};

// Of one input.
struct Steps {
    ExpressionProgram program;
    std::vector<Step> steps;  // what nobody needs is left out
    std::vector<Visible> output;
    Schema schema;  // of the output
};

// The steps of a configuration over the columns of an input. All that is wrong is reported at its place; the Status is
// the first of it. What is not wanted of the output is left out, and told to `binding` as not read.
Result<Steps> compile_steps(Context context, const Config::Json &steps, const Binding &binding);

// The text of an expression as it is written.
std::string expression_text(const Config::Json &expression);

}  // namespace weir::clauses
