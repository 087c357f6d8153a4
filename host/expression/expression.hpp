// The expression language: compile SQL scalar expressions over the columns of a schema, and evaluate them by batch.
//
//   Compiler compiler(schema, parameters);
//   auto total = compiler.add("price * quantity", ResultKind::kColumn);   // or a Problem with its place
//   Evaluator evaluator(compiler.finish());
//   evaluator.run(batch, 0, rows, now_micros);                            // results, and errors by row
//
// For plugins (`window`, `route`, `check` of their own) the same will be an extension of the ABI, `weir.expression/0`:
// compile(schema, text, parameters) -> program and ArrowSchema of the result, or place and message; evaluate(program,
// batch) -> ArrowArray and a list of {row, code, message}; release. Programs are immutable and may be compiled at bind
// time; evaluators are per instance. Nothing here depends on the engine, so that the extension is a thin layer.
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
    const Node& result(size_t i) const { return program_->result(i); }

    // The program; the compiler is empty then.
    std::shared_ptr<const Program> finish();

private:
    Outcome<NodeId> typed(NodeId id, ResultKind kind, Span whole);

    std::shared_ptr<Program> program_;
    std::vector<Parameter> parameters_;
    Resolver resolver_;
    uint32_t expressions_ = 0;
};

}  // namespace weir::host::expression
