// Writes rows as JSON objects, by the rules of weir/row_json.hpp. One user at a time.
#pragma once

#include <string>
#include <vector>

#include <weir/codec.hpp>

#include "scalar.hpp"

namespace weir::codecs {

class JsonWriter {
public:
    explicit JsonWriter(TimestampForm form) : form_(form) {}

    void bind(const Schema &rows);
    void write(const ArrowArray &rows, EncodeOutput &out);

private:
    void append_value(const Column &column, int64_t row, std::string &out) const;

    TimestampForm form_;
    Schema schema_;
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
