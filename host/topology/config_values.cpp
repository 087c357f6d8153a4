// One value of a configuration by its declared type.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "host/expression/lexer.hpp"
#include "host/loader/manifest_json.hpp"
#include "host/topology/config_checker.hpp"
#include "host/text/nearest.hpp"

namespace weir::host {
namespace {

// The declaration of values that a list or map says nothing about.
const ParamInfo& any_value() {
    static const ParamInfo any = [] {
        ParamInfo info;
        info.type = ParamType::kAny;
        return info;
    }();
    return any;
}

const ParamInfo& element_of(const ParamInfo& param) {
    return param.fields.empty() ? any_value() : param.fields.front();
}

}  // namespace

std::optional<Json> ConfigChecker::read(const ParamInfo& param, const YamlNode& raw, Spot spot) {
    if (raw.is_null() && param.type != ParamType::kAny) {
        auto& d = error(Code::kMissingValue, spot, raw.place, "has no value");
        d.expected = fmt::format("{}, or leave the key out", with_article(param.type));
        if (param.type == ParamType::kExpression) d.hint = "SQL's NULL must be in quotes here: \"NULL\"";
        return std::nullopt;
    }
    if (param.secret) mask_written(raw);
    spot.secret = spot.secret || param.secret;
    const YamlNode* node = &raw;
    // A value that came through a parameter is final: it is not searched for dollar signs again.
    // In an expression they are its own.
    if (!spot.via.known() && param.type != ParamType::kObject && param.type != ParamType::kExpression) {
        const auto value = parameters_.resolve(raw);
        if (!value) return std::nullopt;
        node = value->node;
        spot.secret = spot.secret || value->secret;
        if (!value->parameter.empty()) {
            spot.via = raw.place;
            spot.origin = value->parameter;
        }
    }
    if (spot.written) out_->places[spot.path] = spot.via.known() ? spot.via : raw.place;
    if (spot.secret) out_->secret_paths.insert(spot.path);
    auto value = read_typed(param, *node, spot);
    if (value && !is_allowed(param, *value, *node, spot)) return std::nullopt;
    return value;
}

std::optional<Json> ConfigChecker::read_typed(const ParamInfo& param, const YamlNode& node,
                                              const Spot& spot) {
    switch (param.type) {
        case ParamType::kRecord: return read_record_value(node, spot);
        case ParamType::kCodec: return read_codec(node, spot);
        case ParamType::kExpression: return read_expression(node, spot);
        case ParamType::kObject:
            return read_object({param.fields, spot.via.known() ? spot.via : node.place}, node, spot);
        case ParamType::kList: return read_list(param, node, spot);
        case ParamType::kMap: return read_map(param, node, spot);
        case ParamType::kAny: return read_any_value(node, spot);
        default: return read_simple(param, node, spot);
    }
}

std::optional<Json> ConfigChecker::read_simple(const ParamInfo& param, const YamlNode& node,
                                               const Spot& spot) {
    const std::vector<std::string> allowed = texts_of(param.one_of);
    if (!node.is_scalar()) {
        wrong_kind(spot, node, allowed.empty() ? with_article(param.type) : one_of_text(allowed));
        return std::nullopt;
    }
    auto read = read_scalar(param.type, node);
    if (auto* value = std::get_if<Json>(&read)) return std::move(*value);
    const auto& problem = std::get<ScalarError>(read);
    const std::string what = spot.secret ? "is not " + with_article(param.type) : problem.what;
    auto& d = error(problem.code, spot, node.place, what);
    d.expected = problem.expected;
    if (spot.secret) return std::nullopt;
    d.hint = problem.hint;
    if (node.quoted && spot.origin.starts_with("parameter")) {
        d.hint = fmt::format("declare the parameter as `{{ type: {}, … }}`", to_text(param.type));
    }
    return std::nullopt;
}

bool ConfigChecker::is_allowed(const ParamInfo& param, const Json& value, const YamlNode& node,
                               const Spot& spot) {
    if (param.one_of.empty()) return true;
    // Of a codec the name counts; of any other value, all of it.
    const Json& compared = param.type == ParamType::kCodec ? value["codec"] : value;
    if (std::find(param.one_of.begin(), param.one_of.end(), compared) != param.one_of.end()) return true;
    const std::vector<std::string> allowed = texts_of(param.one_of);
    const std::string text = compared.is_string() ? compared.get<std::string>() : compared.dump();
    auto& d = error(Code::kNotAllowedValue, spot, node.place,
                    spot.secret ? "has a value that is not allowed" : "cannot be " + ticked(text));
    d.expected = one_of_text(allowed);
    if (!spot.secret) d.nearest = nearest_name(text, allowed);
    return false;
}

std::optional<Json> ConfigChecker::read_record_value(const YamlNode& node, const Spot& spot) {
    if (node.is_map()) {
        return read_record(node, subject_ + ticked(spot.label), parameters_, diagnostics_);
    }
    if (!node.is_scalar()) {
        wrong_kind(spot, node, "`{ column: type }`, or a name under `records:`");
        return std::nullopt;
    }
    if (const Json* found = records_.find(node.text))
        return found->is_null() ? std::nullopt : std::optional<Json>(*found);
    const std::vector<std::string> names = records_.names();
    auto& d = error(Code::kUnknownRecord, spot, node.place, "names no record: " + ticked(node.text));
    d.expected = names.empty()
                     ? "`{ column: type }`, or a name under `records:`, which this topology does not have, or of a "
                       "file in schemas/records/"
                     : one_of_text(names);
    d.nearest = nearest_name(node.text, names);
    return std::nullopt;
}

std::optional<Json> ConfigChecker::read_codec(const YamlNode& node, const Spot& spot) {
    const bool is_mapping = node.is_map() && node.keys.size() == 1;
    if (!node.is_scalar() && !is_mapping) {
        wrong_kind(spot, node, "a codec's name, or `{ name: { … } }`");
        return std::nullopt;
    }
    const std::string& name = is_mapping ? node.keys[0].text : node.text;
    const Place& place = is_mapping ? node.keys[0].place : node.place;
    const OperatorInfo* codec = catalog_.find_codec(name);
    if (codec == nullptr) {
        const auto names = catalog_.codec_names();
        auto& d = error(Code::kUnknownCodec, spot, place, "names no codec: " + ticked(name));
        d.expected = names.empty() ? "a codec of a plugin; no plugin present has one" : one_of_text(names);
        d.nearest = nearest_name(name, names);
        return std::nullopt;
    }
    Spot inside = member(spot, "config");
    inside.label = spot.label + "." + name;
    const YamlNode nothing;
    auto config = read_object({codec->params, spot.via.known() ? spot.via : place},
                              is_mapping ? node.items[0] : nothing, inside);
    if (!config) return std::nullopt;
    return Json{{"codec", name}, {"config", std::move(*config)}};
}

// Only its parameters are looked at here: what it means depends on the columns, which bind knows.
std::optional<Json> ConfigChecker::read_expression(const YamlNode& node, const Spot& spot) {
    if (!node.is_scalar()) {
        wrong_kind(spot, node, "an expression, such as `price * 2`");
        return std::nullopt;
    }
    if (spot.written) out_->expressions[spot.path] = node.text;
    const auto tokens = expression::tokenize(node.text);
    if (!tokens) return Json(node.text);
    Json parameters = Json::object();
    bool good = true, secret = false;
    for (const expression::Token& token : *tokens) {
        if (token.kind != expression::Token::Kind::kParameter || parameters.contains(token.text)) continue;
        auto value = parameters_.bind(token.text, place_within(node, token.span.offset, token.span.length), &secret);
        good = good && value;
        if (value) parameters[token.text] = std::move(*value);
    }
    if (!good) return std::nullopt;
    if (secret) out_->secret_paths.insert(spot.path);
    if (parameters.empty()) return Json(node.text);
    return Json{{"text", node.text}, {"parameters", std::move(parameters)}};
}

std::optional<Json> ConfigChecker::read_list(const ParamInfo& param, const YamlNode& node, const Spot& spot) {
    const ParamInfo& info = element_of(param);
    Json out = Json::array();
    bool good = true;
    auto add = [&](const YamlNode& item, std::size_t index) {
        auto value = read(info, item, element(spot, index));
        good = good && value;
        if (value) out.push_back(std::move(*value));
    };
    if (node.is_sequence()) {
        for (std::size_t i = 0; i < node.items.size(); ++i) add(node.items[i], i);
    } else if (param.scalar_or_list) {
        // Already resolved: what a parameter stood for is not resolved again.
        Spot resolved = element(spot, 0);
        if (node.is_scalar() && !resolved.via.known()) resolved.via = node.place;
        auto value = read(info, node, resolved);
        good = value.has_value();
        if (value) out.push_back(std::move(*value));
    } else {
        wrong_kind(spot, node, "a list: `[a, b]`");
        good = false;
    }
    if (!good) return std::nullopt;
    return out;
}

std::optional<Json> ConfigChecker::read_map(const ParamInfo& param, const YamlNode& node, const Spot& spot) {
    if (!node.is_map()) {
        wrong_kind(spot, node, "a mapping: `{ name: value }`");
        return std::nullopt;
    }
    Json out = Json::object();
    bool good = true;
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
        auto value = read(element_of(param), node.items[i], member(spot, node.keys[i].text));
        good = good && value;
        if (value) out[node.keys[i].text] = std::move(*value);
    }
    if (!good) return std::nullopt;
    return out;
}

std::optional<Json> ConfigChecker::read_any_value(const YamlNode& node, const Spot& spot) {
    ParamInfo inner = any_value();
    if (node.is_map()) return read_map(inner, node, spot);
    if (node.is_sequence()) return read_list(inner, node, spot);
    return read_any(node);
}

}  // namespace weir::host
