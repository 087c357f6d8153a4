// Definitions for weir/testing/rows.hpp.
#pragma once

#include <weir/detail/linkage.hpp>
#include <weir/testing/rows.hpp>

namespace weir::testing {

WEIR_INLINE Int128 unscaled(const std::string &text, int scale) {
    Int128 value = 0;
    int seen = -1;
    for (char c : text) {
        if (c == '-') continue;
        if (c == '.') {
            seen = 0;
        } else {
            value = value * 10 + (c - '0');
            if (seen >= 0) ++seen;
        }
    }
    for (int i = seen < 0 ? 0 : seen; i < scale; ++i) value *= 10;
    return text.starts_with('-') ? -value : value;
}

WEIR_INLINE void append_value(ColumnBuilder &to, const Json &value) {
    const Type &type = to.type();
    if (value.is_null()) return to.append_null();
    switch (type.id) {
        case TypeId::kBool: return to.append_bool(value.get<bool>());
        case TypeId::kFloat32: return to.append(value.get<float>());
        case TypeId::kFloat64: return to.append(value.get<double>());
        case TypeId::kString:
        case TypeId::kBinary: return to.append_text(value.get_ref<const std::string &>());
        case TypeId::kDecimal128:
            return to.append(value.is_string() ? unscaled(value.get<std::string>(), type.scale)
                                               : static_cast<Int128>(value.get<int64_t>()));
        case TypeId::kUint64: return to.append(value.get<uint64_t>());
        case TypeId::kList:
            for (const auto &item : value) append_value(to.child(0), item);
            return to.end_row();
        case TypeId::kStruct:
            for (size_t i = 0; i < type.children.size(); ++i)
                append_value(to.child(i), value.at(type.children[i].name));
            return to.end_row();
        case TypeId::kMap:
            for (const auto &[key, item] : value.items()) {
                append_value(to.child(0), key);
                append_value(to.child(1), item);
            }
            return to.end_row();
        default:
            if (!value.is_number_integer()) throw std::invalid_argument("not an integer: " + value.dump());
            to.append_integer(value.get<int64_t>());
    }
}

WEIR_INLINE ArrowArray make_rows(const Schema &schema, const Json &rows) {
    BatchBuilder builder(schema);
    for (const auto &row : rows) {
        if (row.size() != schema.size()) throw std::invalid_argument("row " + row.dump() + " does not fit");
        for (size_t c = 0; c < schema.size(); ++c) append_value(builder.column(c), row[c]);
    }
    builder.set_rows(static_cast<int64_t>(rows.size()));
    ArrowArray out;
    builder.finish(&out);
    return out;
}

WEIR_INLINE Schema schema_of(std::initializer_list<std::pair<const char *, const char *>> columns) {
    Schema schema;
    for (auto [name, type] : columns) {
        auto field = parse_field(name, type);
        if (!field) throw std::invalid_argument(field.status().message());
        schema.fields.push_back(*field);
    }
    return schema;
}

WEIR_INLINE std::vector<std::string> json_rows(const Schema &schema, const ArrowArray &array) {
    std::vector<std::string> out;
    for (int64_t row = 0; row < array.length; ++row) append_json_row(out.emplace_back(), schema, array, row, true);
    return out;
}

}  // namespace weir::testing
