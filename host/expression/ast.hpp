// What the parser makes of an expression: syntax with places, nothing looked up yet.
//
// Operators are calls by their symbol ("+", "||", "->>", "not", "is null"); what SQL spells in words is
// brought to calls by the parser (SUBSTRING(a FROM b) is substring(a, b), x BETWEEN a AND b is x >= a AND x <= b).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "host/expression/problem.hpp"

namespace weir::host::expression {

struct Ast;
// Shared, because BETWEEN and IN name their left side more than once.
using AstPtr = std::shared_ptr<const Ast>;

struct Ast {
    enum class Kind : uint8_t {
        kNull,
        kBool,       // text: true or false
        kInteger,    // text: digits
        kNumber,     // text: as written
        kString,     // text: the value
        kColumn,     // text: the name
        kParameter,  // text: the name
        kOperator,   // text: the symbol
        kFunction,   // text: the name in lower case, `acme.p95` of several words
        kAnd,        // two or more
        kOr,         // two or more
        kCase,       // condition, value, …, else (a kNull where there was none)
        kCast,       // text: the type's name; `quiet` for TRY_CAST
        kField,      // args[0]."text"
        kIndex,      // args[0][args[1]]
        kPlace,      // the schema's column at `place`, whatever its name; never written by a user
    };
    Kind kind = Kind::kNull;
    Span span;       // all of it
    Span name_span;  // of the operator, function, field or type
    std::string text;
    std::vector<AstPtr> args;
    bool quiet = false;
    bool quoted = false;  // a column in double quotes: exactly this name
    int depth = 1;
    // Of a call of an aggregate: f(*), f(DISTINCT …), f(…) FILTER (WHERE filter).
    bool star = false, distinct = false;
    AstPtr filter = {};
    size_t place = 0;

    bool is_aggregate_syntax() const { return star || distinct || filter; }
};

}  // namespace weir::host::expression
