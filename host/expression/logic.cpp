// NOT and the tests for null, true and false. AND and OR are operations of their own (program.hpp).
#include "host/expression/functions.hpp"
#include "host/expression/kernel.hpp"

namespace weir::host::expression {
namespace {

void negate(const Call& call) {
    dense_unary<uint8_t, uint8_t>(call, [](uint8_t a) { return static_cast<uint8_t>(a ^ 1); });
}

void is_null(const Call& call) {
    auto* out = call.out.mutable_values<uint8_t>();
    call.rows.for_each([&](int row) { out[row] = call.args[0]->is_null(row); });
}

template <bool Wanted>
void is_bool(const Call& call) {
    auto* out = call.out.mutable_values<uint8_t>();
    call.rows.for_each(
        [&](int row) { out[row] = !call.args[0]->is_null(row) && (call.args[0]->at<uint8_t>(row) != 0) == Wanted; });
}

constexpr Overload kNot[] = {{"bool -> bool", negate, true, true}};
constexpr Overload kIsNull[] = {{"any -> bool", is_null, false, true}};
constexpr Overload kIsTrue[] = {{"bool -> bool", is_bool<true>, false, true}};
constexpr Overload kIsFalse[] = {{"bool -> bool", is_bool<false>, false, true}};

constexpr Example kAndExamples[] = {
    {"true AND NULL", "null"}, {"false AND NULL", "false"}, {"2 < 1 AND 1 / 0 = 1", "false"}};
constexpr Example kOrExamples[] = {{"true OR NULL", "true"}, {"false OR NULL", "null"}};
constexpr Example kNotExamples[] = {{"NOT true", "false"}, {"NOT NULL::bool", "null"}};
constexpr Example kIsNullExamples[] = {{"NULL IS NULL", "true"}, {"1 IS NOT NULL", "true"}};
constexpr Example kIsTrueExamples[] = {{"NULL::bool IS TRUE", "false"}, {"false IS NOT TRUE", "true"}};
constexpr Example kIsFalseExamples[] = {{"false IS FALSE", "true"}};

constexpr Function kFunctions[] = {
    {"and", {}, "Both. What stands behind a side that is false is not evaluated, from left to right.", kAndExamples},
    {"or", {}, "Either. What stands behind a side that is true is not evaluated.", kOrExamples},
    {"not", kNot, "The opposite.", kNotExamples},
    {"is null", kIsNull, "Whether there is no value.", kIsNullExamples, Nulls::kNever},
    {"is true", kIsTrue, "Whether the value is true; false for null.", kIsTrueExamples, Nulls::kNever},
    {"is false", kIsFalse, "Whether the value is false; false for null.", kIsFalseExamples, Nulls::kNever},
};

}  // namespace

constinit const FunctionGroup kLogic = {"Logic", "With three values: true, false and null, which is unknown.", true,
                                        kFunctions};

}  // namespace weir::host::expression
