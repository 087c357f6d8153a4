// Expressions and their parameters as JSON.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "host/expression/expression_api.hpp"

namespace weir::host::expression {
namespace {

using Json = nlohmann::ordered_json;

Problem no_expression(std::string_view json) {
    return {{}, fmt::format("`{}` is no expression", json.substr(0, 80)), "a text, or {\"text\": …}", "", ""};
}

// Duration and bytes are what their places in expressions need: an interval, a number.
bool read_parameter(const Json& json, Parameter& out) {
    const std::string type = json.value("type", "");
    const Json& value = json.at("value");
    const auto set = [&](Type of, Constant constant) {
        out.type = std::move(of);
        out.value = std::move(constant);
        return true;
    };
    if (type == "int64" || type == "bytes")
        return value.is_number_integer() && set(type_of(TypeId::kInt64), Constant::of(value.get<int64_t>()));
    if (type == "float64") return value.is_number() && set(type_of(TypeId::kFloat64), Constant::of(value.get<double>()));
    if (type == "bool")
        return value.is_boolean() && set(type_of(TypeId::kBool), Constant::of<uint8_t>(value.get<bool>()));
    if (type == "duration")
        return value.is_number_integer() &&
               set(type_of(kInterval), Constant::of(Interval{0, 0, value.get<int64_t>()}));
    if (type == "string")
        return value.is_string() && set(type_of(TypeId::kString), Constant::text(value.get<std::string>()));
    if (type == "column" && value.is_string()) {
        out.column = value.get<std::string>();
        return !out.column.empty();
    }
    out.refusal = fmt::format("is a {}, which expressions do not take", type);
    return type == "list";
}

}  // namespace

Outcome<ExpressionJson> read_expression_json(std::string_view text) {
    const Json json = Json::parse(text, nullptr, false);
    if (json.is_string()) return ExpressionJson{json.get<std::string>(), "", {}};
    if (!json.is_object()) return no_expression(text);
    ExpressionJson out;
    if (json.contains("column")) {
        if (!json["column"].is_string() || json["column"].empty()) return no_expression(text);
        out.column = json["column"].get<std::string>();
        return out;
    }
    if (!json.contains("text") || !json["text"].is_string()) return no_expression(text);
    out.text = json["text"].get<std::string>();
    if (!json.contains("parameters")) return out;
    for (const auto& [name, parameter] : json["parameters"].items()) {
        Parameter one{name, type_of(TypeId::kBool), Constant::null()};
        if (!parameter.is_object() || !parameter.contains("value") || !read_parameter(parameter, one))
            return Problem{{}, fmt::format("parameter `{}` has no type and value that fit", name), "", "", ""};
        out.parameters.push_back(std::move(one));
    }
    return out;
}

}  // namespace weir::host::expression
