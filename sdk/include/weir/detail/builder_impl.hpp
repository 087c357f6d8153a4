// Definitions for weir/builder.hpp: what runs for each column.
#pragma once

#include <weir/builder.hpp>
#include <weir/detail/linkage.hpp>

namespace weir {
namespace detail {

struct ArrayStore {
    const void *buffers[3] = {nullptr, nullptr, nullptr};
    std::vector<ArrowArray> children;
    std::vector<ArrowArray *> pointers;
};

WEIR_INLINE void release_array(ArrowArray *array) {
    auto *store = static_cast<ArrayStore *>(array->private_data);
    for (const void *buffer : store->buffers)
        if (buffer) plugin_host().free(const_cast<void *>(buffer));
    for (auto &child : store->children)
        if (child.release) child.release(&child);
    delete store;
    array->release = nullptr;
}

WEIR_INLINE void fill_array(ArrayStore *store, int64_t length, int64_t nulls, int64_t n_buffers, ArrowArray *out) {
    store->pointers.clear();
    for (auto &child : store->children) store->pointers.push_back(&child);
    *out = ArrowArray{};
    out->length = length;
    out->null_count = nulls;
    out->n_buffers = n_buffers;
    out->n_children = static_cast<int64_t>(store->children.size());
    out->buffers = store->buffers;
    out->children = store->pointers.data();
    out->release = release_array;
    out->private_data = store;
}

}  // namespace detail

WEIR_INLINE ColumnBuilder::ColumnBuilder(Type type) : type_(std::move(type)) {
    for (const Field &f : type_.children) children_.emplace_back(f.type);
}

WEIR_INLINE void ColumnBuilder::append_from(const Column &from, int64_t row) {
    if (from.is_null(row)) return append_null();
    switch (type_.id) {
        case TypeId::kBool: return append_bool(from.bool_value(row));
        case TypeId::kString:
        case TypeId::kBinary: return append_text(from.text(row));
        case TypeId::kStruct:
            for (size_t i = 0; i < children_.size(); ++i) children_[i].append_from(from.child(i), row);
            return end_row();
        case TypeId::kList:
        case TypeId::kMap:
            for (int32_t at = from.begin_of(row); at < from.end_of(row); ++at)
                for (size_t i = 0; i < children_.size(); ++i) children_[i].append_from(from.child(i), at);
            return end_row();
        default: {
            size_t width = value_width(type_.id);
            values_.append(from.values<char>() + static_cast<size_t>(row) * width, width);
            count(true);
        }
    }
}

WEIR_INLINE void ColumnBuilder::truncate(int64_t rows) {
    auto n = static_cast<size_t>(rows < length_ ? rows : length_);
    for (auto i = static_cast<int64_t>(n); nulls_ && i < length_; ++i)
        if (!((validity_.data()[i >> 3] >> (i & 7)) & 1)) --nulls_;
    if (validity_.size()) validity_.resize((n + 7) / 8);
    if (type_.id == TypeId::kBool) values_.resize((n + 7) / 8);
    if (size_t width = value_width(type_.id)) values_.resize(n * width);
    auto end = static_cast<int64_t>(n);
    if (has_offsets()) {
        end = n ? offsets_.as<int32_t>()[n] : 0;
        offsets_.resize(n ? (n + 1) * sizeof(int32_t) : 0);
        if (type_.is_text()) values_.resize(static_cast<size_t>(end));
    }
    // Also where this column has no row too many: its children may, of a row that was not ended.
    for (auto &c : children_) c.truncate(end);
    length_ = static_cast<int64_t>(n);
}

WEIR_INLINE void ColumnBuilder::finish(ArrowArray *out) {
    auto *store = new detail::ArrayStore;
    int64_t n_buffers = type_.id == TypeId::kStruct ? 1 : type_.is_text() ? 3 : 2;
    if (nulls_) store->buffers[0] = validity_.release();
    if (has_offsets()) {
        if (!offsets_.size()) offsets_.push(int32_t{0});
        store->buffers[1] = offsets_.release();
        if (type_.is_text()) store->buffers[2] = values_.release();
    } else if (type_.id != TypeId::kStruct) {
        store->buffers[1] = values_.release();
    }
    for (auto &c : children_) c.finish(&store->children.emplace_back());
    if (type_.id == TypeId::kMap) {  // one child: the struct of keys and values
        int64_t entries = store->children[0].length;
        ArrowArray both;
        make_struct(std::move(store->children), entries, &both);
        store->children = {both};
    }
    detail::fill_array(store, length_, nulls_, n_buffers, out);
    validity_.resize(0);
    length_ = nulls_ = 0;
}

WEIR_INLINE void BatchBuilder::finish(ArrowArray *out) {
    std::vector<ArrowArray> arrays(columns_.size());
    int64_t n = rows();
    for (size_t i = 0; i < arrays.size(); ++i) {
        assert(columns_[i].size() == n);
        columns_[i].finish(&arrays[i]);
    }
    rows_ = 0;
    make_struct(std::move(arrays), n, out);
}

WEIR_INLINE void make_struct(std::vector<ArrowArray> children, int64_t rows, ArrowArray *out) {
    auto *store = new detail::ArrayStore;
    store->children = std::move(children);
    detail::fill_array(store, rows, 0, 1, out);
}

WEIR_INLINE void gather(const Schema &schema, const ArrowArray &from, const int32_t *rows, int64_t n,
                   ArrowArray *out) {
    BatchBuilder builder(schema);
    for (size_t c = 0; c < schema.size(); ++c) {
        Column column(from.children[c], &schema.fields[c].type);
        builder.column(c).reserve(n);
        for (int64_t i = 0; i < n; ++i) builder.column(c).append_from(column, rows[i]);
    }
    builder.set_rows(n);
    builder.finish(out);
}

}  // namespace weir
