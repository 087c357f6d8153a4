#include "host/keyed/value_codec.hpp"

#include <algorithm>
#include <cstring>
#include <set>

#include <fmt/format.h>

namespace weir::host {

namespace {

size_t width_of(const Type& type) { return type.id == TypeId::kBool ? 1 : value_width(type.id); }

bool is_widening(const Type& from, const Type& to) {
    if (from == to) return true;
    if (from.id == TypeId::kFloat32) return to.id == TypeId::kFloat64;
    if (from.id == TypeId::kDecimal128)
        return to.id == TypeId::kDecimal128 && to.scale == from.scale && to.precision >= from.precision;
    const bool wider = value_width(to.id) > value_width(from.id);
    if (from.is_signed_integer()) return to.is_signed_integer() && wider;
    if (from.is_unsigned_integer()) return (to.is_unsigned_integer() || to.is_signed_integer()) && wider;
    return from.id == TypeId::kString && to.id == TypeId::kBinary;
}

std::string type_text(const Type& type, bool nullable) { return to_string(type) + (nullable ? "?" : ""); }

template <class T>
void append_value(std::string& out, const T& value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <class T>
bool take_value(std::string_view& from, T& value) {
    if (from.size() < sizeof value) return false;
    std::memcpy(&value, from.data(), sizeof value);
    from.remove_prefix(sizeof value);
    return true;
}

bool is_null(const SlotField& field, const char* slot) { return field.nullable() && slot[field.present] == 0; }

Result<SlotField> field_of(const weir_state_field& declared, uint32_t slot_bytes) {
    SlotField field;
    field.name = declared.name ? declared.name : "";
    ArrowSchema column{};
    column.format = declared.format ? declared.format : "";
    column.name = declared.name;
    ArrowSchema* columns[] = {&column};
    ArrowSchema rows{};
    rows.format = "+s";
    rows.n_children = 1;
    rows.children = columns;
    auto schema = import_schema(rows);
    if (!schema) return Status::config("", fmt::format("field `{}`: {}", field.name, schema.status().message()));
    field.type = schema->fields[0].type;
    field.offset = declared.offset;
    field.present = declared.present;
    if (field.type.is_nested())
        return Status::config("", fmt::format("field `{}` is a {}, which a slot cannot hold", field.name, column.format));
    const size_t width = field.type.is_text() ? sizeof(weir_state_bytes) : width_of(field.type);
    if (field.offset + width > slot_bytes || (field.nullable() && field.present >= slot_bytes))
        return Status::config("", fmt::format("field `{}` lies outside of the slot's {} bytes", field.name, slot_bytes));
    if (field.type.is_text() && field.offset % alignof(weir_state_bytes) != 0)
        return Status::config("", fmt::format("field `{}` is not aligned to 8 bytes", field.name));
    return field;
}

// Integers of any width into a wider one.
void put_integer(const Type& from, const char* bytes, const Type& to, char* at) {
    int64_t value = 0;
    const size_t width = value_width(from.id);
    std::memcpy(&value, bytes, width);
    if (from.is_signed_integer() && width < 8) {
        const int shift = static_cast<int>(64 - 8 * width);
        value = static_cast<int64_t>(static_cast<uint64_t>(value) << shift) >> shift;
    }
    std::memcpy(at, &value, value_width(to.id));
}

}  // namespace

Result<SlotLayout> SlotLayout::create(const weir_state_layout& declared) {
    SlotLayout made;
    made.version = declared.version;
    made.slot_bytes = declared.slot_bytes;
    made.convert = declared.convert;
    if (declared.version == 0) return Status::config("", "versions begin with 1");
    if (declared.slot_bytes == 0 || declared.slot_bytes > 4096)
        return Status::config("", fmt::format("a slot has {} bytes; 1 to 4,096 are possible", declared.slot_bytes));
    if (declared.n_fields == 0) return Status::config("", "it has no fields");
    std::set<std::string> names;
    for (uint32_t i = 0; i < declared.n_fields; ++i) {
        auto field = field_of(declared.fields[i], declared.slot_bytes);
        if (!field) return field.status();
        if (!names.insert(field->name).second)
            return Status::config("", fmt::format("two fields are called `{}`", field->name));
        made.fields.push_back(std::move(*field));
    }
    return made;
}

Schema SlotLayout::schema() const {
    Schema out;
    for (const SlotField& field : fields) out.fields.push_back({field.name, field.type, field.nullable()});
    return out;
}

nlohmann::ordered_json schema_json(const Schema& schema) {
    auto out = nlohmann::ordered_json::array();
    for (const Field& field : schema.fields)
        out.push_back({{"name", field.name}, {"type", type_text(field.type, field.nullable)}});
    return out;
}

Result<Schema> schema_of_json(const nlohmann::ordered_json& json) {
    Schema out;
    for (const auto& one : json) {
        auto field = parse_field(one.value("name", ""), one.value("type", ""));
        if (!field) return field.status();
        out.fields.push_back(std::move(*field));
    }
    return out;
}

void set_text(weir_state_bytes& field, std::string_view bytes, BytesPool& pool) {
    auto* old = const_cast<char*>(field.data);
    if (BytesPool::same_room(field.size, bytes.size())) {
        std::memmove(old, bytes.data(), bytes.size());
        field.size = bytes.size();
        return;
    }
    const char* copy = pool.copy(bytes);
    pool.give_back(old, field.size);
    field = {copy, bytes.size()};
}

void clear_slot(const SlotLayout& layout, char* slot, BytesPool& pool) {
    for (const SlotField& field : layout.fields) {
        if (!field.type.is_text()) continue;
        auto& text = *reinterpret_cast<weir_state_bytes*>(slot + field.offset);
        pool.give_back(const_cast<char*>(text.data), text.size);
    }
    std::memset(slot, 0, layout.slot_bytes);
}

void encode_slot(const SlotLayout& layout, const char* slot, std::optional<int64_t> expiry, std::string& out) {
    out.push_back(expiry ? 1 : 0);
    if (expiry) append_value(out, *expiry);
    uint8_t bits = 0;
    int n = 0;
    for (const SlotField& field : layout.fields) {
        if (!field.nullable()) continue;
        bits = static_cast<uint8_t>(bits | (is_null(field, slot) << n));
        if (++n == 8) out.push_back(static_cast<char>(std::exchange(bits, uint8_t{0}))), n = 0;
    }
    if (n) out.push_back(static_cast<char>(bits));
    for (const SlotField& field : layout.fields) {
        if (is_null(field, slot)) continue;
        if (field.type.is_text()) {
            const auto& text = *reinterpret_cast<const weir_state_bytes*>(slot + field.offset);
            append_value(out, static_cast<uint32_t>(text.size));
            if (text.size) out.append(text.data, text.size);
        } else {
            out.append(slot + field.offset, width_of(field.type));
        }
    }
}

bool has_expired(std::string_view value, int64_t time) {
    uint8_t has_expiry = 0;
    int64_t expiry = 0;
    return take_value(value, has_expiry) && has_expiry == 1 && take_value(value, expiry) && expiry <= time;
}

Result<SlotReader> SlotReader::create(const Schema& written, const SlotLayout& layout) {
    SlotReader made;
    made.exact_ = written == layout.schema();
    for (const Field& from : written.fields) {
        auto to = std::find_if(layout.fields.begin(), layout.fields.end(),
                               [&](const SlotField& field) { return field.name == from.name; });
        if (to == layout.fields.end())
            return Status::state_version(fmt::format("field `{}: {}` is no longer there", from.name,
                                                     type_text(from.type, from.nullable)));
        if (!is_widening(from.type, to->type) || (from.nullable && !to->nullable()))
            return Status::state_version(fmt::format("field `{}` was a {} and is now a {}, which is not wider", from.name,
                                                     type_text(from.type, from.nullable),
                                                     type_text(to->type, to->nullable())));
        made.steps_.push_back({from.type, from.nullable, &*to});
    }
    for (const SlotField& field : layout.fields)
        if (!field.nullable() && !written.find(field.name))
            return Status::state_version(fmt::format("field `{}` is new and not nullable", field.name));
    return made;
}

bool SlotReader::read_value(const Step& step, std::string_view& bytes, char* slot, BytesPool& pool) {
    char* at = slot + step.to->offset;
    if (step.to->nullable()) slot[step.to->present] = 1;
    if (step.from.is_text()) {
        uint32_t size = 0;
        if (!take_value(bytes, size) || bytes.size() < size) return false;
        set_text(*reinterpret_cast<weir_state_bytes*>(at), bytes.substr(0, size), pool);
        bytes.remove_prefix(size);
        return true;
    }
    const size_t width = width_of(step.from);
    if (bytes.size() < width) return false;
    if (step.from.id == TypeId::kFloat32 && step.to->type.id == TypeId::kFloat64) {
        float narrow = 0;
        std::memcpy(&narrow, bytes.data(), sizeof narrow);
        const double wide = static_cast<double>(narrow);
        std::memcpy(at, &wide, sizeof wide);
    } else if (width == width_of(step.to->type)) {
        std::memcpy(at, bytes.data(), width);
    } else {
        put_integer(step.from, bytes.data(), step.to->type, at);
    }
    bytes.remove_prefix(width);
    return true;
}

bool SlotReader::read(std::string_view bytes, char* slot, std::optional<int64_t>& expiry, BytesPool& pool) const {
    uint8_t has_expiry = 0;
    int64_t time = 0;
    if (!take_value(bytes, has_expiry) || has_expiry > 1 || (has_expiry && !take_value(bytes, time))) return false;
    if (has_expiry) expiry = time;
    const auto nullable = static_cast<size_t>(std::count_if(steps_.begin(), steps_.end(), [](auto& s) { return s.nullable; }));
    if (bytes.size() < (nullable + 7) / 8) return false;
    const std::string_view nulls = bytes.substr(0, (nullable + 7) / 8);
    bytes.remove_prefix(nulls.size());
    size_t bit = 0;
    for (const Step& step : steps_) {
        const bool null = step.nullable && (static_cast<uint8_t>(nulls[bit / 8]) >> (bit % 8)) & 1;
        bit += step.nullable;
        if (!null && !read_value(step, bytes, slot, pool)) return false;
    }
    return bytes.empty();
}

}  // namespace weir::host
