// The expression language: compile SQL scalar expressions over the columns of a schema, and evaluate them by batch.
//
//   Compiler compiler(schema, parameters);
//   auto total = compiler.add("price * quantity", ResultKind::kColumn);   // or a Problem with its place
//   Evaluator evaluator(compiler.finish());
//   evaluator.run(batch, 0, rows, now_micros);                            // results, and errors by row
//
// Plugins have the same by the extension `weir.expression/0` (expression_api.hpp). Nothing here depends on the engine.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/expression/evaluator.hpp"
#include "host/expression/problem.hpp"
#include "host/expression/program.hpp"
#include "host/expression/resolver.hpp"

namespace weir::host::expression {

enum class ResultKind : uint8_t {
    kValue,      // whatever it is, also an interval or a local_timestamp; a lone text literal is a string
    kColumn,     // what a column may hold: a local_timestamp becomes a timestamp, an interval is refused
    kCondition,  // bool
};

// Compiles the expressions that run together, so that what they share is evaluated once. One thread.
class Compiler {
public:
    Compiler(Schema schema, std::vector<Parameter> parameters);

    // The number of the new result, or what is wrong and where. Those added before stay as they are.
    Outcome<size_t> add(std::string_view text, ResultKind kind);
    // The same with parameters of its own instead of the compiler's.
    Outcome<size_t> add(std::string_view text, ResultKind kind, std::vector<Parameter> parameters);
    // An expression that was parsed, and maybe changed.
    Outcome<size_t> add(const AstPtr& ast, ResultKind kind, std::vector<Parameter> parameters);
    // A column by its exact name.
    Outcome<size_t> add_column(std::string_view name);
    const Node& result(size_t i) const { return program_->result(i); }
    NodeId result_id(size_t i) const { return program_->results[i]; }
    // A further column of the batches, which expressions see by its place alone (Ast::Kind::kPlace).
    size_t add_place(Field field);

    // For what is added from now on: the result is a column of that name, and hides one that was there; no column is there
    // but those defined behind hide_columns().
    void define(std::string_view name, size_t result);
    void hide_columns() { resolver_.hide_columns(); }

    // The program; the compiler is empty then.
    std::shared_ptr<const Program> finish();

private:
    Outcome<size_t> add(const AstPtr& ast, ResultKind kind);
    Outcome<NodeId> typed(NodeId id, ResultKind kind, Span whole);

    std::shared_ptr<Program> program_;
    std::vector<Parameter> parameters_;
    Resolver resolver_;
    uint32_t expressions_ = 0;
};

}  // namespace weir::host::expression
