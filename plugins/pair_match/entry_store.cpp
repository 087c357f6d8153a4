#include "entry_store.hpp"

#include <cstring>
#include <new>
#include <utility>

#include "nested_bytes.hpp"

namespace weir::pair_match {

EntryStore::~EntryStore() {
    for (void *chunk : chunks_) plugin_host().free(chunk);
}

Entry *EntryStore::allocate_slow(size_t units) {
    if (units < kClasses) return carve(units);
    void *memory = plugin_host().alloc(units * 8);
    if (!memory) throw std::bad_alloc();
    held_bytes_ += units * 8;
    return new (memory) Entry;
}

// Memory that lives as long as the store.
Entry *EntryStore::carve(size_t units) {
    if (static_cast<size_t>(chunk_end_ - chunk_at_) < units * 8) {
        chunk_at_ = chunk_end_ = nullptr;
        size_t size = std::max(kChunkBytes, units * 8 * 16);
        auto *chunk = static_cast<uint8_t *>(plugin_host().alloc(size));
        if (!chunk) throw std::bad_alloc();
        chunks_.push_back(chunk);
        held_bytes_ += size;
        chunk_at_ = chunk;
        chunk_end_ = chunk + size;
    }
    return new (std::exchange(chunk_at_, chunk_at_ + units * 8)) Entry;
}

void EntryStore::make_free(size_t n) {
    if (free_.size() < n) free_.resize(2 * n);
    while (n_free_ < n) free_[n_free_++] = carve((header_bytes_ + layout_.fixed_bytes + 7) / 8);
}

size_t EntryStore::row_bytes(const BatchView &batch, int64_t row) const {
    size_t bytes = layout_.fixed_bytes;
    for (const StoredColumn &c : layout_.columns)
        if (!c.width && !batch.column(c.input).is_null(row)) bytes += measure(batch.column(c.input), row);
    return bytes;
}

void EntryStore::fill(const BatchView &batch, const int32_t *rows, Entry *const *entries, size_t n) const {
    if (layout_.null_bytes)
        for (size_t i = 0; i < n; ++i) std::memset(bytes(entries[i]) + layout_.nulls_offset, 0, layout_.null_bytes);
    for (size_t c = 0; c < layout_.columns.size(); ++c) {
        const StoredColumn &column = layout_.columns[c];
        Column from = batch.column(column.input);
        for (size_t i = 0; from.has_nulls() && i < n; ++i)
            if (from.is_null(rows[i])) layout_.set_null(bytes(entries[i]), c);
        if (column.width) fill_fixed(from, column.width, column.offset, rows, entries, n);
    }
    for (size_t i = 0; has_variable() && i < n; ++i) fill_variable(batch, rows[i], bytes(entries[i]));
}

void EntryStore::fill_fixed(const Column &from, uint32_t width, uint32_t offset, const int32_t *rows,
                            Entry *const *entries, size_t n) const {
    if (from.type().id == TypeId::kBool) {
        for (size_t i = 0; i < n; ++i) bytes(entries[i])[offset] = from.bool_value(rows[i]);
        return;
    }
    auto copy = [&]<size_t kWidth>() {
        const char *values = from.values<char>();
        for (size_t i = 0; i < n; ++i)
            std::memcpy(bytes(entries[i]) + offset, values + static_cast<size_t>(rows[i]) * kWidth, kWidth);
    };
    switch (width) {
        case 1: return copy.operator()<1>();
        case 2: return copy.operator()<2>();
        case 4: return copy.operator()<4>();
        case 8: return copy.operator()<8>();
        default: return copy.operator()<16>();
    }
}

void EntryStore::fill_variable(const BatchView &batch, int64_t row, uint8_t *payload) const {
    uint8_t *at = payload + layout_.fixed_bytes;
    for (const StoredColumn &c : layout_.columns) {
        if (c.width) continue;
        Column from = batch.column(c.input);
        if (!from.is_null(row)) at = write(from, row, at);
        auto end = static_cast<uint32_t>(at - payload);
        std::memcpy(payload + c.offset, &end, sizeof end);
    }
}

void EntryStore::append(size_t column, Entry *const *entries, size_t n, ColumnBuilder &to) const {
    const StoredColumn &c = layout_.columns[column];
    bool plain = c.width && c.field.type.id != TypeId::kBool;
    for (size_t i = 0; plain && c.field.nullable && i < n; ++i) plain = !layout_.is_null(bytes(entries[i]), column);
    auto copy = [&]<class T>() {
        T *out = to.append_n<T>(static_cast<int64_t>(n));
        for (size_t i = 0; i < n; ++i) std::memcpy(out + i, bytes(entries[i]) + c.offset, sizeof(T));
    };
    if (plain) switch (c.width) {
            case 1: return copy.operator()<uint8_t>();
            case 2: return copy.operator()<uint16_t>();
            case 4: return copy.operator()<uint32_t>();
            case 8: return copy.operator()<uint64_t>();
            default: return copy.operator()<Int128>();
        }
    for (size_t i = 0; i < n; ++i) {
        if (layout_.is_null(bytes(entries[i]), column))
            to.append_null();
        else
            read(layout_.bytes(bytes(entries[i]), c), to);
    }
}

Entry *EntryStore::copy_payload(std::string_view payload) {
    Entry *entry = allocate(payload.size());
    if (!payload.empty()) std::memcpy(bytes(entry), payload.data(), payload.size());
    return entry;
}

}  // namespace weir::pair_match
