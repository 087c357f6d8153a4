// Dead letters as they lie in a topic: what their headers say, which of them are meant, and which were replayed.
//
// Plain values and pure functions; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <weir/abi.h>
#include <weir/result.hpp>

namespace weir::host {

// What the sink of dead letters adds to a record is named so.
inline constexpr std::string_view kLetterHeader = "weir.";

// Copied out of a record.
struct Letter {
    struct Header {
        std::string name;
        std::optional<std::string> value;
    };
    int32_t partition = 0;
    int64_t offset = 0;
    int64_t timestamp = INT64_MIN;  // microseconds; INT64_MIN: none
    std::optional<std::string> key, payload;
    std::vector<Header> headers;

    static Letter of(const weir_origin_record& record);
};

// The value of a header `weir.NAME` of a record; empty: it has none. Borrowed.
std::string_view letter_header(const weir_origin_record& record, std::string_view name);
// Whether weir wrote it as a dead letter.
bool is_letter(const weir_origin_record& record);

struct LetterChoice {
    std::string node, code;  // empty: any
    std::optional<std::pair<int32_t, int64_t>> at;  // partition and offset: this one

    bool is_all() const { return node.empty() && code.empty() && !at; }
    bool has(const weir_origin_record& record) const;
};

// `PARTITION/OFFSET`. WEIR_E_CONFIG: it is not.
Result<std::optional<std::pair<int32_t, int64_t>>> parse_letter_place(const std::string& text);

// Which letters of a partition were replayed: all before base(), and ranges of offsets behind it. Between two letters of a
// range there is no other.
class Replayed {
public:
    // As a bookmark has it. WEIR_E_FATAL: the note is not of note().
    static Result<Replayed> parse(int64_t base, std::string_view note);

    bool has(int64_t offset) const;
    // The letter at `offset` was replayed; `before` is the letter before it in the partition, replayed or not.
    void add(int64_t offset, std::optional<int64_t> before);
    int64_t base() const { return base_; }
    std::string note() const;

private:
    void settle();

    int64_t base_ = 0;
    std::map<int64_t, int64_t> ranges_;  // first to last offset
};

// Text as it is, where it is some that can be read in a line; otherwise bytes in hexadecimal.
std::optional<std::string> readable(std::string_view bytes);
std::string hexadecimal(std::string_view bytes);

}  // namespace weir::host
