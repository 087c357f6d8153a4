#include "host/expression/ordering.hpp"

#include <cmath>

#include <fmt/format.h>

#include "host/expression/calendar.hpp"

namespace weir::host::expression {
namespace {

template <class T>
int order(const T& a, const T& b) {
    if constexpr (std::is_floating_point_v<T>) {
        if (std::isnan(a) || std::isnan(b)) return std::isnan(a) - std::isnan(b);
    }
    return a < b ? -1 : b < a;
}

}  // namespace

int compare_cells(const Vector& a, int a_row, const Vector& b, int b_row) {
    auto as = [&]<class T>(T*) { return order(a.at<T>(a_row), b.at<T>(b_row)); };
    switch (a.type().id) {
        case TypeId::kBool:
        case TypeId::kUint8: return as(static_cast<uint8_t*>(nullptr));
        case TypeId::kInt8: return as(static_cast<int8_t*>(nullptr));
        case TypeId::kInt16: return as(static_cast<int16_t*>(nullptr));
        case TypeId::kUint16: return as(static_cast<uint16_t*>(nullptr));
        case TypeId::kUint32: return as(static_cast<uint32_t*>(nullptr));
        case TypeId::kUint64: return as(static_cast<uint64_t*>(nullptr));
        case TypeId::kInt32:
        case TypeId::kDate: return as(static_cast<int32_t*>(nullptr));
        case TypeId::kFloat32: return as(static_cast<float*>(nullptr));
        case TypeId::kFloat64: return as(static_cast<double*>(nullptr));
        case TypeId::kDecimal128: return as(static_cast<Int128*>(nullptr));
        case TypeId::kString:
        case TypeId::kBinary: return as(static_cast<std::string_view*>(nullptr));
        default: break;
    }
    if (a.type().id == kInterval)
        return order(interval_span(a.at<Interval>(a_row)), interval_span(b.at<Interval>(b_row)));
    return as(static_cast<int64_t*>(nullptr));
}

Refusal refuse_nested(Arguments args, const std::vector<Type>& params) {
    for (size_t i = 0; i < params.size(); ++i)
        if (params[i].is_nested() && params[i].id <= TypeId::kMap)
            return Problem{args[i].span, fmt::format("{} is not compared", type_name(params[i])),
                           "a number, text, boolean or time", "", "compare its members"};
    return std::nullopt;
}

}  // namespace weir::host::expression
