// A compiled program: expressions over the columns of one schema as a graph of operations without duplicates.
//
// Operations stand behind their arguments. Immutable once compiled; shared by evaluators on any threads.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/expression/constant.hpp"
#include "host/expression/function.hpp"

namespace weir::host::expression {

using NodeId = uint32_t;

enum class Op : uint8_t {
    kConstant,
    kColumn,
    kCall,
    kAnd,       // lazy, from left to right
    kOr,        // the same
    kCase,      // condition, value, …, else
    kCoalesce,  // lazy
};

struct Node {
    Op op = Op::kConstant;
    Type type;
    bool nullable = true;
    std::vector<NodeId> args;

    Constant constant{};      // kConstant
    size_t column = 0;        // kColumn: its place in the schema
    Kernel kernel = nullptr;  // kCall, with what follows
    Nulls nulls = Nulls::kStrict;
    bool dense = false, total = false, in_place = false;  // as of an Overload
    bool quiet = false;                 // failures are nulls

    Span span{};
    uint32_t expression = 0;
    std::string failure{};  // a call of constants that fails: why

    uint32_t depth = 1;  // of the operations below it, itself included
    uint32_t uses = 0;   // by other operations and as a result
    bool cheap = false;  // dense and total as all below it, so that it may as well be evaluated for all rows
};

// What is evaluated calls itself as deep as this: an expression of kMaxDepth with its casts is half of it.
inline constexpr uint32_t kMaxNodeDepth = 800;

struct Program {
    Schema schema;  // of the input
    std::vector<Node> nodes;
    std::vector<NodeId> results;

    const Node& result(size_t i) const { return nodes[results[i]]; }
};

}  // namespace weir::host::expression
