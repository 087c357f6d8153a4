#include "host/engine/key_hash.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <weir/column.hpp>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace weir::host {

namespace {

template <class Bytes>
void hash_fixed(const Column& column, int64_t rows, uint64_t* hashes, Bytes&& value_of) {
    for (int64_t i = 0; i < rows; ++i) {
        if (column.is_null(i)) {
            hashes[i] = XXH3_64bits_withSeed("", 0, hashes[i] + 1);
            continue;
        }
        auto value = value_of(i);
        hashes[i] = XXH3_64bits_withSeed(&value, sizeof value, hashes[i]);
    }
}

int64_t bits_of(double value) {
    if (std::isnan(value)) value = std::numeric_limits<double>::quiet_NaN();
    return std::bit_cast<int64_t>(value == 0 ? 0.0 : value);
}

void hash_column(const Column& column, int64_t rows, uint64_t* hashes) {
    switch (column.type().id) {
        case TypeId::kString:
        case TypeId::kBinary:
            for (int64_t i = 0; i < rows; ++i) {
                const bool null = column.is_null(i);
                const std::string_view text = null ? std::string_view() : column.text(i);
                hashes[i] = XXH3_64bits_withSeed(text.data() ? text.data() : "", text.size(), hashes[i] + null);
            }
            return;
        case TypeId::kDecimal128: return hash_fixed(column, rows, hashes, [&](int64_t i) { return column.decimal(i); });
        case TypeId::kFloat32:
            return hash_fixed(column, rows, hashes,
                              [&](int64_t i) { return bits_of(static_cast<double>(column.value<float>(i))); });
        case TypeId::kFloat64:
            return hash_fixed(column, rows, hashes, [&](int64_t i) { return bits_of(column.value<double>(i)); });
        case TypeId::kBool:
            return hash_fixed(column, rows, hashes, [&](int64_t i) -> int64_t { return column.bool_value(i); });
        case TypeId::kInt64:
            return hash_fixed(column, rows, hashes, [&](int64_t i) { return column.value<int64_t>(i); });
        default: return hash_fixed(column, rows, hashes, [&](int64_t i) { return column.integer(i); });
    }
}

}  // namespace

Result<KeyHasher> KeyHasher::create(const Schema& schema, const std::vector<std::string>& columns) {
    KeyHasher made;
    for (const std::string& name : columns) {
        auto index = schema.find(name);
        if (!index)
            return Status::config("key", fmt::format("the input has no column `{}`; it has {}", name, to_string(schema)));
        const Type& type = schema.fields[*index].type;
        if (type.is_nested())
            return Status::config("key", fmt::format("column `{}` is a {}, which cannot be a key", name, to_string(type)));
        made.parts_.push_back({*index, type});
    }
    return made;
}

void KeyHasher::hash(const ArrowArray& rows, uint64_t* hashes) const {
    std::fill_n(hashes, rows.length, 0);
    for (const Part& part : parts_) hash_column(Column(rows.children[part.index], &part.type), rows.length, hashes);
}

}  // namespace weir::host
