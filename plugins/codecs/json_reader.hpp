// Reads any JSON object into the row that is being built, with simdjson's on-demand parser, and tells what is wrong with
// one: the judge behind JsonScanner. One user at a time.
#pragma once

#include <string>
#include <string_view>

#include <simdjson.h>

#include "json_rest.hpp"
#include "json_shape.hpp"
#include "record_builder.hpp"
#include "scalar.hpp"

namespace weir::codecs {

class JsonReader {
public:
    static constexpr int kMaxDepth = 64;

    // `shape` must outlive it.
    void bind(const JsonShape &shape) { shape_ = &shape; }

    // Reads a payload, which has kScanPadding bytes behind it, as one row. False: fault() and field() say why; the row
    // is the caller's to take back.
    bool read(std::string_view payload, RecordBuilder &row);
    const Fault &fault() const { return fault_; }
    // Path of the member at fault, as in a.b[3].c; empty: the payload as a whole.
    const std::string &field() const { return field_; }

private:
    using Value = simdjson::ondemand::value;
    using Object = simdjson::ondemand::object;
    using Array = simdjson::ondemand::array;

    bool read_object(Object object, const JsonNode &node, RecordBuilder &row, int depth);
    bool read_member(const JsonNode &member, const char *key, Value value, RecordBuilder &row, int depth);
    bool read_inner(const JsonNode &member, Value value, RecordBuilder &row, int depth);
    bool read_column(size_t index, Value value, RecordBuilder &row, int depth);
    bool read_unknown(const char *key, std::string_view name, Value value, int depth);
    bool finish_row(RecordBuilder &row);
    // Skips a value and tells its text, without the blanks behind it.
    bool take_text(Value value, int depth, std::string_view *text);
    bool append(ColumnBuilder &to, const Field &field, Value value, int depth);
    bool append_null(ColumnBuilder &to, const Field &field, Value value);
    bool append_number(ColumnBuilder &to, Value value);
    bool append_text(ColumnBuilder &to, Value value);
    bool append_bool(ColumnBuilder &to, Value value);
    bool append_list(ColumnBuilder &to, Value value, int depth);
    bool append_struct(ColumnBuilder &to, Value value, int depth);
    bool append_map(ColumnBuilder &to, Value value, int depth);
    bool skip(Value value, int depth);
    bool skip_object(Object object, int depth);
    bool skip_array(Array array, int depth);

    // All return false, so that a function can end with them.
    bool broken(simdjson::error_code error);
    bool fail(const char *at, std::string message);
    bool mismatch(Value value, const Type &type);
    bool too_deep();

    const JsonShape *shape_ = nullptr;
    const TimeForm *form_ = nullptr;  // of the column that is being read
    simdjson::ondemand::parser parser_;
    simdjson::ondemand::document document_;
    std::string_view payload_;
    std::vector<uint8_t> seen_;  // by object of the shape
    JsonRest rest_;
    bool keeps_rest_ = false;
    Fault fault_;
    std::string field_;
};

}  // namespace weir::codecs
