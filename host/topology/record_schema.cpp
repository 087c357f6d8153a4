#include "host/topology/record_schema.hpp"

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include <weir/types.hpp>

#include "host/text/nearest.hpp"
#include "host/topology/scalar.hpp"

namespace weir::host {
namespace {

const std::vector<std::string> kTypeWords = {
    "bool",    "int8",    "int16",  "int32",  "int64", "uint8",     "uint16", "uint32", "uint64", "float32",
    "float64", "decimal", "string", "binary", "date",  "timestamp", "list",   "struct", "map"};

constexpr const char* kTypesExpected =
    "a type such as `int64`, `string`, `timestamp` or `\"decimal(12,2)\"`; `\"int64?\"` may be null";

std::string first_word(std::string_view text) {
    std::size_t end = 0;
    while (end < text.size() &&
           (is_identifier(text.substr(end, 1)) || (text[end] >= '0' && text[end] <= '9')))
        ++end;
    return std::string(text.substr(0, end));
}

class RecordReader {
public:
    RecordReader(std::string_view subject, Parameters& parameters, Diagnostics& diagnostics)
        : subject_(subject), parameters_(parameters), diagnostics_(diagnostics) {}

    std::optional<Schema> read(const YamlNode& node, const std::string& path) {
        if (node.keys.empty()) {
            diagnostics_.error(Code::kBadRecord, node.place, fmt::format("{} has no columns", label(path)))
                .expected = "at least one column: `{ name: type }`";
            return std::nullopt;
        }
        Schema schema;
        bool good = true;
        for (std::size_t i = 0; i < node.keys.size(); ++i) {
            auto field =
                read_field(node.keys[i], node.items[i], path.empty() ? "" : path + ".", !path.empty());
            if (field) {
                schema.fields.push_back(std::move(*field));
            } else {
                good = false;
            }
        }
        if (!good) return std::nullopt;
        return schema;
    }

private:
    std::string label(const std::string& path) const {
        return path.empty() ? std::string(subject_) : fmt::format("{}: column {}", subject_, ticked(path));
    }

    std::optional<Field> read_field(const YamlKey& key, const YamlNode& raw, const std::string& prefix,
                                    bool nested) {
        const std::string path = prefix + key.text;
        if (key.text.empty() || (nested && !is_identifier(key.text))) {
            diagnostics_
                .error(Code::kBadName, key.place,
                       fmt::format("{}: {} cannot be a column's name", subject_, ticked(key.text)))
                .expected = nested ? "letters, digits and `_`" : "a name";
            return std::nullopt;
        }
        if (raw.is_null()) {
            diagnostics_.error(Code::kMissingValue, key.place, fmt::format("{} has no type", label(path)))
                .expected = kTypesExpected;
            return std::nullopt;
        }
        const auto value = parameters_.resolve(raw);
        if (!value) return std::nullopt;
        if (is_declaration(*value->node)) return read_declaration(key.text, path, *value->node, nested);
        return read_type(key.text, path, *value->node, raw.place);
    }

    // A mapping that says more of a column than its type. A struct that has just such members is written as
    // `struct<type: string, path: string>`, or as the `type` of a declaration.
    static bool is_declaration(const YamlNode& node) {
        if (!node.is_map() || node.find("type") == nullptr) return false;
        if (node.find("path") != nullptr || node.find("format") != nullptr) return true;
        return node.keys.size() == 1 || (node.keys.size() == 2 && node.find("nullable") != nullptr);
    }

    std::optional<Field> read_declaration(const std::string& name, const std::string& path, const YamlNode& node,
                                          bool nested) {
        static const std::vector<std::string> kKeys = {"type", "path", "format", "nullable"};
        const YamlNode& type = *node.find("type");
        if (type.is_null()) {
            diagnostics_.error(Code::kMissingValue, node.find_key("type")->place, fmt::format("{} has no type", label(path)))
                .expected = kTypesExpected;
            return std::nullopt;
        }
        const auto value = parameters_.resolve(type);
        auto field = value ? read_type(name, path, *value->node, type.place) : std::nullopt;
        bool good = field.has_value();
        for (std::size_t i = 0; i < node.keys.size(); ++i) {
            const std::string& key = node.keys[i].text;
            if (key == "type") continue;
            if (std::find(kKeys.begin(), kKeys.end(), key) == kKeys.end()) {
                auto& d = diagnostics_.error(Code::kUnknownKey, node.keys[i].place,
                                             fmt::format("{} has no {}", label(path), ticked(key)));
                d.expected = one_of_text(kKeys);
                d.nearest = nearest_name(key, kKeys);
                good = false;
            } else if (nested && key != "nullable") {
                diagnostics_
                    .error(Code::kBadRecord, node.keys[i].place,
                           fmt::format("{}: only a column of the record itself has a {}", label(path), ticked(key)))
                    .hint = "take the member as a column of its own: `{ type: …, path: a.b }`";
                good = false;
            } else {
                good = read_setting(path, key, node.items[i], field ? &*field : nullptr) && good;
            }
        }
        return good ? field : std::nullopt;
    }

    bool read_setting(const std::string& path, const std::string& key, const YamlNode& node, Field* field) {
        const auto value = parameters_.resolve(node);
        if (!value) return false;
        const bool flag = key == "nullable";
        auto read = value->node->is_scalar() ? read_scalar(flag ? ParamType::kBool : ParamType::kString, *value->node)
                                             : ScalarError{};
        const Json* setting = std::get_if<Json>(&read);
        if (setting == nullptr || *setting == "") {
            diagnostics_
                .error(Code::kWrongType, node.place,
                       fmt::format("{}: {} is {}", label(path), ticked(key),
                                   value->node->is_scalar() ? ticked(value->node->text) : kind_text(*value->node)))
                .expected = flag            ? "`true` or `false`"
                            : key == "path" ? "where the column stands in a payload: `user.address.city`"
                                            : "how the value is written: `iso`, `epoch_ms`, a pattern such as `\"%d.%m.%Y\"`";
            return false;
        }
        if (field == nullptr) return true;
        if (key == "path") field->path = setting->get<std::string>();
        if (key == "format") field->format = setting->get<std::string>();
        if (flag && field->nullable && !setting->get<bool>()) {
            diagnostics_.error(Code::kBadRecord, node.place,
                               fmt::format("{}: the type ends with `?`, and `nullable` is false", label(path)));
            return false;
        }
        if (flag) field->nullable = setting->get<bool>();
        return true;
    }

    std::optional<Field> read_type(const std::string& name, const std::string& path, const YamlNode& node,
                                   const Place& place) {
        if (node.is_map()) {
            auto schema = read(node, path);
            if (!schema) return std::nullopt;
            return Field{name, Type{TypeId::kStruct, 0, 0, std::move(schema->fields)}, false};
        }
        if (node.is_scalar()) return parse(name, path, node.text, place);
        if (!node.is_sequence() || node.items.size() != 1) {
            diagnostics_
                .error(Code::kBadRecord, place,
                       fmt::format("{} is {}, not a type", label(path), node.is_sequence() ? "a list of several" : "empty"))
                .expected = "the type of a list's elements: `[string]`";
            return std::nullopt;
        }
        const auto value = parameters_.resolve(node.items[0]);
        auto item = value ? read_type("item", path + "[]", *value->node, node.items[0].place) : std::nullopt;
        if (!item) return std::nullopt;
        return Field{name, Type{TypeId::kList, 0, 0, {std::move(*item)}}, false};
    }

    std::optional<Field> parse(const std::string& name, const std::string& path, const std::string& text,
                               const Place& place) {
        auto field = parse_field(name, text);
        if (field) return *field;
        const std::string word = first_word(text);
        const bool known = std::find(kTypeWords.begin(), kTypeWords.end(), word) != kTypeWords.end();
        if (known) {
            diagnostics_.error(Code::kBadRecord, place,
                               fmt::format("{}: {}", label(path), field.status().message()));
            return std::nullopt;
        }
        auto& d = diagnostics_.error(Code::kBadRecord, place,
                                     fmt::format("{}: there is no type {}", label(path), ticked(text)));
        d.expected = kTypesExpected;
        d.nearest = nearest_name(word, kTypeWords);
        if (d.nearest.empty()) d.nearest = our_type_name(word);
        return std::nullopt;
    }

    std::string_view subject_;
    Parameters& parameters_;
    Diagnostics& diagnostics_;
};

}  // namespace

std::optional<Json> read_record(const YamlNode& node, std::string_view subject, Parameters& parameters,
                                Diagnostics& diagnostics) {
    auto schema = RecordReader(subject, parameters, diagnostics).read(node, "");
    if (!schema) return std::nullopt;
    Json fields = Json::array();
    for (const Field& field : schema->fields) {
        Json& out = fields.emplace_back(
            Json{{"name", field.name}, {"type", to_string(field.type)}, {"nullable", field.nullable}});
        if (!field.path.empty()) out["path"] = field.path;
        if (!field.format.empty()) out["format"] = field.format;
    }
    return Json{{"fields", std::move(fields)}};
}

}  // namespace weir::host
