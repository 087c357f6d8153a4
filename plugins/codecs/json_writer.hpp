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
    std::vector<std::string> prefixes_;  // by column: `{"a":` or `,"b":`
    std::string scratch_;
};

}  // namespace weir::codecs
