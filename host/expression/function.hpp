// What a function or operator of the expression language is: the rows of the one table that the resolver, the
// reference page and the tests of the examples read (functions.hpp has the table).
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/expression/constant.hpp"
#include "host/expression/problem.hpp"
#include "host/expression/vector.hpp"

namespace weir::host::expression {

// Why a row has no value. The text of a code never changes its meaning.
enum class ErrorCode : uint8_t {
    kOverflow,  // a number, time or interval outside of its type
    kDivisionByZero,
    kBadCast,      // a text that is no value of the type
    kBadArgument,  // an argument outside of what the function is defined for
    kTooLarge,     // a text above the limit
};
const char* to_text(ErrorCode code);

struct RowError {
    int64_t row = 0;
    ErrorCode code = ErrorCode::kOverflow;
    std::string message;
    Span span;                // of the operation in the text of its expression
    uint32_t expression = 0;  // whose text: of those of a program, the first that has the operation
};

// Where kernels put errors and texts; one for an evaluator, told of the chunk and the operation before each call.
class Scope {
public:
    // The row has no value: it becomes null in `out`, and the first error of each row is kept, unless `quiet`.
    void fail(Vector& out, int row, ErrorCode code, std::string message);
    bool has_failed(int row) const { return failed.test(row); }

    Arena arena;
    int64_t now_micros = 0;
    std::vector<RowError> errors;  // rows of the chunk
    RowSet failed;
    Span span;
    uint32_t expression = 0;
    bool quiet = false;
    std::shared_ptr<void>* memo = nullptr;  // what the operation keeps from call to call, such as a compiled pattern
};

struct Call {
    std::span<const Vector* const> args;
    Vector& out;
    const Selection& rows;
    Scope& scope;
};

// Fills out's cells of the call's rows. Kernels of `dense` overloads may fill others, too, and may be given rows
// whose arguments are null or were not computed.
using Kernel = void (*)(const Call& call);

// What is known of an argument when its overload was chosen.
struct Argument {
    Type type;
    const Constant* constant = nullptr;  // null unless it is one
    Span span;
};
// Chooses the exact types of parameters and result, for decimals and nested types; `params` are of the overload's
// type ids already. A Problem refuses the call.
using TypeRule = std::optional<Problem> (*)(std::span<const Argument> args, std::vector<Type>& params, Type& result);
// Whether a constant argument is one that the function takes: a pattern, a unit, a time zone.
using ArgumentCheck = std::optional<Problem> (*)(std::span<const Argument> args);

struct Overload {
    std::string_view signature;  // "string, int32 -> string"; the last parameter may end in `...`
    Kernel kernel = nullptr;
    bool dense = false;  // cells of fixed width only, and any bits will do
    bool total = false;  // never fails
    TypeRule rule = nullptr;
    // Takes texts of columns as they lie in the batch. The kernel is as a dense one where all texts are columns or
    // constants, and may look at those of any row then.
    bool in_place = false;
};

enum class Nulls : uint8_t {
    kStrict,  // a null argument makes a null, the kernel does not see it
    kOwn,     // the kernel sees nulls; the result may be null
    kNever,   // the kernel sees nulls; the result is never null
};

struct Example {
    std::string_view expression;
    std::string_view result;  // as `weir eval` prints it; `error: CODE` for a row error
};

struct Function {
    std::string_view name;
    std::span<const Overload> overloads;
    std::string_view doc;
    std::span<const Example> examples;
    Nulls nulls = Nulls::kStrict;
    bool may_be_null = false;  // also where no argument is
    ArgumentCheck check = nullptr;
    bool by_batch = false;  // not the same for all batches, so never folded
};

struct FunctionGroup {
    std::string_view title;
    std::string_view doc;
    bool operators = false;
    std::span<const Function> functions;
};

// Stand-ins in signatures for what TypeRule decides: any type, the element of the list that is the first argument.
inline constexpr TypeId kAny = static_cast<TypeId>(67);
inline constexpr TypeId kAnyList = static_cast<TypeId>(68);
inline constexpr TypeId kAnyMap = static_cast<TypeId>(69);

struct Signature {
    std::vector<TypeId> params;
    bool variadic = false;  // the last parameter, once or more
    TypeId result = TypeId::kBool;
};
// REQUIRES: a signature of the table.
Signature parse_signature(std::string_view text);

}  // namespace weir::host::expression
