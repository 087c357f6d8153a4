#include "host/expression/type_rules.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace weir::host::expression {
namespace {

int whole_digits(const Type& type) { return type.precision - type.scale; }

}  // namespace

Refusal sum_of_decimals(Arguments, std::vector<Type>& params, Type& result) {
    const int scale = std::max(params[0].scale, params[1].scale);
    result = limited_decimal(std::max(whole_digits(params[0]), whole_digits(params[1])) + 1 + scale, scale);
    params = {result, result};
    return std::nullopt;
}

Refusal product_of_decimals(Arguments, std::vector<Type>& params, Type& result) {
    result = limited_decimal(params[0].precision + params[1].precision, params[0].scale + params[1].scale);
    return std::nullopt;
}

// At least 16 digits behind the point, as PostgreSQL gives, where there is room.
Refusal quotient_of_decimals(Arguments, std::vector<Type>& params, Type& result) {
    constexpr int kLeastScale = 16;
    const int scale = std::max<int>({params[0].scale, params[1].scale, kLeastScale});
    result = limited_decimal(whole_digits(params[0]) + params[1].scale + scale, scale);
    return std::nullopt;
}

Refusal remainder_of_decimals(Arguments, std::vector<Type>& params, Type& result) {
    const int scale = std::max(params[0].scale, params[1].scale);
    result = limited_decimal(std::max(whole_digits(params[0]), whole_digits(params[1])) + scale, scale);
    params = {result, result};
    return std::nullopt;
}

Refusal rounded_decimal(Arguments args, std::vector<Type>& params, Type& result) {
    int scale = params[0].scale;
    if (args.size() > 1 && args[1].constant && !args[1].constant->is_null())
        scale = std::clamp<int>(args[1].constant->as<int32_t>(), 0, scale);
    result = limited_decimal(whole_digits(params[0]) + 1 + scale, scale);
    return std::nullopt;
}

Refusal whole_decimal(Arguments, std::vector<Type>& params, Type& result) {
    result = limited_decimal(whole_digits(params[0]) + 1, 0);
    return std::nullopt;
}

Refusal same_as_first(Arguments, std::vector<Type>& params, Type& result) {
    result = params[0];
    return std::nullopt;
}

Refusal element_of_first(Arguments args, std::vector<Type>& params, Type& result) {
    const Type& element = params[0].children[0].type;
    if (!casts_implicitly(args[1].type.id, element.id) && arithmetic_type(args[1].type).id != element.id &&
        !(is_integer(args[1].type.id) && is_integer(element.id)))
        return Problem{
            args[1].span,
            fmt::format("this is {}, and what is looked up in {}", type_name(args[1].type), type_name(params[0])),
            fmt::format("{}", type_name(element)), "", ""};
    if (element.is_nested())
        return Problem{args[0].span, fmt::format("{} is not compared with a value", type_name(element)), "", "", ""};
    params[1] = element;
    if (params[0].id == TypeId::kMap && result.id == kAny) result = params[0].children[1].type;
    return std::nullopt;
}

Refusal same_for_all(Arguments args, std::vector<Type>& params, Type& result) {
    Type common = type_of(kUnknown);
    for (const Argument& arg : args) {
        const auto next = common_type(common, arg.type);
        if (!next)
            return Problem{
                arg.span,
                fmt::format("this is {}, and the values before are {}", type_name(arg.type), type_name(common)),
                "values of one type", "", fmt::format("CAST(… AS {})", type_name(common))};
        common = *next;
    }
    if (common.id == kUnknown) common = type_of(TypeId::kString);
    params.assign(params.size(), common);
    if (result.id == kAny) result = common;
    return std::nullopt;
}

}  // namespace weir::host::expression
