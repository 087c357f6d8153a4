// Conversions between dates and times, in UTC; and which conversions there are.
#include "host/expression/calendar.hpp"
#include "host/expression/cast.hpp"
#include "host/expression/kernel.hpp"

namespace weir::host::expression {
namespace {

int64_t date_to_time(Row& row, int32_t days) {
    if (days >= kFirstDay && days <= kLastDay) return days * kDay;
    row.fail(ErrorCode::kOverflow, "the date is outside of what timestamps have");
    return 0;
}

void time_to_date(const Call& call) {
    dense_unary<int64_t, int32_t>(call, [](int64_t micros) { return static_cast<int32_t>(floor_div(micros, kDay)); });
}

void same_time(const Call& call) {
    dense_unary<int64_t, int64_t>(call, [](int64_t micros) { return micros; });
}

}  // namespace

std::optional<Cast> time_cast(TypeId from, TypeId to) {
    if (category_of(from) != Category::kTime || category_of(to) != Category::kTime) return std::nullopt;
    if (from == TypeId::kDate) return Cast{map<&date_to_time>};
    if (to == TypeId::kDate) return Cast{time_to_date, true, true};
    return Cast{same_time, true, true};
}

std::optional<Cast> find_cast(const Type& from, const Type& to) {
    if (auto cast = number_cast(from.id, to.id)) return cast;
    if (auto cast = text_cast(from.id, to.id)) return cast;
    return time_cast(from.id, to.id);
}

}  // namespace weir::host::expression
