#include "host/topology/schema_params.hpp"

#include <utility>

#include "host/topology/scalar.hpp"

namespace weir::host {
namespace {

constexpr const char* kReference = R"(^\$([A-Za-z_][A-Za-z0-9_]*|\{[^}]*\})$)";
constexpr const char* kDuration =
    R"(^(0|([0-9]+(\.[0-9]+)? *(us|ms|s|m|h|d))+|\$([A-Za-z_][A-Za-z0-9_]*|\{[^}]*\}))$)";
constexpr const char* kBytes =
    R"(^(0|[0-9]+(\.[0-9]+)? *([KMGT]i?)?B|\$([A-Za-z_][A-Za-z0-9_]*|\{[^}]*\}))$)";

// The pattern holds for texts alone.
Json typed_or_reference(const char* type) { return {{"type", {type, "string"}}, {"pattern", kReference}}; }

// Of numbers without a unit only 0 is one.
Json quantity(const char* pattern) {
    return {{"type", {"string", "integer"}}, {"pattern", pattern}, {"minimum", 0}, {"maximum", 0}};
}

Json schema_of(const ParamInfo& param);

Json schema_of_element(const ParamInfo& param) {
    return param.fields.empty() ? Json::object() : schema_of(param.fields.front());
}

Json list_schema(const ParamInfo& param) {
    Json element = schema_of_element(param);
    Json list = {{"type", "array"}, {"items", element}};
    Json forms = Json::array({std::move(list), schema_ref("reference")});
    if (param.scalar_or_list) forms.push_back(std::move(element));
    return {{"anyOf", std::move(forms)}};
}

Json schema_of_type(const ParamInfo& param) {
    switch (param.type) {
        case ParamType::kInt64: return typed_or_reference("integer");
        case ParamType::kFloat64: return typed_or_reference("number");
        case ParamType::kBool: return typed_or_reference("boolean");
        case ParamType::kDuration: return quantity(kDuration);
        case ParamType::kBytes: return quantity(kBytes);
        case ParamType::kString:
        case ParamType::kColumn: return {{"type", {"string", "number", "boolean"}}};
        case ParamType::kExpression: return schema_ref("expression");
        case ParamType::kRecord: return record_or_name();
        case ParamType::kCodec: return schema_ref("codec");
        case ParamType::kObject: return schema_of_config(param.fields);
        case ParamType::kList: return list_schema(param);
        case ParamType::kMap: return {{"type", "object"}, {"additionalProperties", schema_of_element(param)}};
        case ParamType::kAny: break;
    }
    return Json::object();
}

Json schema_of(const ParamInfo& param) {
    Json schema = schema_of_type(param);
    if (!param.one_of.empty() && param.type != ParamType::kCodec) {
        Json values = {{"enum", param.one_of}};
        schema = {{"anyOf", Json::array({std::move(values), schema_ref("reference")})}};
    }
    if (param.default_value) schema["default"] = written_default(param);
    return with_description(std::move(schema), param.doc);
}

}  // namespace

Json written_default(const ParamInfo& param) {
    const Json& value = *param.default_value;
    if (!value.is_number_integer()) return value;
    if (param.type == ParamType::kDuration) return duration_text(value.get<int64_t>());
    if (param.type == ParamType::kBytes) return bytes_text(value.get<int64_t>());
    return value;
}

Json schema_ref(const std::string& definition) { return {{"$ref", "#/$defs/" + definition}}; }

Json with_description(Json schema, const std::string& doc) {
    if (!doc.empty()) schema["description"] = doc;
    return schema;
}

Json record_or_name() {
    Json name = {{"type", "string"}};
    return {{"anyOf", Json::array({schema_ref("record"), std::move(name)})}};
}

Json closed_object(Json properties) {
    return {{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
}

Json exactly_one_of(Json properties) {
    Json out = closed_object(std::move(properties));
    out["minProperties"] = 1;
    out["maxProperties"] = 1;
    return out;
}

Json reference_schema() {
    return {{"type", "string"}, {"pattern", kReference}, {"description", "A parameter: `$name`."}};
}

Json schema_of_members(const std::vector<ParamInfo>& params) {
    Json properties = Json::object();
    for (const ParamInfo& param : params) properties[param.name] = schema_of(param);
    return properties;
}

std::vector<std::string> required_members(const std::vector<ParamInfo>& params) {
    std::vector<std::string> names;
    for (const ParamInfo& param : params) {
        if (param.required && !param.default_value) names.push_back(param.name);
    }
    return names;
}

Json schema_of_config(const std::vector<ParamInfo>& params, Json mapping) {
    Json forms = Json::array({std::move(mapping)});
    for (const ParamInfo& param : params) {
        if (param.primary) forms.push_back(schema_of(param));
    }
    if (required_members(params).empty()) {
        Json nothing = {{"type", "null"}};
        forms.push_back(std::move(nothing));
    }
    return forms.size() == 1 ? Json(forms[0]) : Json{{"anyOf", std::move(forms)}};
}

Json schema_of_config(const std::vector<ParamInfo>& params) {
    Json mapping = closed_object(schema_of_members(params));
    if (const auto required = required_members(params); !required.empty()) mapping["required"] = required;
    return schema_of_config(params, std::move(mapping));
}

}  // namespace weir::host
