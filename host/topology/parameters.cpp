// Declarations, overriding values, and their evaluation; substitution is in parameters_resolve.cpp.
#include "host/topology/parameters.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "host/loader/manifest_json.hpp"
#include "host/text/nearest.hpp"

namespace weir::host {
namespace {

const std::vector<std::string> kDeclarationKeys = {"type", "default", "one_of", "secret", "doc"};
// The types that a parameter can have.
const std::vector<ParamType> kTypes = {ParamType::kString, ParamType::kInt64,    ParamType::kFloat64,
                                       ParamType::kBool,   ParamType::kDuration, ParamType::kBytes,
                                       ParamType::kColumn, ParamType::kList};

std::vector<std::string> type_names() {
    std::vector<std::string> names;
    for (const ParamType type : kTypes) names.emplace_back(to_text(type));
    return names;
}

bool is_text_type(ParamType type) { return type == ParamType::kString || type == ParamType::kColumn; }

}  // namespace

Parameters::Parameters(const std::shared_ptr<SourceFile>& file, const LoadOptions& options,
                       Diagnostics& diagnostics)
    : file_(file), options_(options), diagnostics_(diagnostics) {}

void Parameters::load(const YamlNode* section) {
    if (section != nullptr && section->is_map()) {
        for (std::size_t i = 0; i < section->keys.size(); ++i) declare(section->keys[i], section->items[i]);
    } else if (section != nullptr && !section->is_null()) {
        diagnostics_
            .error(Code::kWrongType, section->place, fmt::format("`parameters` is {}", kind_text(*section)))
            .expected = "a mapping of names to values";
    }
    for (Parameter& parameter : parameters_) adopt_type(parameter, 0);
    for (const auto& path : options_.params_files) apply_params_file(path);
    for (const auto& set : options_.sets) apply_set(set);
    for (Parameter& parameter : parameters_) evaluate(parameter);
}

void Parameters::declare(const YamlKey& key, const YamlNode& node) {
    Parameter& parameter = parameters_.emplace_back();
    parameter.name = key.text;
    parameter.place = key.place;
    if (!is_identifier(key.text)) {
        diagnostics_
            .error(Code::kBadName, key.place,
                   fmt::format("a parameter cannot be called {}", ticked(key.text)))
            .expected = "letters, digits and `_`, not beginning with a digit";
        parameter.state = State::kFailed;
    }
    if (node.is_map()) {
        read_declaration(parameter, node);
        return;
    }
    if (node.is_null()) {
        diagnostics_
            .error(Code::kMissingValue, key.place, fmt::format("parameter {} has no value", ticked(key.text)))
            .expected = "a value, or `{ type: … }` for a parameter that must be given";
        parameter.state = State::kFailed;
        return;
    }
    parameter.type = infer_type(node);
    parameter.has_type = false;
    parameter.given = &node;
}

// A parameter without a type that stands for another, wherever that is declared, is of the other's type. In a circle,
// which evaluate() tells of, types mean nothing.
void Parameters::adopt_type(Parameter& parameter, int depth) {
    if (parameter.has_type || depth >= kMaxParameterDepth) return;
    const bool is_reference = parameter.given != nullptr && parameter.given->is_scalar() && parameter.given->text.starts_with('$');
    Parameter* other = is_reference ? find(std::string_view(parameter.given->text).substr(1)) : nullptr;
    if (other == nullptr) return;
    adopt_type(*other, depth + 1);
    parameter.type = other->type;
    parameter.has_type = true;
}

void Parameters::read_declaration(Parameter& parameter, const YamlNode& node) {
    const std::string subject = fmt::format("parameter {}: ", ticked(parameter.name));
    auto refuse = [&](Code code, const Place& place, const std::string& message) -> Diagnostic& {
        parameter.state = State::kFailed;
        return diagnostics_.error(code, place, subject + message);
    };
    for (const YamlKey& key : node.keys) {
        if (std::find(kDeclarationKeys.begin(), kDeclarationKeys.end(), key.text) != kDeclarationKeys.end())
            continue;
        auto& d =
            refuse(Code::kUnknownKey, key.place, fmt::format("a declaration has no {}", ticked(key.text)));
        d.expected = one_of_text(kDeclarationKeys);
        d.nearest = nearest_name(key.text, kDeclarationKeys);
    }
    if (const YamlNode* secret = node.find("secret")) {
        auto value = secret->is_scalar() ? read_scalar(ParamType::kBool, *secret) : ScalarError{};
        if (std::holds_alternative<Json>(value)) {
            parameter.secret = std::get<Json>(value).get<bool>();
        } else {
            refuse(Code::kWrongType, secret->place, "`secret` is not a bool").expected = "`true` or `false`";
        }
    }
    if (const YamlNode* doc = node.find("doc")) parameter.doc = doc->text;

    const YamlNode* default_value = node.find("default");
    const YamlNode* one_of = node.find("one_of");
    if (const YamlNode* type = node.find("type")) {
        const auto names = type_names();
        const auto known = std::find(names.begin(), names.end(), type->text);
        if (known != names.end()) {
            parameter.type = kTypes[static_cast<std::size_t>(known - names.begin())];
        } else {
            auto& d = refuse(Code::kBadParameter, type->place,
                             fmt::format("there is no type {}", ticked(type->text)));
            d.expected = one_of_text(names);
            d.nearest = nearest_name(type->text, names);
            const std::string ours = our_type_name(type->text);
            if (std::find(names.begin(), names.end(), ours) != names.end()) d.nearest = ours;
        }
    } else if (default_value != nullptr) {
        parameter.type = infer_type(*default_value);
        parameter.has_type = one_of != nullptr;
    } else if (one_of != nullptr && one_of->is_sequence() && !one_of->items.empty()) {
        parameter.type = infer_type(one_of->items.front());
    }
    if (one_of != nullptr) read_one_of(parameter, *one_of);
    if (default_value != nullptr && !default_value->is_null())
        give(parameter, *default_value, Origin::kDefault);
}

void Parameters::read_one_of(Parameter& parameter, const YamlNode& node) {
    bool good = node.is_sequence() && !node.items.empty();
    for (const YamlNode& item : node.items) {
        auto value = item.is_scalar() ? read_scalar(parameter.type, item) : ScalarError{};
        if (auto* json = std::get_if<Json>(&value)) {
            parameter.one_of.push_back(std::move(*json));
        } else {
            good = false;
        }
    }
    if (good) return;
    parameter.state = State::kFailed;
    diagnostics_
        .error(Code::kBadParameter, node.place,
               fmt::format("parameter {}: `one_of` does not fit", ticked(parameter.name)))
        .expected = fmt::format("a list of values of type {}", to_text(parameter.type));
}

void Parameters::give(Parameter& parameter, const YamlNode& node, Origin origin) {
    if (parameter.secret) mask_written(node);
    if (origin == Origin::kSet && parameter.origin != Origin::kSet) parameter.hidden = parameter.given;
    parameter.given = &node;
    parameter.origin = origin;
    parameter.literal = origin == Origin::kSet;
}

void Parameters::apply_params_file(const std::filesystem::path& path) {
    std::string problem;
    auto text = read_source(options_.texts.get(), path, kMaxYamlBytes, problem);
    if (!text) {
        const auto whole = SourceFile::create("--params", path.string(), SourceFile::Kind::kCommandLine);
        diagnostics_.error(Code::kFileUnreadable, whole->place(0, path.string().size()),
                           fmt::format("cannot read {}: {}", ticked(path.string()), problem));
        return;
    }
    const auto file = SourceFile::create(path.string(), std::move(*text));
    auto tree = parse_yaml(file, diagnostics_);
    if (!tree || tree->is_null()) return;
    const YamlNode& root = *keep(std::move(*tree));
    if (!root.is_map()) {
        diagnostics_
            .error(Code::kWrongType, root.place,
                   fmt::format("a params file is a mapping, not {}", kind_text(root)))
            .expected = "parameters and their values, such as `brokers: localhost:9092`";
        return;
    }
    for (std::size_t i = 0; i < root.keys.size(); ++i) {
        if (means_another(root.keys[i].text)) continue;
        Parameter* parameter = find_or_report(root.keys[i].text, root.keys[i].place);
        if (parameter == nullptr) continue;
        if (root.items[i].is_null()) {
            diagnostics_.error(Code::kMissingValue, root.keys[i].place,
                               fmt::format("parameter {} has no value", ticked(parameter->name)));
            continue;
        }
        give(*parameter, root.items[i], Origin::kParamsFile);
    }
}

void Parameters::apply_set(const std::string& set) {
    const auto file = SourceFile::create("--set", set, SourceFile::Kind::kCommandLine);
    const std::size_t equals = set.find('=');
    if (equals == std::string::npos) {
        diagnostics_
            .error(Code::kBadParameter, file->place(0, set.size()), fmt::format("{} has no `=`", ticked(set)))
            .expected = "`--set name=value`";
        return;
    }
    if (means_another(set.substr(0, equals))) return;
    Parameter* parameter = find_or_report(set.substr(0, equals), file->place(0, equals));
    if (parameter == nullptr) return;
    const std::size_t begin = equals + 1;
    if (find_invalid_utf8(set) != std::string_view::npos) {
        parameter->state = State::kFailed;
        diagnostics_.error(Code::kYamlEncoding, file->place(0, equals),
                           fmt::format("the value of parameter {} is not UTF-8", ticked(parameter->name)));
        return;
    }
    YamlNode node;
    if (parameter->type == ParamType::kList) {
        // A list cannot be told from a text otherwise; its elements are still values only.
        Diagnostics ignored;
        auto tree = parse_yaml(SourceFile::create("--set", set.substr(begin), SourceFile::Kind::kCommandLine),
                               ignored);
        if (tree && tree->is_sequence() && !ignored.has_errors()) node = std::move(*tree);
    }
    if (node.is_null()) {
        node.kind = YamlNode::Kind::kScalar;
        node.text = set.substr(begin);
        node.place = file->place(begin, set.size() - begin);
    }
    if (parameter->secret) file->mask(begin, set.size() - begin);
    give(*parameter, *keep(std::move(node)), Origin::kSet);
}

bool Parameters::means_another(const std::string& name) {
    return options_.declared_elsewhere.contains(name) && find(name) == nullptr;
}

bool Parameters::evaluate(Parameter& parameter) {
    if (parameter.state == State::kDone) return true;
    if (parameter.state == State::kFailed) return false;
    if (parameter.state == State::kResolving) {
        diagnostics_.error(Code::kParameterCycle, parameter.place,
                           fmt::format("the value of parameter {} refers to itself", ticked(parameter.name)));
        parameter.state = State::kFailed;
        return false;
    }
    if (parameter.given == nullptr) {
        diagnostics_
            .error(Code::kMissingParameter, parameter.place,
                   fmt::format("parameter {} has no default and was not given", ticked(parameter.name)))
            .hint = fmt::format("give it with --set {}=…, or in a file with --params", parameter.name);
        parameter.state = State::kFailed;
        return false;
    }
    if (depth_ >= kMaxParameterDepth) {
        diagnostics_.error(Code::kBadParameter, parameter.place,
                           fmt::format("parameters refer to others more than {} deep", kMaxParameterDepth));
        parameter.state = State::kFailed;
        return false;
    }
    parameter.state = State::kResolving;
    ++depth_;
    auto value = evaluate_node(parameter, *parameter.given);
    --depth_;
    if (!value || parameter.state == State::kFailed) {
        parameter.state = State::kFailed;
        return false;
    }
    parameter.value = std::move(*value);
    parameter.state = check_value(parameter) ? State::kDone : State::kFailed;
    if (parameter.secret) mask_written(*parameter.given);
    return parameter.state == State::kDone;
}

std::optional<YamlNode> Parameters::evaluate_node(Parameter& parameter, const YamlNode& node) {
    YamlNode out = node;
    if (node.is_scalar() && !parameter.literal) {
        const auto value = resolve(node);
        if (!value) return std::nullopt;
        if (value->secret) parameter.secret = true;
        out = *value->node;
        out.place = node.place;
    }
    for (YamlNode& item : out.items) {
        auto value = evaluate_node(parameter, item);
        if (!value) return std::nullopt;
        item = std::move(*value);
    }
    return out;
}

bool Parameters::refuse_value(const Parameter& parameter, const std::string& what, const ScalarError& error) {
    auto& d = diagnostics_.error(error.code, parameter.given->place,
                                 fmt::format("parameter {} {}", ticked(parameter.name), what));
    d.expected = error.expected;
    d.hint = parameter.secret ? "" : error.hint;
    if (parameter.origin != Origin::kDefault) d.related.push_back({parameter.place, "declared here"});
    return false;
}

bool Parameters::check_value(Parameter& parameter) {
    YamlNode& value = parameter.value;
    if (parameter.type == ParamType::kList) {
        if (value.is_scalar()) {
            YamlNode list;
            list.kind = YamlNode::Kind::kSequence;
            list.place = value.place;
            list.items.push_back(std::move(value));
            value = std::move(list);
        }
        parameter.json = read_any(value);
        return true;
    }
    if (!value.is_scalar()) {
        return refuse_value(parameter,
                            fmt::format("is {}, not {}", kind_text(value), with_article(parameter.type)),
                            {Code::kWrongType, "", with_article(parameter.type), ""});
    }
    auto read = read_scalar(parameter.type, value);
    if (auto* error = std::get_if<ScalarError>(&read)) {
        return refuse_value(
            parameter, parameter.secret ? "is not " + with_article(parameter.type) : error->what, *error);
    }
    parameter.json = std::move(std::get<Json>(read));
    const auto& allowed = parameter.one_of;
    if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), parameter.json) == allowed.end()) {
        const std::string what =
            parameter.secret ? "has a value that is not allowed" : "cannot be " + ticked(value.text);
        return refuse_value(parameter, what,
                            {Code::kNotAllowedValue, "", one_of_text(texts_of(allowed)), ""});
    }
    value.quoted = is_text_type(parameter.type);
    return true;
}

namespace {

// What a value has from outside the file. A fallback is left out: it may be as secret as the value.
std::vector<std::string> outside_of(const YamlNode& node) {
    std::vector<std::string> out;
    for (const YamlNode& item : node.items)
        for (std::string& one : outside_of(item)) out.push_back(std::move(one));
    if (!node.is_scalar()) return out;
    for (const TextPart& part : split_text(node.text)) {
        const char* kind = part.kind == TextPart::Kind::kEnvironment ? "env"
                           : part.kind == TextPart::Kind::kFile      ? "file"
                           : part.kind == TextPart::Kind::kExec      ? "exec"
                                                                     : nullptr;
        if (kind != nullptr) out.push_back(fmt::format("${{{}:{}}}", kind, printable(part.text)));
    }
    return out;
}

// A value as it is written; what comes from outside by its name alone.
std::string written_text(const YamlNode& node) {
    if (node.is_scalar()) {
        const auto outside = outside_of(node);
        return outside.empty() ? printable(node.text) : fmt::format("{}", fmt::join(outside, ", "));
    }
    std::string out;
    for (const YamlNode& item : node.items) out += (out.empty() ? "" : ", ") + written_text(item);
    return fmt::format("[{}]", out);
}

// Not: one that comes to the same.
bool is_another(const YamlNode& hidden, ParamType type, const Json& value) {
    if (type == ParamType::kList) return read_any(hidden) != value;
    if (!hidden.is_scalar() || hidden.text.find('$') != std::string::npos) return true;
    const auto read = read_scalar(type, hidden);
    const Json* const json = std::get_if<Json>(&read);
    return json == nullptr || *json != value;
}

}  // namespace

std::vector<ResolvedParameter> Parameters::resolved() {
    std::vector<ResolvedParameter> out;
    for (const Parameter& p : parameters_) {
        if (p.state != State::kDone) continue;
        const bool hides = p.hidden != nullptr && is_another(*p.hidden, p.type, p.json);
        out.push_back({p.name, to_text(p.type), p.json, p.secret, p.doc, p.origin, p.place, p.given->place,
                       !hides ? std::string() : p.secret ? std::string("***") : written_text(*p.hidden), p.literal ? std::vector<std::string>() : outside_of(*p.given)});
    }
    return out;
}

void Parameters::report_unused() {
    for (const Parameter& p : parameters_) {
        if (p.used) continue;
        diagnostics_.warning(Code::kUnusedParameter, p.place,
                             fmt::format("nothing refers to parameter {}", ticked(p.name)));
    }
}

}  // namespace weir::host
