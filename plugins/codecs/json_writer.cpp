#include "json_writer.hpp"

#include <charconv>

#include <weir/row_json.hpp>

namespace weir::codecs {

void JsonWriter::bind(const Schema &rows) {
    schema_ = rows;
    prefixes_.clear();
    for (const Field &field : rows.fields) {
        std::string &prefix = prefixes_.emplace_back(prefixes_.empty() ? "{" : ",");
        append_json_string(prefix, field.name);
        prefix += ':';
    }
}

void JsonWriter::write(const ArrowArray &rows, EncodeOutput &out) {
    Buffer &bytes = out.bytes();
    std::vector<Column> columns;
    for (size_t i = 0; i < schema_.size(); ++i) columns.emplace_back(rows.children[i], &schema_.fields[i].type);
    for (int64_t row = 0; row < rows.length; ++row) {
        for (size_t i = 0; i < columns.size(); ++i) {
            const Column &column = columns[i];
            bytes.append(prefixes_[i].data(), prefixes_[i].size());
            if (column.type().is_signed_integer() && !column.is_null(row)) {
                write_integer(bytes, column.integer(row));
                continue;
            }
            scratch_.clear();
            append_value(column, row, scratch_);
            bytes.append(scratch_.data(), scratch_.size());
        }
        bytes.append(columns.empty() ? "{}" : "}", columns.empty() ? 2 : 1);
        out.end_row();
    }
}

// As append_json_value, but for timestamps, at any depth.
void JsonWriter::append_value(const Column &column, int64_t row, std::string &out) const {
    const Type &type = column.type();
    const bool epoch = form_ != TimestampForm::kIso;
    if (!epoch || column.is_null(row) || (type.id != TypeId::kTimestamp && !type.is_nested()))
        return append_json_value(out, column, row);
    if (type.id == TypeId::kTimestamp) {
        Buffer number;
        write_scalar(number, column, row, form_);
        out.append(reinterpret_cast<const char *>(number.data()), number.size());
        return;
    }
    if (type.id == TypeId::kStruct) {
        for (size_t i = 0; i < type.children.size(); ++i) {
            out += i ? ',' : '{';
            append_json_string(out, type.children[i].name);
            out += ':';
            append_value(column.child(i), row, out);
        }
        out += type.children.empty() ? "{}" : "}";
        return;
    }
    const bool map = type.id == TypeId::kMap;
    out += map ? '{' : '[';
    for (int32_t at = column.begin_of(row); at < column.end_of(row); ++at) {
        if (at != column.begin_of(row)) out += ',';
        if (map) {
            std::string key;
            append_value(column.child(0), at, key);
            if (key.starts_with('"'))
                out += key;
            else
                append_json_string(out, key);
            out += ':';
        }
        append_value(column.child(map ? 1 : 0), at, out);
    }
    out += map ? '}' : ']';
}

}  // namespace weir::codecs
