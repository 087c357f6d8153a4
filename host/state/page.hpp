// The bytes of state: pages of entries, as they stand in the database.
//
// A page holds entries of one state_version in ascending order of their keys (as unsigned bytes), each key once:
//
//   u8   format, 1
//   u32  state_version of the operator that wrote the entries     u32  number of entries
//   then for each entry
//     varint  length of the key
//     varint  0: the entry was deleted; otherwise length of the value + 1
//     key, value
//
// u32 is little-endian, a varint has seven bits a byte, the lowest first, and at most five bytes. There is no
// checksum: the database has one over each block and each record of its log. What does not parse is corrupt.
//
// Internal to host/state. Plain values without threads of their own.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace weir::host {

inline constexpr size_t kPageHeaderBytes = 9;
inline constexpr size_t kMaxEntryHeaderBytes = 10;
inline constexpr uint32_t kMaxEntryBytes = 1u << 30;  // of a key, and of a value
// Of a page, at most, unless it has a single larger entry. What is read to find a key.
inline constexpr size_t kPageBytes = 8u << 10;

// A key's first eight bytes as a number, so that most comparisons of keys are one of those.
inline uint64_t key_prefix(const char* key, size_t bytes) {
    uint64_t prefix = 0;
    if (bytes >= 8)
        std::memcpy(&prefix, key, 8);
    else
        std::memcpy(&prefix, key, bytes);
    return std::endian::native == std::endian::little ? __builtin_bswap64(prefix) : prefix;
}

// One entry. Both strings are borrowed from the page.
struct Entry {
    std::string_view key;
    std::string_view value;  // its data is never null
    bool deleted = false;
};

// `value` at `to`; returns its end. At most five bytes.
inline char* put_varint(char* to, uint32_t value) {
    for (; value >= 0x80; value >>= 7) *to++ = static_cast<char>(value | 0x80);
    *to++ = static_cast<char>(value);
    return to;
}

// Reads a varint between `at` and `end`: where it ends, or null if it does not end there or is too large.
inline const char* get_varint(const char* at, const char* end, uint32_t& value) {
    uint64_t sum = 0;
    for (unsigned shift = 0; at < end && shift < 35; shift += 7) {
        const auto byte = static_cast<unsigned char>(*at++);
        sum |= static_cast<uint64_t>(byte & 0x7F) << shift;
        if (byte < 0x80) {
            value = static_cast<uint32_t>(sum);
            return sum <= UINT32_MAX ? at : nullptr;
        }
    }
    return nullptr;
}

inline char* put_u32(char* to, uint32_t value) {
    for (unsigned i = 0; i < 4; ++i) *to++ = static_cast<char>(value >> (8 * i));
    return to;
}

inline char* put_page_header(char* to, uint32_t version, uint32_t entries) {
    *to++ = 1;
    return put_u32(put_u32(to, version), entries);
}

// An entry at `to`, where kMaxEntryHeaderBytes + key + value bytes have room; returns its end.
inline char* put_entry(char* to, const char* key, uint32_t key_bytes, const char* value, uint32_t value_bytes,
                       bool deleted) {
    to = put_varint(put_varint(to, key_bytes), deleted ? 0 : value_bytes + 1);
    std::memcpy(to, key, key_bytes);
    to += key_bytes;
    if (!deleted) std::memcpy(to, value, value_bytes);
    return deleted ? to : to + value_bytes;
}

// Makes one page at a time. Entries must come in order.
class PageWriter {
public:
    explicit PageWriter(uint32_t version) : version_(version) {}

    void add(const Entry& entry);
    // Bytes that the page has with one more entry, at most.
    size_t bytes_with(const Entry& entry) const {
        return used_ + kMaxEntryHeaderBytes + entry.key.size() + entry.value.size();
    }
    uint32_t entries() const { return entries_; }
    const std::string& first_key() const { return first_key_; }
    // Ends the page and begins another.
    std::string take();

private:
    uint32_t version_;
    uint32_t entries_ = 0;
    size_t used_ = kPageHeaderBytes;
    std::string page_ = std::string(kPageHeaderBytes, '\0');  // at least used_ long
    std::string first_key_;
};

// Reads one page, which must outlive the reader.
class PageReader {
public:
    PageReader() = default;
    // After this, ok() says whether the header parses.
    explicit PageReader(std::string_view page);

    uint32_t version() const { return version_; }
    uint32_t entries() const { return entries_; }
    // The next entry; false at the end, and where the bytes do not parse: ok() tells the two apart.
    bool next(Entry& entry);
    bool ok() const { return ok_; }

private:
    const char* at_ = nullptr;
    const char* end_ = nullptr;
    uint32_t version_ = 0;
    uint32_t entries_ = 0;
    uint32_t left_ = 0;
    bool ok_ = true;
};

// The entry of one key in a page that was not read yet, if the page has it; nothing in `found` if not. False if the page
// does not parse.
bool find_entry(PageReader& page, std::string_view key, std::optional<Entry>& found);

inline bool PageReader::next(Entry& entry) {
    if (left_ == 0) {
        if (at_ != end_) ok_ = false;
        return false;
    }
    uint32_t key_bytes = 0;
    uint32_t value_bytes = 0;
    const char* at = get_varint(at_, end_, key_bytes);
    if (at) at = get_varint(at, end_, value_bytes);
    const size_t value_size = value_bytes == 0 ? 0 : value_bytes - 1;
    if (!at || static_cast<size_t>(end_ - at) < key_bytes + value_size) {
        left_ = 0;
        return ok_ = false;
    }
    entry.key = {at, key_bytes};
    entry.value = {at + key_bytes, value_size};
    entry.deleted = value_bytes == 0;
    at_ = at + key_bytes + value_size;
    --left_;
    return true;
}

}  // namespace weir::host
