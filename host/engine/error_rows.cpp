#include "host/engine/error_rows.hpp"

#include <fmt/format.h>

#include <weir/memory.hpp>
#include <weir/row_json.hpp>

namespace weir::host {

namespace {

void append_optional(ColumnBuilder& column, weir_str text) {
    if (text.data)
        column.append_text(view(text));
    else
        column.append_null();
}

void append_text_or_null(ColumnBuilder& column, weir_str text) {
    if (text.data && text.size)
        column.append_text(view(text));
    else
        column.append_null();
}

void append_headers(ColumnBuilder& column, const weir_origin_record& record) {
    if (!record.n_headers) return column.append_null();
    for (uint64_t i = 0; i < record.n_headers; ++i) {
        column.child(0).append_text(view(record.headers[i].name));
        append_optional(column.child(1), record.headers[i].value);
    }
    column.end_row();
}

}  // namespace

ErrorRows::ErrorRows(std::string node) : node_(std::move(node)), schema_(error_schema()), rows_(schema_) {}

void ErrorRows::add(const weir_batch& batch, const weir_row_error& error) {
    rows_.column(kErrorNode).append_text(node_);
    rows_.column(kErrorCode).append_text(view(error.code));
    append_text_or_null(rows_.column(kErrorField), error.field);
    rows_.column(kErrorMessage).append_text(view(error.message));
    bytes_ += node_.size() + error.code.size + error.message.size;
    weir_origin_record record{};
    record.size = sizeof record;
    record.partition = -1;
    record.offset = -1;
    record.timestamp = INT64_MIN;
    int64_t row = batch.origin_rows ? batch.origin_rows[error.row] : error.row;
    if (batch.origin && batch.origin->get(batch.origin, row, &record) == WEIR_OK)
        add_record(record);
    else
        add_row(batch, error.row);
}

void ErrorRows::add_record(const weir_origin_record& record) {
    append_optional(rows_.column(kErrorPayload), record.payload);
    append_optional(rows_.column(kErrorKey), record.key);
    append_headers(rows_.column(kErrorHeaders), record);
    append_text_or_null(rows_.column(kErrorTopic), record.topic);
    if (record.partition >= 0)
        rows_.column(kErrorPartition).append(record.partition);
    else
        rows_.column(kErrorPartition).append_null();
    if (record.offset >= 0)
        rows_.column(kErrorOffset).append(record.offset);
    else
        rows_.column(kErrorOffset).append_null();
    if (record.timestamp != INT64_MIN)
        rows_.column(kErrorTimestamp).append(record.timestamp);
    else
        rows_.column(kErrorTimestamp).append_null();
    rows_.column(kErrorRow).append_null();
    bytes_ += record.payload.size + record.key.size;
}

void ErrorRows::add_row(const weir_batch& batch, int64_t row) {
    for (size_t c = kErrorPayload; c < kErrorRow; ++c) rows_.column(c).append_null();
    auto schema = batch.array && batch.schema ? import_schema(*batch.schema) : Status::config("", "no rows");
    if (!schema) return rows_.column(kErrorRow).append_null();
    std::string json;
    append_json_row(json, *schema, *batch.array, row);
    rows_.column(kErrorRow).append_text(json);
    bytes_ += json.size();
}

BatchRef ErrorRows::take(const ArrowSchema* schema) {
    ArrowArray array{};
    weir_batch batch{};
    batch.size = sizeof batch;
    batch.rows = rows_.rows();
    batch.split = WEIR_NO_SPLIT;
    rows_.finish(&array);
    batch.array = &array;
    bytes_ = 0;
    return BatchRef(HostBatch::take(&batch, schema));
}

std::string ErrorRows::describe(const weir_batch& rows, int64_t row) {
    static const Schema schema = error_schema();
    auto column = [&](size_t c) { return Column(rows.array->children[c], &schema.fields[c].type); };
    std::string out = fmt::format("node `{}`: {}: {}", column(kErrorNode).text(row), column(kErrorCode).text(row),
                                  column(kErrorMessage).text(row));
    constexpr size_t kShown = 200;
    auto shown = [&](std::string_view text) {
        std::string quoted;
        append_json_string(quoted, is_utf8(text) ? text : "base64:" + base64(text.substr(0, kShown)));
        if (quoted.size() <= kShown) return quoted;
        size_t end = kShown;
        while (end > 0 && (static_cast<unsigned char>(quoted[end]) & 0xc0) == 0x80) --end;  // no half characters
        quoted.resize(end);
        return quoted += "…";
    };
    if (!column(kErrorTopic).is_null(row)) {
        out += fmt::format(" (record {}", column(kErrorTopic).text(row));
        if (!column(kErrorPartition).is_null(row)) out += fmt::format("/{}", column(kErrorPartition).integer(row));
        if (!column(kErrorOffset).is_null(row)) out += fmt::format("@{}", column(kErrorOffset).integer(row));
        if (column(kErrorPayload).is_null(row))
            out += ", no payload)";
        else
            out.append(", payload ").append(shown(column(kErrorPayload).text(row))).append(")");
    } else if (!column(kErrorRow).is_null(row)) {
        out += " (row " + std::string(column(kErrorRow).text(row)) + ")";
    } else if (!column(kErrorPayload).is_null(row)) {
        out.append(" (payload ").append(shown(column(kErrorPayload).text(row))).append(")");
    }
    return out;
}

}  // namespace weir::host
