// Expressions over aggregates: compiled once, in bind, into calls of aggregates over the columns of rows, and a program of
// expressions over the columns of a group and the results of these calls.
//
//   Compiler compiler(resolver, rows, group);
//   auto number = compiler.add(R"("round(sum(amount) / count(), 2)")");   // or a Problem with its place
//   Evaluator evaluator(compiler.finish());                               // evaluator.hpp
//
// Plugins have the same by the extension `weir.aggregation/0` (aggregation_api.hpp).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/aggregation/aggregate_instance.hpp"
#include "host/expression/expression.hpp"
#include <weir/key_codec.hpp>

namespace weir::host::aggregation {

using expression::Outcome;
using expression::Problem;
using expression::Program;

// A call of an aggregate, as all expressions that have it share it.
struct AggregateCall {
    std::shared_ptr<const AggregateInstance> aggregate;
    std::vector<size_t> arguments;  // results of the program over rows
    Schema argument_schema;         // their types, named by their numbers
    std::optional<size_t> filter;   // a condition there
    bool distinct = false;
    KeyCodec keys{};          // distinct: of the arguments
    uint64_t offset = 0;      // of its state in a group's
    uint64_t set_offset = 0;  // distinct: of a DistinctSet*, null while nothing came
    uint32_t expression = 0;  // that had it first
    std::string key;          // the same for equal calls
    std::string text;         // for the signature
};

// Immutable; shared by evaluators on any threads.
class Aggregation {
public:
    std::shared_ptr<const Program> rows;    // arguments and filters
    std::shared_ptr<const Program> groups;  // the expressions; behind the group's columns stand the calls' results
    size_t group_columns = 0;
    std::vector<AggregateCall> calls;
    std::vector<size_t> order;  // in which calls take rows: those that may refuse one first
    uint64_t state_bytes = 0;   // a multiple of 16
    std::string signature;
    bool retracts = true;
    bool has_outside = false;

    // A state as bytes, and back into a zeroed one.
    Status save(const void* state, std::string& out) const;
    Status load(void* state, std::string_view bytes) const;
    // Frees what lies outside; the state is zeroed then.
    void drop(void* state) const;
    uint64_t outside_bytes(const void* state) const;
    // Marks the columns that anything reads.
    void mark_reads(uint8_t* row_columns, uint8_t* columns_of_group) const;
};

// One thread.
class Compiler {
public:
    // The resolver is only used by add; it outlives the modules of the aggregates by itself.
    Compiler(OperatorResolver& resolver, Schema rows, Schema group);

    // The number of the new expression, from 0, or what is wrong and where. `json`: as weir/ext/expression.h has it.
    Outcome<uint32_t> add(std::string_view json);
    const expression::Node& result(uint32_t number) const { return groups_.result(number); }
    // The column of the group that an expression is, unchanged; -1: none.
    int64_t group_column(uint32_t number) const;

    // The compiler is empty then.
    std::shared_ptr<const Aggregation> finish();

private:
    friend class CallSplitter;

    OperatorResolver& resolver_;
    Schema row_schema_, group_schema_;
    expression::Compiler rows_, groups_;
    std::vector<AggregateCall> calls_;
    uint32_t expressions_ = 0;
};

}  // namespace weir::host::aggregation
