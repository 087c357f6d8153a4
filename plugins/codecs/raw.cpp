#include "raw.hpp"

#include <weir/row_json.hpp>

#include "scalar.hpp"

namespace weir::codecs {
namespace {

Status check_raw(const Schema &schema, std::string_view does) {
    if (schema.size() == 1 && schema.fields[0].type.is_text()) return {};
    return Status::config("", "format raw " + std::string(does) + " exactly one column, binary or string; here is " +
                                  to_string(schema));
}

}  // namespace

constexpr OperatorSpec kRawSpec = codec_spec<RawCodec>(
    "raw", "A payload is the bytes of one binary or string column, as they are; a string must be UTF-8.");

Status RawCodec::bind_decode(const Schema &record) {
    record_ = record;
    if (Status s = check_raw(record, "reads"); !s.ok()) return s;
    const Field &field = record.fields[0];
    if (field.path.empty() && field.format.empty()) return {};
    return Status::config("", "column " + field.name + ": format raw takes bytes as they are: no path, no format");
}

Status RawCodec::decode(const DecodeInput &in, ArrowArray *out) {
    const Field &field = record_.fields[0];
    ColumnBuilder column(field.type);
    column.reserve(in.size());
    Fault fault;
    for (uint32_t i = 0; i < in.size(); ++i) {
        if (in.is_null(i) && field.nullable)
            column.append_null();
        else if (in.is_null(i))
            in.fail(i, field.name, -1, kNoPayload);
        else if (!append_scalar(column, in.span(i), TimeForm(), &fault))
            in.fail(i, field.name, fault.position, fault.message);
    }
    std::vector<ArrowArray> columns(1);
    int64_t rows = column.size();
    column.finish(&columns[0]);
    if (!in.wanted(0)) {
        columns[0].release(&columns[0]);
        columns.clear();
    }
    make_struct(std::move(columns), rows, out);
    return {};
}

Status RawCodec::bind_encode(const Schema &rows) {
    rows_ = rows;
    return check_raw(rows, "writes");
}

Status RawCodec::encode(const ArrowArray &rows, EncodeOutput &out) {
    Column column(rows.children[0], &rows_.fields[0].type);
    for (int64_t row = 0; row < rows.length; ++row) {
        if (column.is_null(row)) {
            out.end_null();
            continue;
        }
        auto bytes = column.text(row);
        out.bytes().append(bytes.data(), bytes.size());
        out.end_row();
    }
    return {};
}

}  // namespace weir::codecs
