#include "record_builder.hpp"

namespace weir::codecs {

Status check_tombstones(const Schema &record) {
    for (const Field &field : record.fields)
        if (!field.nullable)
            return Status::config("tombstones", "`tombstones: nulls` makes a record without payload a row of nulls, and column " +
                                                    field.name + " is not nullable: declare it as `" + to_string(field.type) +
                                                    "?`");
    return {};
}

bool all_null(const std::vector<Column> &columns, int64_t row) {
    for (const Column &column : columns)
        if (!column.is_null(row)) return false;
    return !columns.empty();
}

RecordBuilder::RecordBuilder(const Schema &schema, const std::vector<std::string> &names, const DecodeInput &in)
    : schema_(schema), names_(names), builders_(schema.size(), nullptr), seen_(schema.size(), 0) {
    for (size_t i = 0; i < schema.size(); ++i) {
        if (!in.wanted(i)) continue;
        builders_[i] = &columns_.emplace_back(schema.fields[i].type);
        builders_[i]->reserve(in.size());
    }
}

size_t RecordBuilder::find(std::string_view name) {
    if (next_ < names_.size() && name == names_[next_]) return next_++;
    for (size_t i = 0; i < names_.size(); ++i)
        if (names_[i] == name) {
            next_ = i + 1;
            return i;
        }
    return kUnknown;
}

bool RecordBuilder::end_row(std::string *field) {
    for (size_t i = 0; n_seen_ < schema_.size() && i < schema_.size(); ++i) {
        if (seen_[i] == row_) continue;
        if (!schema_.fields[i].nullable) {
            *field = schema_.fields[i].name;
            return false;
        }
        if (builders_[i]) builders_[i]->append_null();
    }
    ++rows_;
    next_row();
    return true;
}

void RecordBuilder::add_nulls() {
    for (ColumnBuilder &c : columns_) c.append_null();
    ++rows_;
}

void RecordBuilder::drop_row() {
    for (ColumnBuilder &c : columns_) c.truncate(rows_);
    next_row();
}

void RecordBuilder::finish(ArrowArray *out) {
    std::vector<ArrowArray> arrays(columns_.size());
    for (size_t i = 0; i < arrays.size(); ++i) columns_[i].finish(&arrays[i]);
    make_struct(std::move(arrays), rows_, out);
}

}  // namespace weir::codecs
