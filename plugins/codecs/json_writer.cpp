#include "json_writer.hpp"

#include <charconv>
#include <cstring>

#include <weir/row_json.hpp>

namespace weir::codecs {

namespace {

constexpr size_t kBlock = 16;
constexpr size_t kLongestInteger = 20;

// Where the next bytes go, with so much room behind.
char *room(Buffer &out, size_t bytes) {
    if (out.capacity() - out.size() < bytes) out.reserve(out.size() + bytes);
    return reinterpret_cast<char *>(out.data()) + out.size();
}

void set_end(Buffer &out, const char *end) {
    out.resize(static_cast<size_t>(end - reinterpret_cast<char *>(out.data())));
}

}  // namespace

void JsonWriter::bind(const Schema &rows) {
    schema_ = rows;
    prefixes_.clear();
    row_room_ = kBlock;
    for (const Field &field : rows.fields) {
        std::string prefix = prefixes_.empty() ? "{" : ",";
        append_json_string(prefix, field.name);
        prefix += ':';
        const size_t length = prefix.size();
        prefix.resize((length + kBlock - 1) / kBlock * kBlock);
        row_room_ += prefix.size() + kLongestInteger;
        prefixes_.push_back({std::move(prefix), length});
    }
}

void JsonWriter::write(const ArrowArray &rows, EncodeOutput &out) {
    Buffer &bytes = out.bytes();
    std::vector<Column> columns;
    for (size_t i = 0; i < schema_.size(); ++i) columns.emplace_back(rows.children[i], &schema_.fields[i].type);
    for (int64_t row = 0; row < rows.length; ++row) {
        char *to = room(bytes, row_room_);
        if (columns.empty()) *to++ = '{';
        for (size_t i = 0; i < columns.size(); ++i) {
            const Column &column = columns[i];
            const Prefix &prefix = prefixes_[i];
            for (size_t at = 0; at < prefix.length; at += kBlock) std::memcpy(to + at, prefix.padded.data() + at, kBlock);
            to += prefix.length;
            if (column.type().is_signed_integer() && !column.is_null(row)) {
                to = std::to_chars(to, to + kLongestInteger, column.integer(row)).ptr;
                continue;
            }
            set_end(bytes, to);
            scratch_.clear();
            append_value(column, row, scratch_);
            bytes.append(scratch_.data(), scratch_.size());
            to = room(bytes, row_room_);
        }
        *to++ = '}';
        set_end(bytes, to);
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
