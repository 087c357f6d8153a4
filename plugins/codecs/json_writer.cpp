#include "json_writer.hpp"

#include <charconv>
#include <cmath>
#include <cstring>

#include <weir/row_json.hpp>

#include "record_builder.hpp"

namespace weir::codecs {
namespace {

constexpr size_t kBlock = 16;
constexpr size_t kLongestInteger = 20;
constexpr size_t kLongestScalar = 48;  // numbers, dates and times with quotes

// Where the next bytes go, with so much room behind.
char *room(Buffer &out, size_t bytes) {
    if (out.capacity() - out.size() < bytes) out.reserve(out.size() + bytes);
    return reinterpret_cast<char *>(out.data()) + out.size();
}

void set_end(Buffer &out, const char *end) {
    out.resize(static_cast<size_t>(end - reinterpret_cast<char *>(out.data())));
}

bool is_plain(std::string_view text) {
    for (char c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\' || c == 0x7F) return false;
    return true;
}

bool is_finite(const Column &column, int64_t row) {
    return column.type().id == TypeId::kFloat32 ? std::isfinite(column.value<float>(row)) : std::isfinite(column.value<double>(row));
}

}  // namespace

void JsonWriter::bind(const Schema &rows, bool tombstones) {
    schema_ = rows;
    tombstones_ = tombstones;
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
        if (tombstones_ && all_null(columns, row)) {
            out.end_null();
            continue;
        }
        char *to = room(bytes, row_room_);
        if (columns.empty()) *to++ = '{';
        const Field *bad = nullptr;
        const char *why = nullptr;
        for (size_t i = 0; i < columns.size() && !bad; ++i) {
            const Column &column = columns[i];
            const Prefix &prefix = prefixes_[i];
            for (size_t at = 0; at < prefix.length; at += kBlock) std::memcpy(to + at, prefix.padded.data() + at, kBlock);
            to += prefix.length;
            if (column.type().is_signed_integer() && !column.is_null(row)) {
                to = std::to_chars(to, to + kLongestInteger, column.integer(row)).ptr;
                continue;
            }
            set_end(bytes, to);
            if ((why = append(column, row, bytes))) bad = &schema_.fields[i];
            to = room(bytes, row_room_);
        }
        if (bad) {
            out.fail_row(bad->name, why);
            continue;
        }
        *to++ = '}';
        set_end(bytes, to);
        out.end_row();
    }
}

const char *JsonWriter::append(const Column &column, int64_t row, Buffer &out) {
    const TypeId id = column.type().id;
    if (column.is_null(row)) {
        out.append("null", 4);
        return nullptr;
    }
    if (id == TypeId::kString) {
        const std::string_view text = column.text(row);
        if (is_plain(text) && is_utf8(text)) {
            char *to = room(out, text.size() + 2);
            *to++ = '"';
            if (!text.empty()) std::memcpy(to, text.data(), text.size());
            to[text.size()] = '"';
            set_end(out, to + text.size() + 1);
            return nullptr;
        }
    } else if (id == TypeId::kTimestamp && form_.kind == TimeForm::kIso && has_text(column, row, form_)) {
        char *to = room(out, kLongestScalar);
        *to++ = '"';
        to = detail::put_timestamp(to, column.value<int64_t>(row));
        *to++ = '"';
        set_end(out, to);
        return nullptr;
    } else if (id == TypeId::kDecimal128 || id == TypeId::kBool || id == TypeId::kUint64) {
        write_scalar(out, column, row, form_);
        return nullptr;
    }
    scratch_.clear();
    const char *why = append_nested(column, row, scratch_);
    out.append(scratch_.data(), scratch_.size());
    return why;
}

// As append_json_value, but for timestamps and what is not finite, at any depth.
const char *JsonWriter::append_nested(const Column &column, int64_t row, std::string &out) const {
    const Type &type = column.type();
    const bool number = type.id == TypeId::kFloat32 || type.id == TypeId::kFloat64;
    if (!column.is_null(row) && number && !is_finite(column, row)) return "JSON has no form for NaN and infinities";
    if (!column.is_null(row) && !has_text(column, row, form_)) return kYearRange;
    if (column.is_null(row) || (type.id != TypeId::kTimestamp && !type.is_nested())) {
        append_json_value(out, column, row);
        return nullptr;
    }
    if (type.id == TypeId::kTimestamp) {
        Buffer text;
        write_scalar(text, column, row, form_);
        const std::string_view written(reinterpret_cast<const char *>(text.data()), text.size());
        if (form_.is_number()) out += written;
        else append_json_string(out, written);
        return nullptr;
    }
    const char *why = nullptr;
    auto note = [&why](const char *other) { why = why ? why : other; };
    if (type.id == TypeId::kStruct) {
        for (size_t i = 0; i < type.children.size(); ++i) {
            out += i ? ',' : '{';
            append_json_string(out, type.children[i].name);
            out += ':';
            note(append_nested(column.child(i), row, out));
        }
        out += type.children.empty() ? "{}" : "}";
        return why;
    }
    const bool map = type.id == TypeId::kMap;
    out += map ? '{' : '[';
    for (int32_t at = column.begin_of(row); at < column.end_of(row); ++at) {
        if (at != column.begin_of(row)) out += ',';
        if (map) {
            std::string key;
            note(append_nested(column.child(0), at, key));
            if (key.starts_with('"'))
                out += key;
            else
                append_json_string(out, key);
            out += ':';
        }
        note(append_nested(column.child(map ? 1 : 0), at, out));
    }
    out += map ? '}' : ']';
    return why;
}

}  // namespace weir::codecs
