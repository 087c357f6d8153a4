// CASE, COALESCE, NULLIF, CAST (operations of their own, see resolver.hpp), and GREATEST and LEAST.
#include "host/expression/functions.hpp"
#include "host/expression/kernel.hpp"
#include "host/expression/ordering.hpp"

namespace weir::host::expression {
namespace {

template <bool Greatest>
void choose(const Call& call) {
    call.rows.for_each([&](int row) {
        const Vector* best = nullptr;
        for (const Vector* arg : call.args) {
            if (arg->is_null(row)) continue;
            if (!best) {
                best = arg;
                continue;
            }
            const int order = compare_cells(*arg, row, *best, row);
            if (Greatest ? order > 0 : order < 0) best = arg;
        }
        if (!best) {
            call.out.set_null(row);
        } else {
            const size_t width = call.out.width();
            const size_t from = best->is_constant() ? 0 : static_cast<size_t>(row);
            std::memcpy(call.out.bytes() + static_cast<size_t>(row) * width, best->bytes() + from * width, width);
        }
    });
}

Refusal one_ordered_type(Arguments args, std::vector<Type>& params, Type& result) {
    if (auto refusal = same_for_all(args, params, result)) return refusal;
    return refuse_nested(args, params);
}

constexpr Overload kGreatest[] = {{"any... -> any", choose<true>, false, true, one_ordered_type}};
constexpr Overload kLeast[] = {{"any... -> any", choose<false>, false, true, one_ordered_type}};

constexpr Example kCaseExamples[] = {{"CASE WHEN 1 > 2 THEN 'more' ELSE 'less' END", "less"},
                                     {"CASE 3 WHEN 1 THEN 'one' WHEN 3 THEN 'three' END", "three"}};
constexpr Example kCoalesceExamples[] = {{"coalesce(NULL, 'none')", "none"}};
constexpr Example kNullifExamples[] = {{"nullif(0, 0)", "null"}, {"10 / nullif(0, 0)", "null"}};
constexpr Example kGreatestExamples[] = {{"greatest(1, 3, NULL, 2)", "3"}};
constexpr Example kLeastExamples[] = {{"least('b', 'a')", "a"}};
constexpr Example kCastExamples[] = {{"CAST('42' AS int64)", "42"},
                                     {"'12.345'::decimal(12,2)", "12.35"},
                                     {"'2024-05-23T12:34:56Z'::timestamp", "2024-05-23 12:34:56+00"},
                                     {"('a' || 'b')::int64", "error: bad-cast"},
                                     {"300::uint8", "error: overflow"}};
constexpr Example kTryCastExamples[] = {{"TRY_CAST('abc' AS int64)", "null"}};

constexpr Function kFunctions[] = {
    {"case",
     {},
     "The value behind the first condition that is true, else that behind ELSE, or null. Only that one is evaluated.",
     kCaseExamples},
    {"coalesce", {}, "The first value that is not null; those behind it are not evaluated.", kCoalesceExamples},
    {"nullif", {}, "Null if both values are equal, else the first.", kNullifExamples},
    {"greatest", kGreatest, "The greatest of the values that are not null.", kGreatestExamples, Nulls::kOwn},
    {"least", kLeast, "The least of the values that are not null.", kLeastExamples, Nulls::kOwn},
    {"cast",
     {},
     "`CAST(x AS type)` or `x::type`: the value as another type. What does not fit is a row error. Types have weir's "
     "names "
     "(int64, string, decimal(12,2), timestamp, …) or SQL's (bigint, text, numeric(12,2), …).",
     kCastExamples},
    {"try_cast", {}, "As CAST, but null where the value does not fit.", kTryCastExamples},
};

}  // namespace

constinit const FunctionGroup kConditionals = {"Choices and conversions", "", false, kFunctions};

}  // namespace weir::host::expression
