#include "host/test/script_rows.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "host/text/nearest.hpp"
#include "host/topology/scalar.hpp"

namespace weir::host::test {
namespace {

const std::vector<std::string> kEnvelope = {"payload", "row", "key", "headers", "timestamp", "partition"};

std::vector<std::string> columns_of(const Schema& schema) {
    std::vector<std::string> names;
    for (const Field& field : schema.fields) names.push_back(field.name);
    return names;
}

bool has_all(const Schema& schema, const YamlNode& row) {
    return std::all_of(row.keys.begin(), row.keys.end(),
                       [&](const YamlKey& key) { return schema.find(key.text).has_value(); });
}

// A scalar's text; nullopt for nothing.
std::optional<std::string> text_of(const YamlNode& node) {
    if (node.is_null()) return std::nullopt;
    return node.text;
}

}  // namespace

void ScriptRows::refuse(const Place& place, const std::string& what, const std::string& expected) {
    diagnostics_.error(Code::kWrongType, place, what).expected = expected;
}

std::optional<Sending> ScriptRows::sending(const std::string& source, const World::Shape& shape, const YamlNode& item) {
    Sending out;
    out.source = source;
    const bool is_envelope = item.is_map() && !has_all(shape.record, item);
    const bool good = is_envelope ? read_envelope(source, shape, item, out) : read_content(source, shape, item, out);
    if (!good) return std::nullopt;
    return out;
}

// A payload, or a row.
bool ScriptRows::read_content(const std::string& source, const World::Shape& shape, const YamlNode& value,
                              Sending& out) {
    if (value.is_sequence()) {
        refuse(value.place, fmt::format("what is sent to `{}` is a list", source), "a payload, or a row as a mapping");
        return false;
    }
    const std::string subject = fmt::format("source `{}`", source);
    if (value.is_map()) {
        out.message.is_row = true;
        out.message.payload = json_of(shape.record, value);
        return check_row(shape.record, value, subject, false, nullptr);
    }
    out.message.payload = text_of(value);
    if (shape.has_codec) return true;
    if (shape.record.size() != 1 || !value.is_scalar()) {
        refuse(value.place, fmt::format("{} has no codec that would read a payload", subject),
               fmt::format("a row as a mapping: {}", to_string(shape.record)));
        return false;
    }
    YamlNode row;
    row.kind = YamlNode::Kind::kMap;
    row.place = value.place;
    row.keys.push_back({shape.record.fields[0].name, value.place});
    row.items.push_back(value);
    return read_content(source, shape, row, out);
}

bool ScriptRows::read_envelope(const std::string& source, const World::Shape& shape, const YamlNode& item,
                               Sending& out) {
    bool good = true, has_content = false;
    for (size_t i = 0; i < item.keys.size(); ++i) {
        const std::string& name = item.keys[i].text;
        if (std::find(kEnvelope.begin(), kEnvelope.end(), name) == kEnvelope.end()) {
            auto names = columns_of(shape.record);
            auto& d = diagnostics_.error(Code::kUnknownKey, item.keys[i].place,
                                         fmt::format("source `{}` has no column {}", source, ticked(name)));
            d.expected = fmt::format("columns: {}; or of a record {}", one_of_text(names), one_of_text(kEnvelope));
            names.insert(names.end(), kEnvelope.begin(), kEnvelope.end());
            d.nearest = nearest_name(name, names);
            good = false;
            continue;
        }
        has_content = has_content || name == "payload" || name == "row";
        good = read_member(source, shape, item.keys[i], item.items[i], out) && good;
    }
    if (good && !has_content) {
        refuse(item.place, "a record has neither `payload` nor `row`", "`{ payload: …, key: …, partition: 1 }`");
        return false;
    }
    return good;
}

bool ScriptRows::read_member(const std::string& source, const World::Shape& shape, const YamlKey& key,
                             const YamlNode& value, Sending& out) {
    if (key.text == "headers") return read_headers(value, out.message);
    if (key.text == "row" && !value.is_map()) {
        refuse(value.place, fmt::format("`row` is {}", kind_text(value)), "a mapping of columns to values");
        return false;
    }
    if (key.text == "row") return read_content(source, shape, value, out);
    if (!value.is_scalar() && !value.is_null()) {
        refuse(value.place, fmt::format("`{}` is {}", key.text, kind_text(value)), "text");
        return false;
    }
    if (key.text == "payload") return read_content(source, shape, value, out);
    if (key.text == "key") {
        out.message.key = text_of(value);
        return true;
    }
    if (key.text == "timestamp") {
        out.message.timestamp = read_time(value, "`timestamp`", diagnostics_);
        return out.message.timestamp.has_value();
    }
    const auto partition = value.quoted ? std::nullopt : parse_int64(value.text);
    if (!partition || *partition < 0 || *partition >= kMaxPartitions) {
        refuse(value.place, fmt::format("`partition` is {}", ticked(value.text)),
               fmt::format("0 to {}", kMaxPartitions - 1));
        return false;
    }
    out.partition = static_cast<int32_t>(*partition);
    return true;
}

bool ScriptRows::read_headers(const YamlNode& value, Message& out) {
    bool good = value.is_map();
    for (size_t i = 0; good && i < value.keys.size(); ++i) {
        good = value.items[i].is_scalar() || value.items[i].is_null();
        if (good) out.headers.emplace_back(value.keys[i].text, text_of(value.items[i]));
    }
    if (!good) refuse(value.place, "these are no headers", "a mapping of names to texts: `{ trace: abc }`");
    return good;
}

// The row by the types of the columns; its values as JSON text, if asked for.
bool ScriptRows::check_row(const Schema& schema, const YamlNode& row, const std::string& subject, bool all_nullable,
                           std::vector<std::string>* values) {
    Schema plain = schema;
    for (Field& field : plain.fields) field.nullable = field.nullable || all_nullable;
    auto rows = JsonRows::open(plugins_, plain);
    std::vector<RowError> failed;
    ArrowArray decoded{};
    Status status = rows.status();
    if (status.ok()) status = (*rows)->decode({json_of(plain, row)}, failed, &decoded);
    if (!status.ok()) {
        diagnostics_.error(Code::kOperatorRefused, row.place, status.message());
        return false;
    }
    if (failed.empty() && values) *values = values_of(plain, decoded, 0);
    decoded.release(&decoded);
    if (failed.empty()) return true;
    const YamlNode* at = row.find(failed[0].field);
    const std::string message = failed[0].message.substr(0, failed[0].message.rfind(" (at byte"));
    auto& d = diagnostics_.error(Code::kWrongType, at != nullptr && at->place.known() ? at->place : row.place,
                                 fmt::format("{}: column `{}`: {}", subject, failed[0].field, message));
    if (const auto column = schema.find(failed[0].field)) d.expected = to_string(schema.fields[*column].type);
    return false;
}

std::optional<ExpectedRow> ScriptRows::expected(const std::string& name, const Output& output, const YamlNode& item) {
    ExpectedRow out;
    out.written = &item;
    if (item.is_sequence()) {
        refuse(item.place, fmt::format("a row of `{}` is a list", name), "a payload, or columns as a mapping");
        return std::nullopt;
    }
    out.is_map = item.is_map();
    out.payload = item.is_map() ? std::nullopt : text_of(item);
    if (!out.is_map) return out;
    bool fits = false;
    for (const Schema& schema : output.schemas) {
        auto& values = out.values.emplace_back();
        if (!has_all(schema, item)) continue;
        fits = true;
        std::vector<std::string> texts;
        if (!check_row(schema, item, fmt::format("`{}`", name), true, &texts)) return std::nullopt;
        values.resize(texts.size());
        for (const YamlKey& key : item.keys)
            if (const auto column = schema.find(key.text)) values[*column] = texts[*column];
    }
    if (fits) return out;
    std::vector<std::string> names;
    for (const Schema& schema : output.schemas)
        for (std::string& column : columns_of(schema)) names.push_back(std::move(column));
    bool is_known = true;
    for (const YamlKey& key : item.keys) {
        if (std::find(names.begin(), names.end(), key.text) != names.end()) continue;
        auto& d = diagnostics_.error(Code::kUnknownKey, key.place,
                                     fmt::format("rows of `{}` have no column {}", name, ticked(key.text)));
        d.expected = one_of_text(names);
        d.nearest = nearest_name(key.text, names);
        is_known = false;
    }
    if (is_known)
        refuse(item.place, fmt::format("no row of `{}` has these columns together", name),
               "columns of one of its inputs");
    return std::nullopt;
}

}  // namespace weir::host::test
