// Schemas to and from ArrowSchema; included by weir/types.hpp.
#pragma once

#include <cstdlib>
#include <cstring>
#include <memory>

#include <weir/detail/linkage.hpp>
#include <weir/types.hpp>

namespace weir {
namespace detail {

WEIR_INLINE std::string arrow_format(const Type &type) {
    switch (type.id) {
        case TypeId::kBool: return "b";
        case TypeId::kInt8: return "c";
        case TypeId::kInt16: return "s";
        case TypeId::kInt32: return "i";
        case TypeId::kInt64: return "l";
        case TypeId::kUint8: return "C";
        case TypeId::kUint16: return "S";
        case TypeId::kUint32: return "I";
        case TypeId::kUint64: return "L";
        case TypeId::kFloat32: return "f";
        case TypeId::kFloat64: return "g";
        case TypeId::kDecimal128:
            return "d:" + std::to_string(type.precision) + "," + std::to_string(type.scale);
        case TypeId::kString: return "u";
        case TypeId::kBinary: return "z";
        case TypeId::kDate: return "tdD";
        case TypeId::kTimestamp: return "tsu:UTC";
        case TypeId::kList: return "+l";
        case TypeId::kStruct: return "+s";
        case TypeId::kMap: return "+m";
    }
    return "";
}

struct SchemaStore {
    std::string format, name, metadata;
    std::vector<ArrowSchema> children;
    std::vector<ArrowSchema *> pointers;
};

WEIR_INLINE void release_schema(ArrowSchema *schema) {
    auto *store = static_cast<SchemaStore *>(schema->private_data);
    for (auto &child : store->children)
        if (child.release) child.release(&child);
    delete store;
    schema->release = nullptr;
}

// Key-value pairs as the Arrow C data interface writes them: counts and lengths are int32 of this machine.
WEIR_INLINE void put_metadata(std::string &out, std::string_view key, std::string_view value) {
    auto put = [&](size_t number) {
        const auto n = static_cast<int32_t>(number);
        out.append(reinterpret_cast<const char *>(&n), sizeof n);
    };
    int32_t count = 0;
    if (out.empty()) put(0);
    std::memcpy(&count, out.data(), sizeof count);
    ++count;
    std::memcpy(out.data(), &count, sizeof count);
    put(key.size());
    out += key;
    put(value.size());
    out += value;
}

// REQUIRES: `field` was made by export_field.
WEIR_INLINE void add_field_metadata(ArrowSchema &field, std::string_view key, std::string_view value) {
    std::string &metadata = static_cast<SchemaStore *>(field.private_data)->metadata;
    put_metadata(metadata, key, value);
    field.metadata = metadata.data();
}

// The value of a key; empty: it is not there.
WEIR_INLINE std::string metadata_value(const char *metadata, std::string_view key) {
    if (!metadata) return {};
    auto number = [&] {
        int32_t n = 0;
        std::memcpy(&n, metadata, sizeof n);
        metadata += sizeof n;
        return n < 0 ? size_t{0} : static_cast<size_t>(n);
    };
    auto text = [&] {
        const size_t n = number();
        std::string_view out(metadata, n);
        metadata += n;
        return out;
    };
    for (size_t left = number(); left > 0; --left) {
        const std::string_view name = text(), value = text();
        if (name == key) return std::string(value);
    }
    return {};
}

WEIR_INLINE void export_field(const std::string &name, const Type &type, bool nullable, ArrowSchema *out) {
    auto *store = new SchemaStore{arrow_format(type), name, {}, {}, {}};
    // A map's only child is a struct of key and value, named as the format wants it.
    if (type.id == TypeId::kMap) {
        store->children.resize(1);
        Type entries{TypeId::kStruct, 0, 0, type.children};
        export_field("entries", entries, false, &store->children[0]);
    } else {
        store->children.resize(type.children.size());
        for (size_t i = 0; i < type.children.size(); ++i) {
            const Field &f = type.children[i];
            export_field(f.name, f.type, f.nullable, &store->children[i]);
        }
    }
    for (auto &child : store->children) store->pointers.push_back(&child);
    *out = ArrowSchema{};
    out->format = store->format.c_str();
    out->name = store->name.c_str();
    out->flags = nullable ? ARROW_FLAG_NULLABLE : 0;
    out->n_children = static_cast<int64_t>(store->pointers.size());
    out->children = store->pointers.data();
    out->release = release_schema;
    out->private_data = store;
}

WEIR_INLINE Result<Type> import_type(const ArrowSchema &schema, int depth);

WEIR_INLINE Result<std::vector<Field>> import_children(const ArrowSchema &schema, int depth) {
    constexpr int64_t kMaxFields = 1 << 16;
    std::vector<Field> fields;
    if (schema.n_children < 0 || schema.n_children > kMaxFields || (schema.n_children > 0 && !schema.children))
        return Status::config("", "a schema says that it has " + std::to_string(schema.n_children) + " children");
    for (int64_t i = 0; i < schema.n_children; ++i) {
        if (!schema.children[i]) return Status::config("", "child " + std::to_string(i) + " of a schema is missing");
        const ArrowSchema &child = *schema.children[i];
        auto type = import_type(child, depth + 1);
        if (!type) return type.status();
        fields.push_back({child.name ? child.name : "", std::move(*type),
                          (child.flags & ARROW_FLAG_NULLABLE) != 0, metadata_value(child.metadata, WEIR_FIELD_PATH),
                          metadata_value(child.metadata, WEIR_FIELD_FORMAT)});
        if (const std::string offset = metadata_value(child.metadata, WEIR_FIELD_EVENT_TIME); !offset.empty())
            fields.back().event_time = std::strtoll(offset.c_str(), nullptr, 10);
    }
    return fields;
}

WEIR_INLINE Result<Type> import_decimal(const std::string &format) {
    char *end = nullptr;
    long precision = std::strtol(format.c_str() + 2, &end, 10);
    long scale = *end == ',' ? std::strtol(end + 1, &end, 10) : -1;
    if (*end != '\0' || precision < 1 || precision > 38 || scale < 0 || scale > precision)
        return Status::config("", "the Arrow format `" + format + "` is not a decimal that weir knows");
    return decimal_type(static_cast<int>(precision), static_cast<int>(scale));
}

WEIR_INLINE Result<Type> import_type(const ArrowSchema &schema, int depth) {
    std::string format = schema.format ? schema.format : "";
    if (depth > 32 || schema.dictionary)
        return Status::config("", "a schema with a dictionary or with more than 32 levels is not taken");
    if (format.starts_with("d:")) return import_decimal(format);
    for (int id = 0; id <= static_cast<int>(TypeId::kMap); ++id) {
        Type type = type_of(static_cast<TypeId>(id));
        if (type.id == TypeId::kDecimal128 || arrow_format(type) != format) continue;
        const ArrowSchema *owner = &schema;
        if (type.id == TypeId::kMap) {
            if (schema.n_children != 1 || !schema.children || !schema.children[0]) return Status::config("", "an Arrow map needs one child");
            owner = schema.children[0];
        }
        auto children = import_children(*owner, depth);
        if (!children) return children.status();
        type.children = std::move(*children);
        size_t wanted = type.id == TypeId::kList ? 1 : type.id == TypeId::kMap ? 2 : type.children.size();
        if (type.children.size() != wanted || (!type.is_nested() && !type.children.empty()))
            return Status::config("", "the Arrow format `" + format + "` has a wrong number of children");
        return type;
    }
    return Status::config("", "the Arrow format `" + format + "` is outside of the types that weir knows");
}

}  // namespace detail

WEIR_INLINE Result<Schema> import_schema(const ArrowSchema &schema) {
    if (!schema.format || std::string_view(schema.format) != "+s")
        return Status::config("", "the top level of a batch's schema must be a struct (`+s`)");
    auto fields = detail::import_children(schema, 0);
    if (!fields) return fields.status();
    return Schema{std::move(*fields)};
}

WEIR_INLINE void agree_on_event_time(Schema &schema, const Schema &other) {
    const auto mine = schema.event_time();
    if (!mine) return;
    Field &field = schema.fields[*mine];
    const auto same = other.find(field.name);
    if (!same || other.fields[*same].event_time != field.event_time) field.event_time.reset();
}

WEIR_INLINE void export_schema(const Schema &schema, ArrowSchema *out) {
    detail::export_field("", Type{TypeId::kStruct, 0, 0, schema.fields}, false, out);
    for (size_t i = 0; i < schema.size(); ++i)
        if (const auto &offset = schema.fields[i].event_time)
            detail::add_field_metadata(*out->children[i], WEIR_FIELD_EVENT_TIME, std::to_string(*offset));
}

WEIR_INLINE void export_record(const Schema &record, ArrowSchema *out) {
    export_schema(record, out);
    for (size_t i = 0; i < record.size(); ++i) {
        const Field &field = record.fields[i];
        if (!field.path.empty()) detail::add_field_metadata(*out->children[i], WEIR_FIELD_PATH, field.path);
        if (!field.format.empty()) detail::add_field_metadata(*out->children[i], WEIR_FIELD_FORMAT, field.format);
    }
}

}  // namespace weir
