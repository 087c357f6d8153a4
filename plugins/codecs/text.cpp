#include "text.hpp"

namespace weir::codecs {
namespace {

constexpr weir_param kTextParams[] = {timestamps_param()};

// The only column of a schema that this codec can write or read.
Status check_text(const Schema &schema, std::string_view does) {
    if (schema.size() != 1)
        return Status::config("", "format text " + std::string(does) + " exactly one column, here are " +
                                      std::to_string(schema.size()) + ": " + to_string(schema));
    const Field &field = schema.fields[0];
    if (field.type.is_nested())
        return Status::config("", "format text has no form for column " + field.name + ": " + to_string(field.type));
    return {};
}

}  // namespace

constexpr OperatorSpec kTextSpec =
    codec_spec<TextCodec>("text", "A payload is the text of one value: the record has one column. Nothing may stand "
                                  "around the value, not even blanks.")
        .params(kTextParams);

Result<std::unique_ptr<Codec>> TextCodec::create(const Config &config) {
    return std::unique_ptr<Codec>(new TextCodec(timestamp_form(config)));
}

Status TextCodec::bind_decode(const Schema &record) {
    record_ = record;
    return check_text(record, "reads");
}

// The column is read even where nobody wants it: which payloads fail must not depend on that.
Status TextCodec::decode(const DecodeInput &in, ArrowArray *out) {
    ColumnBuilder column(record_.fields[0].type);
    if (column.type().id == TypeId::kInt64 && !record_.fields[0].nullable)
        decode_int64(in, column);
    else
        decode_any(in, column);
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

void TextCodec::decode_int64(const DecodeInput &in, ColumnBuilder &to) const {
    const Field &field = record_.fields[0];
    auto *values = to.append_n<int64_t>(in.size());
    int64_t n = 0;
    for (uint32_t i = 0; i < in.size(); ++i) {
        std::string_view text = in.span(i);
        Parse p = parse_int64(text, values + n);
        if (p == Parse::kOk) [[likely]] {
            ++n;
            continue;
        }
        Fault fault{-1, std::string(kNoPayload)};
        if (!in.is_null(i)) explain(p, text, field.type, &fault);
        in.fail(i, field.name, fault.position, fault.message);
    }
    to.truncate(n);
}

void TextCodec::decode_any(const DecodeInput &in, ColumnBuilder &to) const {
    const Field &field = record_.fields[0];
    to.reserve(in.size());
    Fault fault;
    for (uint32_t i = 0; i < in.size(); ++i) {
        if (!in.is_null(i)) {
            if (!append_scalar(to, in.span(i), form_, &fault)) in.fail(i, field.name, fault.position, fault.message);
        } else if (field.nullable) {
            to.append_null();
        } else {
            in.fail(i, field.name, -1, kNoPayload);
        }
    }
}

Status TextCodec::bind_encode(const Schema &rows) {
    rows_ = rows;
    return check_text(rows, "writes");
}

Status TextCodec::encode(const ArrowArray &rows, EncodeOutput &out) {
    const Field &field = rows_.fields[0];
    Column column(rows.children[0], &field.type);
    for (int64_t row = 0; row < rows.length; ++row) {
        if (column.is_null(row)) return row_error(row, field.name, "null cannot be written as text");
        write_scalar(out.bytes(), column, row, form_);
        out.end_row();
    }
    return {};
}

}  // namespace weir::codecs
