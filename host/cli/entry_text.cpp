#include "host/cli/entry_text.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <optional>

#include <fmt/format.h>

#include <weir/row_json.hpp>
#include <weir/row_layouts.hpp>

#include "host/cli/report.hpp"
#include "host/keyed/value_codec.hpp"

namespace weir::host {
namespace {

template <class T>
std::optional<T> take_from(std::string_view& bytes) {
    T value{};
    if (bytes.size() < sizeof value) return std::nullopt;
    std::memcpy(&value, bytes.data(), sizeof value);
    bytes.remove_prefix(sizeof value);
    return value;
}

template <class T>
std::optional<Json> take_json(std::string_view& bytes) {
    const auto value = take_from<T>(bytes);
    return value ? std::optional<Json>(*value) : std::nullopt;
}

std::optional<Json> take_text(std::string_view& bytes) {
    const auto size = take_from<uint32_t>(bytes);
    if (!size || bytes.size() < *size) return std::nullopt;
    const std::string_view text = bytes.substr(0, *size);
    bytes.remove_prefix(*size);
    return Json(std::string(text));
}

std::optional<Json> take_decimal(std::string_view& bytes, int scale) {
    auto value = take_from<Int128>(bytes);
    if (!value) return std::nullopt;
    const bool is_negative = *value < 0;
    std::string digits;
    for (int n = 0; *value != 0 || n <= scale; ++n, *value /= 10) {
        if (n == scale && scale > 0) digits += '.';
        digits += static_cast<char>('0' + std::abs(static_cast<int>(*value % 10)));
    }
    if (is_negative) digits += '-';
    std::reverse(digits.begin(), digits.end());
    return Json(digits);
}

// One field as value_codec.hpp writes it.
std::optional<Json> take_field(std::string_view& bytes, const Type& type) {
    switch (type.id) {
        case TypeId::kBool: return take_json<bool>(bytes);
        case TypeId::kInt8: return take_json<int8_t>(bytes);
        case TypeId::kInt16: return take_json<int16_t>(bytes);
        case TypeId::kInt32:
        case TypeId::kDate: return take_json<int32_t>(bytes);
        case TypeId::kInt64:
        case TypeId::kTimestamp: return take_json<int64_t>(bytes);
        case TypeId::kUint8: return take_json<uint8_t>(bytes);
        case TypeId::kUint16: return take_json<uint16_t>(bytes);
        case TypeId::kUint32: return take_json<uint32_t>(bytes);
        case TypeId::kUint64: return take_json<uint64_t>(bytes);
        case TypeId::kFloat32: return take_json<float>(bytes);
        case TypeId::kFloat64: return take_json<double>(bytes);
        case TypeId::kDecimal128: return take_decimal(bytes, type.scale);
        case TypeId::kString:
        case TypeId::kBinary: return take_text(bytes);
        default: return std::nullopt;
    }
}

std::optional<Json> value_json(std::string_view bytes, const Schema& schema) {
    const auto has_expiry = take_from<uint8_t>(bytes);
    if (!has_expiry || (*has_expiry && !take_from<int64_t>(bytes))) return std::nullopt;
    const auto nullable = static_cast<size_t>(
        std::count_if(schema.fields.begin(), schema.fields.end(), [](const Field& f) { return f.nullable; }));
    if (bytes.size() < (nullable + 7) / 8) return std::nullopt;
    const std::string_view nulls = bytes.substr(0, (nullable + 7) / 8);
    bytes.remove_prefix(nulls.size());
    Json out = Json::object();
    size_t bit = 0;
    for (const Field& field : schema.fields) {
        const bool is_null = field.nullable && ((static_cast<uint8_t>(nulls[bit / 8]) >> (bit % 8)) & 1) != 0;
        bit += field.nullable ? 1 : 0;
        auto value = is_null ? std::optional<Json>(nullptr) : take_field(bytes, field.type);
        if (!value) return std::nullopt;
        out[field.name] = std::move(*value);
    }
    return bytes.empty() ? std::optional<Json>(out) : std::nullopt;
}

// A row with the number of its layout before it.
std::optional<Json> row_json(std::string_view bytes, const RowSchemas& rows) {
    const auto number = take_from<uint16_t>(bytes);
    const auto schema = number ? rows.find(*number) : rows.end();
    if (schema == rows.end()) return std::nullopt;
    BatchBuilder builder(schema->second);
    if (!RowCodec(schema->second).decode(bytes, builder)) return std::nullopt;
    ArrowArray row{};
    builder.finish(&row);
    std::string text;
    append_json_row(text, schema->second, row, 0, true);
    row.release(&row);
    Json parsed = Json::parse(text, nullptr, false);
    return parsed.is_object() ? std::optional<Json>(std::move(parsed)) : std::nullopt;
}

// Where the row is all that is kept, its columns are the value.
Json with_rows(Json value, const Schema& schema, const RowSchemas& rows) {
    for (const Field& field : schema.fields) {
        Json& one = value[field.name];
        if (field.type.id != TypeId::kBinary || !one.is_string()) continue;
        auto row = row_json(one.get_ref<const std::string&>(), rows);
        if (row && schema.size() == 1) return std::move(*row);
        if (row) one = std::move(*row);
    }
    return value;
}

// The columns of a key as key_codec.hpp writes it.
std::optional<Json> key_json(std::string_view bytes, const std::vector<std::string>& kinds) {
    if (bytes.empty()) return std::nullopt;
    const auto bitmap = static_cast<uint8_t>(bytes.back());
    bytes.remove_suffix(1);
    if (bitmap > bytes.size() || (bitmap > 0 && bitmap != (kinds.size() + 7) / 8)) return std::nullopt;
    const std::string_view nulls = bytes.substr(bytes.size() - bitmap);
    bytes.remove_suffix(bitmap);
    Json out = Json::array();
    for (size_t c = 0; c < kinds.size(); ++c) {
        std::optional<Json> value;
        if (bitmap > 0 && ((static_cast<uint8_t>(nulls[c / 8]) >> (c % 8)) & 1) != 0)
            value = nullptr;
        else
            value = kinds[c] == "text"    ? take_text(bytes)
                    : kinds[c] == "float" ? take_json<double>(bytes)
                                          : take_json<int64_t>(bytes);
        if (!value) return std::nullopt;
        out.push_back(std::move(*value));
    }
    return bytes.empty() ? std::optional<Json>(out) : std::nullopt;
}

template <class T>
void append_to(std::string& out, const T& value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

bool append_column(const Json& value, const std::string& kind, std::string& out) {
    if (kind == "text" && value.is_string()) {
        const auto& text = value.get_ref<const std::string&>();
        append_to(out, static_cast<uint32_t>(text.size()));
        out += text;
    } else if (kind == "float" && value.is_number()) {
        append_to(out, value.get<double>());
    } else if (kind == "integer" && value.is_number_integer()) {
        append_to(out, value.get<int64_t>());
    } else {
        return false;
    }
    return true;
}

std::string shown_json(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::vector<std::string> split_kinds(const std::string& text) {
    std::vector<std::string> kinds;
    for (size_t at = 0; at < text.size();) {
        const size_t end = std::min(text.find(", ", at), text.size());
        kinds.push_back(text.substr(at, end - at));
        at = end + 2;
    }
    // A decimal's scale is told, its digits are not: such keys stay bytes.
    const bool all_known = std::all_of(kinds.begin(), kinds.end(),
                                       [](auto& k) { return k == "integer" || k == "float" || k == "text"; });
    return all_known ? kinds : std::vector<std::string>();
}

// What the record says of the states of a node that the host holds.
Json known_of(const Json& record, const std::string& node) {
    if (!record.is_object() || !record.contains("states") || !record["states"].contains(node)) return Json::object();
    return record["states"][node];
}

}  // namespace

std::string escaped_bytes(std::string_view bytes) {
    std::string out;
    for (const char c : bytes) {
        if (c == '\\')
            out += "\\\\";
        else if (c >= ' ' && c <= '~')
            out += c;
        else
            out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
    return out;
}

std::string shortened_bytes(std::string_view bytes) {
    if (bytes.size() <= kShownBytes) return escaped_bytes(bytes);
    return fmt::format("{}… ({} bytes)", escaped_bytes(bytes.substr(0, kShownBytes)), grouped(static_cast<int64_t>(bytes.size())));
}

Result<std::string> unescaped_bytes(std::string_view text) {
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\') {
            out += text[i];
            continue;
        }
        if (text.substr(i, 2) == "\\\\") {
            out += text[++i];
            continue;
        }
        unsigned value = 0;
        const char* digits = text.data() + std::min(i + 2, text.size());
        const auto [end, error] = std::from_chars(digits, text.data() + std::min(i + 4, text.size()), value, 16);
        if (text.substr(i, 2) != "\\x" || error != std::errc() || end != digits + 2)
            return Status::config("", fmt::format("`{}` has a backslash that is neither `\\\\` nor `\\x` with two digits", text));
        out += static_cast<char>(value);
        i += 3;
    }
    return out;
}

bool add_row_schema(std::string_view key, std::string_view value, RowSchemas& out) {
    const auto number = take_from<uint16_t>(key);
    if (!number || !key.empty()) return false;
    auto columns = RowLayouts::columns_of(value);
    if (!columns) return false;
    out.insert_or_assign(*number, std::move(*columns));
    return true;
}

std::string state_name(const Json& record, const std::string& node, uint32_t state) {
    const Json states = known_of(record, node).value("states", Json::object());
    for (const auto& [name, about] : states.items())
        if (about.value("number", UINT32_MAX) == state) return name;
    return std::to_string(state);
}

EntryCodec::EntryCodec(const Json& record, const std::string& node, uint32_t state, RowSchemas rows) : rows_(std::move(rows)) {
    const Json known = known_of(record, node);
    const Json states = known.value("states", Json::object());
    for (const auto& [name, about] : states.items()) {
        if (about.value("number", UINT32_MAX) != state) continue;
        kinds_ = split_kinds(known.value("key", ""));
        uint32_t version = 0;
        const Json layouts = about.value("layouts", Json::array());
        for (const Json& layout : layouts)
            if (auto schema = schema_of_json(layout.value("fields", Json::array())); ++version && schema)
                schemas_[version] = *schema;
    }
}

std::string EntryCodec::key(std::string_view bytes) const {
    const auto columns = is_typed() ? key_json(bytes, kinds_) : std::nullopt;
    if (!columns) return escaped_bytes(bytes);
    if (columns->size() > 1 || columns->front().is_null()) return shown_json(*columns);
    const Json& only = columns->front();
    return only.is_string() ? escaped_bytes(only.get_ref<const std::string&>()) : shown_json(only);
}

std::optional<std::string> EntryCodec::fields(std::string_view bytes, uint32_t version) const {
    const auto schema = schemas_.find(version);
    const auto found = schema == schemas_.end() ? std::nullopt : value_json(bytes, schema->second);
    return found ? std::optional(shown_json(with_rows(*found, schema->second, rows_))) : std::nullopt;
}

std::string EntryCodec::value(std::string_view bytes, uint32_t version) const {
    return fields(bytes, version).value_or(escaped_bytes(bytes));
}

std::string EntryCodec::short_value(std::string_view bytes, uint32_t version) const {
    return fields(bytes, version).value_or(shortened_bytes(bytes));
}

Result<std::string> EntryCodec::parse_key(std::string_view text) const {
    if (!is_typed()) return unescaped_bytes(text);
    Json columns = Json::array();
    if (kinds_.size() == 1 && kinds_[0] == "text") {
        auto bytes = unescaped_bytes(text);
        if (!bytes) return bytes;
        columns.push_back(*bytes);
    } else {
        columns = Json::parse(text, nullptr, false);
        if (kinds_.size() == 1) columns = Json::array({columns});
    }
    std::string out;
    bool is_good = columns.is_array() && columns.size() == kinds_.size();
    for (size_t c = 0; is_good && c < kinds_.size(); ++c) is_good = append_column(columns[c], kinds_[c], out);
    if (!is_good)
        return Status::config("", fmt::format("`{}` is no key of ({}); `weir state scan` shows how keys are written", text,
                                              fmt::join(kinds_, ", ")));
    out += '\0';
    return out;
}

}  // namespace weir::host
