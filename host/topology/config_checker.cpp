// Objects, their keys, defaults and missing members; single values are in config_values.cpp.
#include "host/topology/config_checker.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "host/text/nearest.hpp"

namespace weir::host {
namespace {

// A declared default as a tree, to be read like what a user writes.
YamlNode node_from(const Json& json) {
    YamlNode node;
    if (json.is_object()) {
        node.kind = YamlNode::Kind::kMap;
        for (const auto& [key, value] : json.items()) {
            node.keys.push_back({key, {}});
            node.items.push_back(node_from(value));
        }
    } else if (json.is_array()) {
        node.kind = YamlNode::Kind::kSequence;
        for (const Json& value : json) node.items.push_back(node_from(value));
    } else if (!json.is_null()) {
        node.kind = YamlNode::Kind::kScalar;
        node.quoted = json.is_string();
        node.text = json.is_string() ? json.get<std::string>() : json.dump();
    }
    return node;
}

// `{ codec: json, config: {…} }` as `{ json: {…} }`.
YamlNode codec_node(const Json& json) {
    if (!json.is_object() || !json.contains("codec")) return node_from(json);
    return node_from(Json{{json["codec"].get<std::string>(), json.value("config", Json::object())}});
}

std::vector<std::string> names_of(const std::vector<ParamInfo>& params) {
    std::vector<std::string> names;
    for (const ParamInfo& param : params) names.push_back(param.name);
    return names;
}

const ParamInfo* find_param(const std::vector<ParamInfo>& params, std::string_view name) {
    const auto found =
        std::find_if(params.begin(), params.end(), [&](const ParamInfo& p) { return p.name == name; });
    return found == params.end() ? nullptr : &*found;
}

}  // namespace

std::optional<CheckedConfig> ConfigChecker::check(const CheckRequest& request) {
    CheckedConfig result;
    result.place = request.value->is_null() ? request.place : request.value->place;
    out_ = &result;
    subject_ = request.subject;
    Spot root;
    root.label = request.name;
    const Members members{*request.params, request.place, request.defaults, &request.also, request.partial};
    auto value = read_object(members, *request.value, root);
    out_ = nullptr;
    if (!value) return std::nullopt;
    result.value = std::move(*value);
    return result;
}

ConfigChecker::Spot ConfigChecker::member(const Spot& spot, const std::string& name) {
    Spot out = spot;
    out.label = spot.label.empty() ? name : spot.label + "." + name;
    out.path = spot.path.empty() ? name : spot.path + "." + name;
    return out;
}

ConfigChecker::Spot ConfigChecker::element(const Spot& spot, std::size_t index) {
    Spot out = spot;
    out.label = fmt::format("{}[{}]", spot.label, index);
    out.path = fmt::format("{}[{}]", spot.path, index);
    return out;
}

std::optional<Json> ConfigChecker::read_object(const Members& members, const YamlNode& node,
                                               const Spot& spot) {
    if (node.is_scalar() || node.is_sequence()) return read_primary(members, node, spot);
    Json out = Json::object();
    std::set<std::string> there;
    bool good = true;
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
        const YamlKey& key = node.keys[i];
        if (members.also != nullptr &&
            std::find(members.also->begin(), members.also->end(), key.text) != members.also->end()) {
            continue;
        }
        const ParamInfo* param = find_param(members.params, key.text);
        if (param == nullptr) {
            there.insert(unknown_key(members, key, spot));
            good = false;
            continue;
        }
        there.insert(key.text);
        auto value = read(*param, node.items[i], member(spot, key.text));
        good = good && value;
        if (value) out[key.text] = std::move(*value);
    }
    if (!members.partial) good = fill(members, there, spot, out) && good;
    if (!good) return std::nullopt;
    return out;
}

std::string ConfigChecker::unknown_key(const Members& members, const YamlKey& key, const Spot& spot) {
    auto names = names_of(members.params);
    if (members.also != nullptr) names.insert(names.end(), members.also->begin(), members.also->end());
    const std::string owner = spot.label.empty() ? "there is no" : ticked(spot.label) + " has no";
    auto& d = diagnostics_.error(Code::kUnknownKey, spot.via.known() ? spot.via : key.place,
                                 fmt::format("{}{} parameter {}", subject_, owner, ticked(key.text)));
    d.expected = names.empty() ? "no parameters at all" : one_of_text(names);
    d.nearest = nearest_name(key.text, names);
    const std::size_t colon = key.text.find(':');
    if (colon != std::string::npos && std::find(names.begin(), names.end(), key.text.substr(0, colon)) != names.end()) {
        d.hint = fmt::format("a blank is missing: `{}: {}`", key.text.substr(0, colon), key.text.substr(colon + 1));
        d.nearest.clear();
        return key.text.substr(0, colon);
    }
    if (key.text.find(' ') != std::string::npos)
        d.hint = "if it belongs to the text above, indent it deeper than that text's key, or put the whole in quotes";
    return d.nearest;
}

std::optional<Json> ConfigChecker::read_primary(const Members& members, const YamlNode& node,
                                                const Spot& spot) {
    const auto primary = std::find_if(members.params.begin(), members.params.end(),
                                      [](const ParamInfo& p) { return p.primary; });
    if (primary == members.params.end()) {
        auto& d = error(Code::kWrongType, spot, node.place,
                        fmt::format("takes a mapping of parameters, not {}", kind_text(node)));
        const auto names = names_of(members.params);
        d.expected = names.empty() ? "`{}`" : one_of_text(names);
        const std::size_t colon = node.text.find(':');
        if (!node.quoted && colon != std::string::npos && is_identifier(node.text.substr(0, colon))) {
            d.hint = fmt::format("a blank is missing: `{}: {}`", node.text.substr(0, colon),
                                 node.text.substr(colon + 1));
        }
        return std::nullopt;
    }
    YamlNode map;
    map.kind = YamlNode::Kind::kMap;
    map.place = node.place;
    map.keys.push_back({primary->name, node.place});
    map.items.push_back(node);
    return read_object(members, map, spot);
}

bool ConfigChecker::fill(const Members& members, const std::set<std::string>& there, const Spot& spot,
                         Json& out) {
    bool good = true;
    for (const ParamInfo& param : members.params) {
        if (!there.contains(param.name)) good = fill_one(param, members, spot, out) && good;
    }
    return good;
}

bool ConfigChecker::fill_one(const ParamInfo& param, const Members& members, const Spot& spot, Json& out) {
    if (members.defaults != nullptr && members.defaults->contains(param.name)) {
        out[param.name] = members.defaults->at(param.name);
        if (param.secret) out_->secret_paths.insert(member(spot, param.name).path);
        return true;
    }
    if (param.default_value) {
        auto value = default_of(param, members.missing_at, member(spot, param.name));
        if (value) out[param.name] = std::move(*value);
        return value.has_value();
    }
    if (!param.required) return true;
    auto& d = error(Code::kMissingKey, spot, members.missing_at, "needs " + ticked(param.name));
    d.expected = fmt::format("`{}: …`, {}", param.name, with_article(param.type));
    if (!param.doc.empty()) d.expected += ": " + param.doc;
    return false;
}

std::optional<Json> ConfigChecker::default_of(const ParamInfo& param, const Place& place, const Spot& spot) {
    const Json& value = *param.default_value;
    const bool is_typed =
        (value.is_number() && (param.type == ParamType::kDuration || param.type == ParamType::kBytes)) ||
        (param.type == ParamType::kRecord && value.is_object() && value.contains("fields")) ||
        param.type == ParamType::kAny || param.type == ParamType::kExpression;
    Spot at = spot;
    at.via = place;
    at.origin = "the default of the plugin";
    at.written = false;
    if (!is_typed)
        return read(param, param.type == ParamType::kCodec ? codec_node(value) : node_from(value), at);
    if (param.secret) out_->secret_paths.insert(spot.path);
    return value;
}

Diagnostic& ConfigChecker::error(Code code, const Spot& spot, const Place& place, const std::string& what) {
    const std::string origin = spot.origin.empty() ? "" : fmt::format(" ({})", spot.origin);
    return diagnostics_.error(code, spot.via.known() ? spot.via : place,
                              fmt::format("{}{} {}{}", subject_, ticked(spot.label), what, origin));
}

Diagnostic& ConfigChecker::wrong_kind(const Spot& spot, const YamlNode& node, const std::string& expected) {
    auto& d = error(Code::kWrongType, spot, node.place, fmt::format("is {}", kind_text(node)));
    d.expected = expected;
    return d;
}

}  // namespace weir::host
