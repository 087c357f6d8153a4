// Where waiting values keep the columns that they carry: small blocks out of chunks, one a waiting value.
//
// An entry is a header (its owner's) and a payload (payload_layout.hpp). Nothing is allocated a row at a time,
// except for entries with long texts, above kMaxSlabBytes. One user at a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include <weir/batch.hpp>
#include <weir/builder.hpp>

#include "payload_layout.hpp"

namespace weir::pair_match {

struct Entry {
    Entry *next = nullptr;  // the one that came after it with the same value
};

class EntryStore {
public:
    static constexpr size_t kMaxSlabBytes = 512;

    // `header_bytes`: of the struct derived from Entry that stands before the payload.
    EntryStore(std::vector<StoredColumn> columns, size_t header_bytes)
        : layout_(std::move(columns)), header_bytes_(header_bytes) {}
    ~EntryStore();
    EntryStore(const EntryStore &) = delete;
    EntryStore &operator=(const EntryStore &) = delete;

    const PayloadLayout &layout() const { return layout_; }
    // Of memory, free entries included.
    size_t held_bytes() const { return held_bytes_ + free_.capacity() * sizeof(Entry *); }
    bool has_variable() const { return layout_.n_variable > 0; }
    // Bytes of the payload of a row.
    size_t row_bytes(const BatchView &batch, int64_t row) const;

    // An entry with room for a payload; the header's other members and the payload are not set.
    Entry *allocate(size_t payload_bytes) {
        if (payload_bytes == layout_.fixed_bytes) {
            reserve(1);
            return free_[--n_free_];
        }
        size_t units = (header_bytes_ + payload_bytes + 7) / 8;
        Entry *entry = units < kClasses ? free_larger_[units] : nullptr;
        if (!entry) return allocate_slow(units);
        free_larger_[units] = entry->next;
        return entry;
    }
    // REQUIRES: the payload is set.
    void release(Entry *entry) {
        size_t bytes_of = layout_.payload_bytes(bytes(entry));
        if (bytes_of == layout_.fixed_bytes) return release_all(&entry, 1);
        size_t units = (header_bytes_ + bytes_of + 7) / 8;
        if (units >= kClasses) {
            held_bytes_ -= units * 8;
            return plugin_host().free(entry);
        }
        entry->next = free_larger_[units];
        free_larger_[units] = entry;
    }

    // The same in bulk for entries whose payload is fixed_bytes: after reserve(n), fresh()[0], fresh()[-1] and so
    // on are n free ones, of which take(k) takes the first k.
    void reserve(size_t n) {
        if (n_free_ < n) [[unlikely]]
            make_free(n);
    }
    Entry *const *fresh() const { return free_.data() + n_free_ - 1; }
    void take(size_t n) { n_free_ -= n; }
    void release_all(Entry *const *entries, size_t n) {
        if (free_.size() < n_free_ + n) free_.resize(2 * (n_free_ + n));
        std::copy_n(entries, n, free_.data() + n_free_);
        n_free_ += n;
    }

    // Sets the payloads of entries allocated with row_bytes: entry i from row rows[i].
    void fill(const BatchView &batch, const int32_t *rows, Entry *const *entries, size_t n) const;
    // Appends stored column `column` of each entry.
    void append(size_t column, Entry *const *entries, size_t n, ColumnBuilder &to) const;

    std::string_view payload(const Entry *entry) const {
        auto *at = reinterpret_cast<const uint8_t *>(entry) + header_bytes_;
        return {reinterpret_cast<const char *>(at), layout_.payload_bytes(at)};
    }
    // An entry with a copy of a payload. REQUIRES: it is sound.
    Entry *copy_payload(std::string_view payload);

private:
    static constexpr size_t kClasses = kMaxSlabBytes / 8 + 1;
    static constexpr size_t kChunkBytes = 64 * 1024;

    uint8_t *bytes(Entry *entry) const { return reinterpret_cast<uint8_t *>(entry) + header_bytes_; }
    void fill_fixed(const Column &from, uint32_t width, uint32_t offset, const int32_t *rows,
                    Entry *const *entries, size_t n) const;
    void fill_variable(const BatchView &batch, int64_t row, uint8_t *payload) const;
    Entry *allocate_slow(size_t units);
    Entry *carve(size_t units);
    void make_free(size_t n);

    PayloadLayout layout_;
    size_t header_bytes_;
    std::vector<Entry *> free_;  // of the fixed size: the first n_free_
    size_t n_free_ = 0;
    Entry *free_larger_[kClasses] = {};  // by size in units of 8 bytes, linked
    std::vector<void *> chunks_;
    size_t held_bytes_ = 0;  // chunks, and entries too large for them
    uint8_t *chunk_at_ = nullptr, *chunk_end_ = nullptr;
};

}  // namespace weir::pair_match
