// Writes rows as JSON objects, by the rules of weir/row_json.hpp, but for timestamps, which stand as the codec says, and
// for what could not be read again, NaN, infinities and years of five digits: such a row fails. One user at a time.
#pragma once

#include <string>
#include <vector>

#include <weir/codec.hpp>

#include "scalar.hpp"

namespace weir::codecs {

class JsonWriter {
public:
    explicit JsonWriter(TimeForm form) : form_(std::move(form)) {}

    // `tombstones`: a row of nulls has no payload.
    void bind(const Schema &rows, bool tombstones);
    void write(const ArrowArray &rows, EncodeOutput &out);

private:
    // NULL, or why the value cannot be written.
    const char *append(const Column &column, int64_t row, Buffer &out);
    const char *append_nested(const Column &column, int64_t row, std::string &out) const;

    TimeForm form_;
    Schema schema_;
    bool tombstones_ = false;
    // By column `{"a":` or `,"b":`, padded to whole blocks, which are copied without a call.
    struct Prefix {
        std::string padded;
        size_t length;
    };
    std::vector<Prefix> prefixes_;
    size_t row_room_ = 0;  // bytes that a row of integers may take, and one block
    std::string scratch_;
};

}  // namespace weir::codecs
