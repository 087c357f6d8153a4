// Reads JSON objects into the row that is being built, with simdjson's on-demand parser. One user at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <simdjson.h>

#include "record_builder.hpp"
#include "scalar.hpp"

namespace weir::codecs {

class JsonReader {
public:
    static constexpr int kMaxDepth = 64;

    JsonReader(TimestampForm form, bool refuse_unknown) : form_(form), refuse_unknown_(refuse_unknown) {}

    // Reads one payload as one row. False: fault() and field() say why; the row is the caller's to take back.
    bool read(std::string_view payload, RecordBuilder &row);
    const Fault &fault() const { return fault_; }
    // Path of the member at fault, as in a.b[3].c; empty: the payload as a whole.
    const std::string &field() const { return field_; }

private:
    using Value = simdjson::ondemand::value;
    using Object = simdjson::ondemand::object;
    using Array = simdjson::ondemand::array;

    bool read_object(Object object, RecordBuilder &row);
    size_t find_expected(const char *key, RecordBuilder &row) const;
    bool read_member(size_t index, Value value, RecordBuilder &row);
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

    TimestampForm form_;
    bool refuse_unknown_;
    simdjson::ondemand::parser parser_;
    simdjson::ondemand::document document_;
    std::unique_ptr<char[]> buffer_;  // a payload and the padding that the parser reads over
    size_t capacity_ = 0, size_ = 0;
    Fault fault_;
    std::string field_;
};

}  // namespace weir::codecs
