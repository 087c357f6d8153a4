#include "text.hpp"

#include "record_builder.hpp"

namespace weir::codecs {
namespace {

constexpr weir_param kTextParams[] = {
    param("pattern", WEIR_PARAM_STRING,
          "A regular expression (RE2) that the whole payload matches; its named groups, (?P<name>...), are the columns. "
          "A group that takes no part is null. Without it the payload is the record's only column."),
    timestamps_param()};

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
    codec_spec<TextCodec>("text", "A payload is the text of one value, or what the groups of a `pattern` match. Nothing "
                                  "may stand around a value, not even blanks.")
        .params(kTextParams);

Result<std::unique_ptr<Codec>> TextCodec::create(const Config &config) {
    auto codec = std::make_unique<TextCodec>();
    auto form = timestamp_form(config);
    if (!form) return form.status();
    codec->form_ = std::move(*form);
    if (config.has("pattern")) {
        auto pattern = TextPattern::parse(config.string("pattern"));
        if (!pattern) return pattern.status();
        codec->pattern_ = std::move(*pattern);
    }
    return std::unique_ptr<Codec>(std::move(codec));
}

Status TextCodec::bind_decode(const Schema &record) {
    record_ = record;
    auto forms = column_forms(record, form_);
    if (!forms) return forms.status();
    if (pattern_) {
        auto names = payload_names(record);
        if (!names) return names.status();
        return pattern_->bind(record, std::move(*names), std::move(*forms));
    }
    if (Status s = check_text(record, "reads"); !s.ok()) return s;
    if (!record.fields[0].path.empty())
        return Status::config("", "column " + record.fields[0].name + ": format text has no names, so there is no path");
    read_form_ = forms->front();
    return {};
}

void TextCodec::decode_matches(const DecodeInput &in, ArrowArray *out) {
    RecordBuilder row(record_, pattern_->names(), in);
    std::string field;
    Fault fault;
    for (uint32_t i = 0; i < in.size(); ++i) {
        field.clear();
        if (in.is_null(i)) {
            in.fail(i, field, -1, kTombstone);
            continue;
        }
        bool good = pattern_->read(in.span(i), row, &field, &fault);
        if (good && !row.end_row(&field)) {
            fault = {-1, field + " is missing, and the column is not nullable"};
            good = false;
        }
        if (good) continue;
        row.drop_row();
        in.fail(i, field, fault.position, fault.message);
    }
    row.finish(out);
}

// The column is read even where nobody wants it: which payloads fail must not depend on that.
Status TextCodec::decode(const DecodeInput &in, ArrowArray *out) {
    if (pattern_) {
        decode_matches(in, out);
        return {};
    }
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
            if (!append_scalar(to, in.span(i), read_form_, &fault)) in.fail(i, field.name, fault.position, fault.message);
        } else if (field.nullable) {
            to.append_null();
        } else {
            in.fail(i, field.name, -1, kNoPayload);
        }
    }
}

Status TextCodec::bind_encode(const Schema &rows) {
    if (pattern_)
        return Status::config("pattern", "a pattern only reads; format `template` writes, as in "
                                         "`format: { template: \"status={status}\" }`");
    rows_ = rows;
    return check_text(rows, "writes");
}

Status TextCodec::encode(const ArrowArray &rows, EncodeOutput &out) {
    const Field &field = rows_.fields[0];
    Column column(rows.children[0], &field.type);
    for (int64_t row = 0; row < rows.length; ++row) {
        if (column.is_null(row)) {
            out.end_null();
            continue;
        }
        if (!has_text(column, row, form_)) {
            out.fail_row(field.name, kYearRange);
            continue;
        }
        write_scalar(out.bytes(), column, row, form_);
        out.end_row();
    }
    return {};
}

}  // namespace weir::codecs
