// Keys as canonical bytes: what tells one key of a node from another, in memory and on disk.
//
// Fixed for good, as state on disk depends on it. The key's columns one behind the other, then nulls:
//   integers, bool, date, timestamp   the value as a little-endian int64, so that a wider type keeps the keys
//   float32, float64                  the value as a float64; -0.0 as 0.0, every NaN as one
//   decimal                           the unscaled value as a little-endian int128
//   string, binary                    u32 length, bytes
//   null                              nothing; its bit in the bitmap behind the columns, lowest bit first
// The last byte is the length of the bitmap: 0 where nothing is null.
//
// Threads: const use from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <weir/builder.hpp>
#include <weir/result.hpp>
#include <weir/types.hpp>

namespace weir {

// The keys of a batch, each zero-padded to whole words, so that they are compared by words.
class KeyBatch {
public:
    void clear() {
        words_.clear();
        starts_.clear();
        sizes_.clear();
    }
    void add(const char *bytes, size_t size);
    // Room for n keys of `size` bytes, zeroed; the caller fills them.
    uint64_t *add_n(size_t n, uint32_t size);

    // Room for keys of these sizes, zeroed; where each begins, valid until the next is added.
    std::vector<uint8_t *> add_sized(const std::vector<uint32_t> &sizes);

    size_t size() const { return sizes_.size(); }
    const uint64_t *words(size_t i) const { return words_.data() + starts_[i]; }
    uint32_t bytes(size_t i) const { return sizes_[i]; }
    std::string_view view(size_t i) const { return {reinterpret_cast<const char *>(words(i)), sizes_[i]}; }

private:
    std::vector<uint64_t> words_;
    std::vector<uint32_t> starts_, sizes_;
};

class KeyCodec {
public:
    KeyCodec() = default;
    // For the named columns of rows of `schema`. REQUIRES: they are there, and of types that can be keys.
    KeyCodec(const Schema &schema, const std::vector<std::string> &columns);

    // One key a row of `rows`, which has the schema.
    void encode(const ArrowArray &rows, KeyBatch &out) const;
    // Appends the columns of a key to a builder of key_schema(). False: these are not a key's bytes.
    bool decode(std::string_view key, BatchBuilder &out) const;

    const Schema &key_schema() const { return key_schema_; }
    // Bytes of every key without nulls; 0 where they differ.
    uint32_t fixed_bytes() const { return fixed_bytes_; }
    // What kind of value each column has, as far as the bytes depend on it: "integer, text".
    std::string kinds() const;

private:
    void encode_any(const ArrowArray &rows, KeyBatch &out) const;

    std::vector<size_t> columns_;
    Schema key_schema_;
    uint32_t fixed_bytes_ = 0;
};

}  // namespace weir

#ifndef WEIR_SDK_COMPILED
#include <weir/detail/key_codec_impl.hpp>
#endif
