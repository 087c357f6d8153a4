// The bytes of pair_match's state, version 1, and how they leave in blocks.
//
// One keyed state, number 0. An entry's key is a waiting value: 8 bytes, or 16 where it is beyond int64; its
// group is that of the pair's key (value_range.hpp). Its value is all that waits under it, first in first out:
//   the head    uint16 its bytes behind these two, uint8 the values' scale, then for each column: uint8
//               nullable, uint16 length and bytes of the name, uint16 length and text of the type
//   the items   each: int64 since when it waits (processing time, microseconds), uint32 bytes of the
//               payload, the payload (payload_layout.hpp)
// The head lets other columns than today's be read: by name, if the type is the same. All is little-endian.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <weir/abi.h>
#include <weir/result.hpp>

#include "payload_layout.hpp"

namespace weir::pair_match {

class StateFormat {
public:
    struct Item {
        int64_t since;
        std::string_view payload;  // in `layout`; valid until the next parse, or as long as the bytes parsed
    };

    StateFormat(uint8_t scale, const PayloadLayout &layout);

    const std::string &head() const { return head_; }
    static void add_item(std::string &to, int64_t since, std::string_view payload);
    // Items of an entry's value. WEIR_E_STATE_VERSION: it is damaged, of another scale, or lacks a column.
    Result<std::vector<Item>> parse(std::string_view value);

private:
    Result<PayloadLayout> parse_head(std::string_view head) const;
    Status convert(const PayloadLayout &from, std::string_view payload, std::string *to) const;

    uint8_t scale_;
    const PayloadLayout &layout_;
    std::string head_;
    std::vector<std::string> converted_;
};

std::string key_bytes(Int128 value);
// False: not a key.
bool parse_key(std::string_view bytes, Int128 *value);

// Collects entries and puts them block by block, a block a key group.
class StateWriter {
public:
    void put(uint32_t group, Int128 value, std::string entry) {
        entries_.push_back({group, key_bytes(value), std::move(entry), false});
    }
    void erase(uint32_t group, Int128 value) { entries_.push_back({group, key_bytes(value), {}, true}); }
    Status flush(const weir_snapshot &out);

private:
    struct Piece {
        uint32_t group;
        std::string key, value;
        bool deleted;
    };
    std::vector<Piece> entries_;
};

}  // namespace weir::pair_match
