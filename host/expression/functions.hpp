// The table of all functions and operators, by family; each family is a file that says what they do, with the
// function, its types, its text and its examples side by side.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/expression/function.hpp"

namespace weir::host::expression {

extern const FunctionGroup kArithmeticOperators;  // arithmetic.cpp
extern const FunctionGroup kModulo;               // arithmetic.cpp
extern const FunctionGroup kComparisons;          // comparison.cpp
extern const FunctionGroup kLogic;                // logic.cpp
extern const FunctionGroup kTextOperators;        // text_operators.cpp
extern const FunctionGroup kTimeOperators;        // time_operators.cpp
extern const FunctionGroup kJsonOperators;        // json_access.cpp
extern const FunctionGroup kConditionals;         // conditionals.cpp
extern const FunctionGroup kMathFunctions;        // math_functions.cpp
extern const FunctionGroup kPowerOperator;        // math_functions.cpp
extern const FunctionGroup kTextFunctions;        // text_functions.cpp
extern const FunctionGroup kRegexFunctions;       // regex_functions.cpp
extern const FunctionGroup kHashFunctions;        // hash_functions.cpp
extern const FunctionGroup kTimeFunctions;        // time_functions.cpp
extern const FunctionGroup kNestedFunctions;      // nested_functions.cpp

// In the order of the reference; groups of one title belong together.
std::span<const FunctionGroup* const> function_groups();

// An overload with its signature read.
struct Candidate {
    const Function* function;
    const Overload* overload;
    Signature signature;
};

// All overloads of a name, of functions or of operators; empty for a name that there is not. Any thread.
const std::vector<Candidate>& candidates(std::string_view name, bool is_operator);
// Names of functions, for "did you mean".
const std::vector<std::string>& function_names();

}  // namespace weir::host::expression
