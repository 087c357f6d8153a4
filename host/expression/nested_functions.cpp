// Lists and maps. Access to members, elements and values is an operation of the resolver's (a.b, list[1], map['k']).
#include "host/expression/functions.hpp"
#include "host/expression/kernel.hpp"
#include "host/expression/nested.hpp"
#include "host/expression/ordering.hpp"
#include "host/expression/type_rules.hpp"

namespace weir::host::expression {
namespace {

Column column_of(const Vector& vector, int row) { return {vector.at<Nested>(row).array, &vector.type()}; }

int32_t count_of(const Vector& vector, int row) {
    const Column column = column_of(vector, row);
    const auto at = vector.at<Nested>(row).row;
    return column.end_of(at) - column.begin_of(at);
}

void cardinality(const Call& call) {
    auto* out = call.out.mutable_values<int32_t>();
    call.rows.for_each([&](int row) { out[row] = count_of(*call.args[0], row); });
}

// The place of the value among children[child] of the row, or -1.
int64_t find_value(const Call& call, int row, Vector& one) {
    const Column elements = column_of(*call.args[0], row).child(0);
    const auto at = call.args[0]->at<Nested>(row).row;
    const Column column = column_of(*call.args[0], row);
    for (int32_t i = column.begin_of(at); i < column.end_of(at); ++i) {
        one.reset();
        load_cell(elements, i, one, 0);
        if (!one.is_null(0) && compare_cells(one, 0, *call.args[1], row) == 0) return i - column.begin_of(at);
    }
    return -1;
}

void contains(const Call& call) {
    auto* out = call.out.mutable_values<uint8_t>();
    Vector one(call.args[1]->type());
    call.rows.for_each([&](int row) { out[row] = find_value(call, row, one) >= 0; });
}

void position(const Call& call) {
    auto* out = call.out.mutable_values<int32_t>();
    Vector one(call.args[1]->type());
    call.rows.for_each([&](int row) {
        const int64_t at = find_value(call, row, one);
        if (at < 0)
            call.out.set_null(row);
        else
            out[row] = static_cast<int32_t>(at) + 1;
    });
}

constexpr Overload kCardinality[] = {{"list -> int32", cardinality, false, true},
                                     {"map -> int32", cardinality, false, true}};
constexpr Overload kContains[] = {{"list, any -> bool", contains, false, true, element_of_first},
                                  {"map, any -> bool", contains, false, true, element_of_first}};
constexpr Overload kPosition[] = {{"list, any -> int32", position, false, true, element_of_first}};

constexpr Function kFunctions[] = {
    {"cardinality", kCardinality, "The number of elements of a list, or of entries of a map.", {}},
    {"length", kCardinality, "As `cardinality`.", {}},
    {"contains", kContains, "Whether a list has the value, or a map the key; also `value = ANY(list)`.", {}},
    {"array_position",
     kPosition,
     "The place of the value in a list, from 1; null where it is not in it.",
     {},
     Nulls::kStrict,
     true},
};

}  // namespace

constinit const FunctionGroup kNestedFunctions = {"Lists, structs and maps",
                                                  "`value.member` takes a member of a struct, `list[1]` the first "
                                                  "element of a list, `map['key']` the value of a key; "
                                                  "what is not there is null.",
                                                  false, kFunctions};

}  // namespace weir::host::expression
