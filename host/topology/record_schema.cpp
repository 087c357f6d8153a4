#include "host/topology/record_schema.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <weir/types.hpp>

#include "host/text/nearest.hpp"

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
        if (value->node->is_map()) {
            auto schema = read(*value->node, path);
            if (!schema) return std::nullopt;
            return Field{key.text, Type{TypeId::kStruct, 0, 0, std::move(schema->fields)}, false};
        }
        if (!value->node->is_scalar()) {
            diagnostics_
                .error(Code::kBadRecord, raw.place,
                       fmt::format("{} is {}, not a type", label(path), kind_text(*value->node)))
                .expected = kTypesExpected;
            return std::nullopt;
        }
        return parse(key.text, path, value->node->text, raw.place);
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
        fields.push_back(
            {{"name", field.name}, {"type", to_string(field.type)}, {"nullable", field.nullable}});
    }
    return Json{{"fields", std::move(fields)}};
}

Records read_records(const YamlNode* section, Parameters& parameters, Diagnostics& diagnostics) {
    Records records;
    if (section == nullptr || section->is_null()) return records;
    if (!section->is_map()) {
        diagnostics
            .error(Code::kWrongType, section->place, fmt::format("`records` is {}", kind_text(*section)))
            .expected = "a mapping of names to records: `order: { amount: float64 }`";
        return records;
    }
    for (std::size_t i = 0; i < section->keys.size(); ++i) {
        const std::string& name = section->keys[i].text;
        const YamlNode& node = section->items[i];
        Json& record = records[name];
        if (node.is_map()) {
            if (auto read =
                    read_record(node, fmt::format("record {}", ticked(name)), parameters, diagnostics))
                record = std::move(*read);
        } else if (node.is_scalar()) {
            diagnostics
                .error(Code::kNotSupported, node.place,
                       "record schemas in files of their own are not available yet")
                .hint = "write the columns here: `{ name: type }`";
        } else {
            diagnostics
                .error(Code::kBadRecord, node.place,
                       fmt::format("record {} is {}", ticked(name), kind_text(node)))
                .expected = "a mapping of columns to types: `{ name: type }`";
        }
    }
    return records;
}

}  // namespace weir::host
