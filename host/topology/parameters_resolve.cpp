// Substitution: what a node with dollar signs stands for.
#include <algorithm>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include "host/loader/manifest_json.hpp"
#include "host/text/nearest.hpp"
#include "host/topology/command_output.hpp"
#include "host/topology/parameters.hpp"
#include "host/topology/read_file.hpp"

namespace weir::host {
namespace {

std::string without_newline(std::string text) {
    if (text.ends_with('\n')) text.pop_back();
    if (text.ends_with('\r')) text.pop_back();
    return text;
}

}  // namespace

Parameters::Parameter* Parameters::find(std::string_view name) {
    const auto found = std::find_if(parameters_.begin(), parameters_.end(),
                                    [&](const Parameter& p) { return p.name == name; });
    return found == parameters_.end() ? nullptr : &*found;
}

Parameters::Parameter* Parameters::find_or_report(std::string_view name, const Place& place) {
    if (Parameter* parameter = find(name)) return parameter;
    const auto known = names();
    auto& d = diagnostics_.error(Code::kUnknownParameter, place,
                                 fmt::format("there is no parameter {}", ticked(name)));
    d.expected =
        known.empty() ? "a name under `parameters:`, which this topology does not have" : one_of_text(known);
    d.nearest = nearest_name(name, known);
    return nullptr;
}

std::vector<std::string> Parameters::names() const {
    std::vector<std::string> out;
    for (const Parameter& p : parameters_) out.push_back(p.name);
    return out;
}

std::optional<Value> Parameters::resolve(const YamlNode& node) {
    if (!node.is_scalar() || node.text.find('$') == std::string::npos) return Value{&node, false, ""};
    const auto parts = split_text(node.text);
    if (parts.size() == 1 && parts[0].kind == TextPart::Kind::kWhole) return resolve_whole(node, parts[0]);

    if (parts.size() > kMaxTextParts) {
        diagnostics_.error(Code::kBadSubstitution, node.place,
                           fmt::format("more than {} parts in a text", kMaxTextParts));
        return std::nullopt;
    }
    Value value;
    YamlNode text = node;
    text.text.clear();
    bool good = true;
    for (const TextPart& part : parts) {
        const auto piece = part_text(node, part, value);
        good = good && piece;
        if (piece) text.text += *piece;
        if (text.text.size() > kMaxSubstitutedBytes) break;
    }
    if (!good || !charge(text, node.place)) return std::nullopt;
    const bool from_outside = parts.size() == 1 && (parts[0].kind == TextPart::Kind::kEnvironment ||
                                                    parts[0].kind == TextPart::Kind::kFile ||
                                                    parts[0].kind == TextPart::Kind::kExec);
    // What comes from outside has no type of its own; it is read as what its place needs.
    text.quoted = !from_outside;
    if (from_outside) value.parameter = ticked(node.text);
    value.node = keep(std::move(text));
    return value;
}

bool Parameters::charge(const YamlNode& value, const Place& place) {
    const bool within = substituted_bytes_ <= kMaxSubstitutedBytes;
    substituted_bytes_ += value.text.size() + value.items.size() * sizeof(YamlNode);
    for (const YamlNode& item : value.items) substituted_bytes_ += item.text.size();
    if (substituted_bytes_ <= kMaxSubstitutedBytes) return true;
    if (within) {
        diagnostics_.error(
            Code::kBadSubstitution, place,
            fmt::format("parameters stand for more than {} bytes in all", kMaxSubstitutedBytes));
    }
    return false;
}

std::optional<Value> Parameters::resolve_whole(const YamlNode& node, const TextPart& part) {
    Parameter* parameter = find_or_report(part.text, node.place);
    if (parameter == nullptr) return std::nullopt;
    parameter->used = true;
    if (!evaluate(*parameter) || !charge(parameter->value, node.place)) return std::nullopt;
    return Value{&parameter->value, parameter->secret, "parameter " + ticked(parameter->name)};
}

std::optional<Json> Parameters::bind(std::string_view name, const Place& place, bool* secret) {
    Parameter* parameter = find_or_report(name, place);
    if (parameter == nullptr) return std::nullopt;
    parameter->used = true;
    if (!evaluate(*parameter) || !charge(parameter->value, place)) return std::nullopt;
    *secret = *secret || parameter->secret;
    return Json{{"type", to_text(parameter->type)}, {"value", parameter->json}};
}

std::optional<std::string> Parameters::part_text(const YamlNode& node, const TextPart& part, Value& value) {
    const Place place = place_within(node, part.index, part.length);
    switch (part.kind) {
        case TextPart::Kind::kText: return part.text;
        case TextPart::Kind::kEnvironment: return environment_text(place, part);
        case TextPart::Kind::kFile: return file_text(place, part);
        case TextPart::Kind::kExec: return exec_text(place, part);
        case TextPart::Kind::kInvalid:
            diagnostics_.error(Code::kBadSubstitution, place, part.text).hint = part.hint;
            return std::nullopt;
        case TextPart::Kind::kWhole:
        case TextPart::Kind::kParameter: break;
    }
    Parameter* parameter = find_or_report(part.text, place);
    if (parameter == nullptr) return std::nullopt;
    parameter->used = true;
    if (!evaluate(*parameter)) return std::nullopt;
    if (parameter->type == ParamType::kList) {
        diagnostics_.error(
            Code::kWrongType, place,
            fmt::format("parameter {} is a list and cannot stand inside of a text", ticked(part.text)));
        return std::nullopt;
    }
    value.secret = value.secret || parameter->secret;
    return parameter->value.text;
}

std::optional<std::string> Parameters::environment_text(const Place& place, const TextPart& part) {
    std::optional<std::string> text;
    if (options_.environment) {
        text = options_.environment(part.text);
    } else if (const char* found = std::getenv(part.text.c_str())) {
        text = found;
    }
    if (!text) text = part.fallback;
    if (!text) {
        diagnostics_
            .error(Code::kEnvironmentNotSet, place,
                   fmt::format("the environment variable {} is not set", ticked(part.text)))
            .hint = fmt::format("set it, or give a default: ${{env:{}:-default}}", part.text);
    } else if (find_invalid_utf8(*text) != std::string_view::npos) {
        diagnostics_.error(Code::kYamlEncoding, place,
                           fmt::format("the environment variable {} is not UTF-8", ticked(part.text)));
        return std::nullopt;
    }
    return text;
}

std::optional<std::string> Parameters::exec_text(const Place& place, const TextPart& part) {
    if (!options_.allow_exec) {
        diagnostics_.error(Code::kExecRefused, place, fmt::format("`${{exec:…}}` runs the command {}, which is not allowed", ticked(part.text)))
            .hint = "allow it by --allow-exec, or write ${env:NAME} or ${file:PATH}";
        return std::nullopt;
    }
    std::string problem;
    auto text = command_output(part.text, kMaxFileValueBytes, kExecPatience, problem);
    if (text && find_invalid_utf8(*text) != std::string_view::npos) problem = "what it printed is not UTF-8";
    if (!problem.empty()) {
        diagnostics_.error(Code::kExecFailed, place, fmt::format("the command {}: {}", ticked(part.text), problem)).hint =
            fmt::format("run it in a shell: it has to print the value, and to exit with 0 within {}",
                        duration_text(std::chrono::microseconds(kExecPatience).count()));
        return std::nullopt;
    }
    return without_newline(std::move(*text));
}

std::optional<std::string> Parameters::file_text(const Place& place, const TextPart& part) {
    std::filesystem::path path(part.text);
    if (path.is_relative() && place.file != nullptr && place.file->kind() == SourceFile::Kind::kFile) {
        path = std::filesystem::path(place.file->path()).parent_path() / path;
    }
    std::string problem;
    auto text = read_file(path, kMaxFileValueBytes, problem);
    if (text && text->size() > kMaxFileValueBytes)
        problem = fmt::format("larger than {} bytes", kMaxFileValueBytes);
    if (text && find_invalid_utf8(*text) != std::string_view::npos) problem = "not UTF-8";
    if (!problem.empty()) {
        diagnostics_
            .error(Code::kFileValue, place,
                   fmt::format("cannot use the file {}: {}", ticked(path.string()), problem))
            .hint = "a relative path begins at the folder of the file that names it";
        return std::nullopt;
    }
    return without_newline(std::move(*text));
}

}  // namespace weir::host
