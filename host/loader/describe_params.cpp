// Parameters: each is read with its fields, and its default and allowed values are checked against its type.
#include <algorithm>
#include <set>
#include <string_view>

#include "host/loader/describe_internal.hpp"
#include "host/loader/names.hpp"

namespace weir::host {
namespace {

constexpr int kMaxDepth = 16;
constexpr uint32_t kAllFlags =
    WEIR_PARAM_REQUIRED | WEIR_PARAM_SECRET | WEIR_PARAM_PRIMARY | WEIR_PARAM_SCALAR_OR_LIST;

bool is_record(const Json& value) {
    if (!value.is_object() || !value.contains("fields") || !value["fields"].is_array()) return false;
    for (const Json& field : value["fields"])
        if (!field.is_object() || !field.contains("name") || !field["name"].is_string() ||
            !field.contains("type") || !field["type"].is_string())
            return false;
    return true;
}

bool fits_type(const ParamInfo& param, const Json& value);

bool fits_object(const ParamInfo& param, const Json& value) {
    if (!value.is_object()) return false;
    for (const auto& [name, member] : value.items()) {
        const ParamInfo* field = nullptr;
        for (const ParamInfo& f : param.fields)
            if (f.name == name) field = &f;
        if (!field || !fits_type(*field, member)) return false;
    }
    return true;
}

// As what the host hands to create: durations and sizes are numbers, records and codecs are objects.
bool fits_type(const ParamInfo& param, const Json& value) {
    switch (param.type) {
        case ParamType::kString:
        case ParamType::kColumn:
        case ParamType::kExpression: return value.is_string();
        case ParamType::kInt64:
        case ParamType::kDuration: return value.is_number_integer();
        case ParamType::kBytes: return value.is_number_unsigned();
        case ParamType::kFloat64: return value.is_number();
        case ParamType::kBool: return value.is_boolean();
        case ParamType::kRecord: return is_record(value);
        case ParamType::kCodec:
            return value.is_object() && value.contains("codec") && value["codec"].is_string() &&
                   (!value.contains("config") || value["config"].is_object());
        case ParamType::kObject: return fits_object(param, value);
        case ParamType::kList:
        case ParamType::kMap:
            if (param.type == ParamType::kList ? !value.is_array() : !value.is_object()) return false;
            for (const Json& item : value)
                if (!fits_type(param.fields[0], item)) return false;
            return true;
        case ParamType::kAny: return true;
    }
    return false;
}

const char* typed_form(ParamType type) {
    switch (type) {
        case ParamType::kDuration: return " (an integer of microseconds)";
        case ParamType::kBytes: return " (an integer of bytes)";
        case ParamType::kRecord: return R"( ({"fields":[{"name":"n","type":"int64"}]}))";
        case ParamType::kCodec: return R"( ({"codec":"json","config":{}}))";
        default: return "";
    }
}

bool read_json(Mistake& mistake, const std::string& where, const char* member, const char* text, Json* out) {
    std::string copy;
    if (!read_text(mistake, where, member, text, &copy)) return false;
    *out = Json::parse(copy, nullptr, false);
    return !out->is_discarded() || mistake.at(where, fmt::format("{} `{}` is not JSON", member, copy));
}

bool read_values(Mistake& mistake, const std::string& where, const weir_param& param, ParamInfo* out) {
    if (param.one_of_json) {
        Json allowed;
        if (!read_json(mistake, where, "one_of_json", param.one_of_json, &allowed)) return false;
        if (!allowed.is_array() || allowed.empty())
            return mistake.at(where, fmt::format("one_of_json `{}` is not a list of values", param.one_of_json));
        for (const Json& value : allowed)
            if (!fits_type(*out, value))
                return mistake.at(where, fmt::format("one_of_json: {} is not of type {}{}", value.dump(),
                                                     kTypeWords[param.type], typed_form(out->type)));
        out->one_of.assign(allowed.begin(), allowed.end());
    }
    if (!param.default_json) return true;
    if (out->required) return mistake.at(where, "is required and has a default; only one makes sense");
    Json value;
    if (!read_json(mistake, where, "default_json", param.default_json, &value)) return false;
    if (!fits_type(*out, value))
        return mistake.at(where, fmt::format("default_json `{}` is not of type {}{}", param.default_json,
                                             kTypeWords[param.type], typed_form(out->type)));
    if (!out->one_of.empty() && std::find(out->one_of.begin(), out->one_of.end(), value) == out->one_of.end())
        return mistake.at(where, fmt::format("default_json `{}` is not one of {}", param.default_json,
                                             param.one_of_json));
    out->default_value = std::move(value);
    return true;
}

// `fields` by type: members of an object, one description of a list's or a map's elements, otherwise none.
bool check_fields(Mistake& mistake, const std::string& where, const weir_param& param) {
    switch (param.type) {
        case WEIR_PARAM_OBJECT: return param.n_fields > 0 || mistake.at(where, "is an object without fields");
        case WEIR_PARAM_LIST:
        case WEIR_PARAM_MAP:
            return param.n_fields == 1 ||
                   mistake.at(where, fmt::format("n_fields is {}; a list or map has one, for its elements",
                                                 param.n_fields));
        default: return param.n_fields == 0 || mistake.at(where, "has fields and is no object, list or map");
    }
}

bool read_list(Mistake& mistake, const std::string& where, const char* member, const weir_param* first,
               uint32_t n, bool named, int depth, std::vector<ParamInfo>* out);

bool read_param(Mistake& mistake, const std::string& where, const weir_param& param, int depth, ParamInfo* out) {
    if (param.type > WEIR_PARAM_ANY) return mistake.at(where, fmt::format("unknown type {}", param.type));
    if (param.flags & ~kAllFlags) return mistake.at(where, fmt::format("unknown flags {:#x}", param.flags));
    out->type = static_cast<ParamType>(param.type);
    out->required = param.flags & WEIR_PARAM_REQUIRED;
    out->secret = param.flags & WEIR_PARAM_SECRET;
    out->primary = param.flags & WEIR_PARAM_PRIMARY;
    out->scalar_or_list = param.flags & WEIR_PARAM_SCALAR_OR_LIST;
    if (out->scalar_or_list && out->type != ParamType::kList)
        return mistake.at(where, "WEIR_PARAM_SCALAR_OR_LIST is for lists");
    if (out->primary && depth > 0) return mistake.at(where, "WEIR_PARAM_PRIMARY is for parameters of an operator");
    const bool members_are_named = out->type == ParamType::kObject;
    return check_fields(mistake, where, param) &&
           read_list(mistake, where, "fields", param.fields, param.n_fields, members_are_named, depth + 1,
                     &out->fields) &&
           read_values(mistake, where, param, out);
}

bool read_list(Mistake& mistake, const std::string& where, const char* member, const weir_param* first,
               uint32_t n, bool named, int depth, std::vector<ParamInfo>* out) {
    if (depth > kMaxDepth) return mistake.at(where, "parameters are nested too deeply");
    std::vector<const weir_param*> params;
    if (!read_array(mistake, where, member, first, n, &params)) return false;
    std::set<std::string> names;
    int primaries = 0;
    for (const weir_param* param : params) {
        ParamInfo info;
        std::string here = fmt::format("{}, {}[{}]", where, member, out->size());
        if (named) {
            if (!read_text(mistake, here, "name", param->name, &info.name)) return false;
            if (!is_name(info.name))
                return mistake.at(here, fmt::format("`{}` is no name for a parameter", info.name));
            here = fmt::format("{}, parameter `{}`", where, info.name);
            if (!names.insert(info.name).second) return mistake.at(here, "there are two of that name");
            if (!read_text(mistake, here, "doc", param->doc, &info.doc)) return false;
        } else if (param->doc && !read_text(mistake, here, "doc", param->doc, &info.doc)) {
            return false;
        }
        if (!read_param(mistake, here, *param, depth, &info)) return false;
        if (info.primary && ++primaries > 1) return mistake.at(here, "there are two primary parameters");
        out->push_back(std::move(info));
    }
    return true;
}

}  // namespace

bool read_params(Mistake& mistake, const std::string& where, const weir_operator& op,
                 std::vector<ParamInfo>* out) {
    return read_list(mistake, where, "params", op.params, op.n_params, true, 0, out);
}

}  // namespace weir::host
