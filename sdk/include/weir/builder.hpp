// Building columns and batches in the host's memory.
//
// A ColumnBuilder serves every type; its caller appends by the form that fits the type (asserted). One user
// at a time. finish hands the memory over as an ArrowArray and leaves the builder empty, ready to build on.
#pragma once

#include <cassert>
#include <cstring>
#include <deque>
#include <string_view>
#include <vector>

#include <weir/abi.h>
#include <weir/column.hpp>
#include <weir/memory.hpp>
#include <weir/types.hpp>

namespace weir {

class ColumnBuilder {
public:
    explicit ColumnBuilder(Type type);

    const Type &type() const { return type_; }
    int64_t size() const { return length_; }

    void reserve(int64_t rows) {
        if (size_t width = value_width(type_.id)) values_.reserve(static_cast<size_t>(rows) * width);
        if (has_offsets()) offsets_.reserve(static_cast<size_t>(rows + 1) * sizeof(int32_t));
    }
    // REQUIRES: sizeof(T) is the type's width.
    template <class T>
    void append(T value) {
        assert(sizeof(T) == value_width(type_.id));
        values_.push(value);
        count(true);
    }
    // Room for n values without nulls, which the caller fills at once.
    template <class T>
    T *append_n(int64_t n) {
        assert(sizeof(T) == value_width(type_.id) && !validity_.size());
        size_t old = values_.size();
        values_.resize(old + static_cast<size_t>(n) * sizeof(T));
        length_ += n;
        return reinterpret_cast<T *>(values_.data() + old);
    }
    void append_bool(bool value);
    // A value of any integer type, date or timestamp. REQUIRES: it fits.
    void append_integer(int64_t value);
    void append_text(std::string_view bytes);  // string, binary
    void append_null();
    // list, map, struct: append the elements or members to the children first, then close the row.
    ColumnBuilder &child(size_t i) { return children_[i]; }
    void end_row();
    // Row `row` of a column of the same type.
    void append_from(const Column &from, int64_t row);
    // Takes back what was appended behind `rows`: for rows that turn out bad half-way.
    void truncate(int64_t rows);

    void finish(ArrowArray *out);

private:
    bool has_offsets() const {
        return type_.is_text() || type_.id == TypeId::kList || type_.id == TypeId::kMap;
    }
    void count(bool valid);
    void push_offset();

    Type type_;
    Buffer validity_, values_, offsets_;  // validity stays empty until the first null
    std::deque<ColumnBuilder> children_;
    int64_t length_ = 0, nulls_ = 0;
};

// A builder a column. finish gives the struct array that emit wants.
class BatchBuilder {
public:
    explicit BatchBuilder(const Schema &schema) {
        for (const Field &f : schema.fields) columns_.emplace_back(f.type);
    }
    ColumnBuilder &column(size_t i) { return columns_[i]; }
    size_t columns() const { return columns_.size(); }
    // Rows that are complete in all columns. REQUIRES for finish: all columns have that many.
    int64_t rows() const { return columns_.empty() ? rows_ : columns_[0].size(); }
    void set_rows(int64_t rows) { rows_ = rows; }  // for schemas without columns
    void finish(ArrowArray *out);

private:
    std::deque<ColumnBuilder> columns_;
    int64_t rows_ = 0;
};

// Makes a struct array of `rows` rows out of arrays that it takes over (sets their release NULL).
void make_struct(std::vector<ArrowArray> children, int64_t rows, ArrowArray *out);

// A batch of the given rows of a struct array, in that order.
void gather(const Schema &schema, const ArrowArray &from, const int32_t *rows, int64_t n, ArrowArray *out);

}  // namespace weir

#include <weir/detail/builder_values.hpp>
#ifndef WEIR_SDK_COMPILED
#include <weir/detail/builder_impl.hpp>
#endif
