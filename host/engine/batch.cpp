#include "host/engine/batch.hpp"

#include <cstring>

#include <fmt/format.h>

#include <weir/builder.hpp>
#include <weir/memory.hpp>

namespace weir::host {

namespace {

// Bytes of a column's buffers, as far as its lengths tell.
int64_t column_bytes(const ArrowSchema& schema, const ArrowArray& array) {
    int64_t bytes = array.null_count ? array.length / 8 : 0;
    const char* format = schema.format;
    switch (format[0]) {
        case 'b': bytes += array.length / 8; break;
        case 'c':
        case 'C': bytes += array.length; break;
        case 's':
        case 'S': bytes += array.length * 2; break;
        case 'i':
        case 'I':
        case 'f': bytes += array.length * 4; break;
        case 'l':
        case 'L':
        case 'g': bytes += array.length * 8; break;
        case 'd': bytes += array.length * 16; break;
        case 't': bytes += array.length * (format[1] == 'd' ? 4 : 8); break;
        case 'u':
        case 'z': {
            bytes += (array.length + 1) * 4;
            if (array.length) bytes += static_cast<const int32_t*>(array.buffers[1])[array.length];
            break;
        }
        default:
            if (format[1] != 's') bytes += (array.length + 1) * 4;
            for (int64_t i = 0; i < array.n_children; ++i)
                bytes += column_bytes(*schema.children[i], *array.children[i]);
    }
    return bytes;
}

int64_t buffers_of(const char* format) {
    if (format[0] == '+') return format[1] == 's' ? 1 : 2;
    return format[0] == 'u' || format[0] == 'z' ? 3 : 2;
}

bool has_offsets(const char* format) {
    return format[0] == 'u' || format[0] == 'z' || (format[0] == '+' && format[1] != 's');
}

// Whether n + 1 offsets begin at 0 and never go back.
bool are_ascending(const int32_t* offsets, int64_t n) {
    bool good = offsets[0] == 0;
    for (int64_t i = 0; i < n; ++i) good &= offsets[i] <= offsets[i + 1];
    return good;
}

std::string column_fault(const ArrowSchema& schema, const ArrowArray& array, int64_t rows) {
    const char* name = schema.name ? schema.name : "";
    if (array.length != rows || array.offset != 0)
        return fmt::format("column `{}` has length {} and offset {}, not {} and 0", name, array.length,
                           array.offset, rows);
    if (array.n_buffers != buffers_of(schema.format) || array.n_children != schema.n_children)
        return fmt::format("column `{}` has {} buffers and {} children, which is not format `{}`", name,
                           array.n_buffers, array.n_children, schema.format);
    if (array.n_children > 0 && !array.children) return fmt::format("column `{}` has no children", name);
    if (array.null_count < 0 || (array.null_count > 0 && !array.buffers[0]))
        return fmt::format("column `{}` has a null count of {} without a validity buffer", name, array.null_count);
    if (!array.buffers) return fmt::format("column `{}` has no buffers", name);
    for (int64_t b = 1; b < array.n_buffers; ++b)
        if (!array.buffers[b] && rows) return fmt::format("column `{}` lacks buffer {}", name, b);
    if (rows && has_offsets(schema.format) && !are_ascending(static_cast<const int32_t*>(array.buffers[1]), rows))
        return fmt::format("column `{}` has offsets that do not ascend from 0", name);
    if (schema.format[0] != '+' || !rows) return {};
    int64_t inner = rows;
    if (schema.format[1] != 's') inner = static_cast<const int32_t*>(array.buffers[1])[rows];
    for (int64_t i = 0; i < schema.n_children; ++i) {
        if (!array.children[i]) return fmt::format("column `{}` lacks child {}", name, i);
        auto fault = column_fault(*schema.children[i], *array.children[i], inner);
        if (!fault.empty()) return fault;
    }
    return {};
}

}  // namespace

std::string shape_fault(const ArrowSchema& schema, const ArrowArray& array, int64_t rows) {
    if (rows < 0) return fmt::format("it has {} rows", rows);
    if (!array.release) return "the array was released already";
    if (array.length != rows || array.offset != 0 || array.null_count != 0)
        return fmt::format("the struct has length {}, offset {} and {} nulls, not {}, 0 and 0", array.length,
                           array.offset, array.null_count, rows);
    if (array.n_children != schema.n_children)
        return fmt::format("the batch has {} columns, its port {}", array.n_children, schema.n_children);
    if (array.n_children > 0 && !array.children) return "the batch has no children";
    for (int64_t i = 0; i < schema.n_children; ++i) {
        const ArrowSchema& column = *schema.children[i];
        if (!array.children[i]) return fmt::format("column `{}` is missing", column.name);
        auto fault = column_fault(column, *array.children[i], rows);
        if (!fault.empty()) return fault;
        if (array.children[i]->null_count > 0 && !(column.flags & ARROW_FLAG_NULLABLE))
            return fmt::format("column `{}` has {} nulls, but its type is not nullable", column.name,
                               array.children[i]->null_count);
    }
    return {};
}

HostBatch* HostBatch::take(weir_batch* emitted, const ArrowSchema* schema, uint64_t* hashes) {
    auto* batch = new HostBatch;
    batch->array_ = *emitted->array;
    emitted->array->release = nullptr;
    batch->view_ = *emitted;
    batch->view_.size = sizeof(weir_batch);
    batch->view_.schema = schema;
    batch->view_.array = &batch->array_;
    batch->view_.handle = batch;
    batch->view_.bytes = 0;
    batch->view_.hashes = hashes;
    for (int64_t i = 0; i < schema->n_children; ++i)
        batch->view_.bytes += column_bytes(*schema->children[i], *batch->array_.children[i]);
    emitted->origin = nullptr;
    emitted->origin_rows = nullptr;
    return batch;
}

void HostBatch::discard(weir_batch* emitted) {
    if (HostBatch* held = of(*emitted)) {
        held->release();
    } else {
        if (emitted->array && emitted->array->release) emitted->array->release(emitted->array);
        if (emitted->origin) emitted->origin->release(emitted->origin);
        if (emitted->origin_rows) plugin_host().free(const_cast<int32_t*>(emitted->origin_rows));
    }
    *emitted = weir_batch{};
}

HostBatch* HostBatch::with_hashes(HostBatch* base, uint64_t* hashes) {
    auto* batch = new HostBatch;
    base->retain();
    batch->base_ = base;
    batch->view_ = base->view_;
    batch->view_.handle = batch;
    batch->view_.hashes = hashes;
    return batch;
}

HostBatch* HostBatch::choose(const HostBatch& from, const Schema& types, std::span<const int32_t> rows) {
    const weir_batch& batch = from.view();
    ArrowArray array{};
    gather(types, *batch.array, rows.data(), static_cast<int64_t>(rows.size()), &array);
    weir_batch made{};
    made.rows = static_cast<int64_t>(rows.size());
    made.split = batch.split;
    made.array = &array;
    if (batch.origin) {
        batch.origin->retain(batch.origin);
        made.origin = batch.origin;
        auto* origin_rows = static_cast<int32_t*>(plugin_host().alloc(rows.size() * sizeof(int32_t)));
        for (size_t i = 0; i < rows.size(); ++i) origin_rows[i] = batch.origin_rows ? batch.origin_rows[rows[i]] : rows[i];
        made.origin_rows = origin_rows;
    }
    return take(&made, batch.schema);
}

HostBatch::~HostBatch() {
    if (view_.hashes) plugin_host().free(const_cast<uint64_t*>(view_.hashes));
    if (base_) {
        base_->release();
        return;
    }
    if (array_.release) array_.release(&array_);
    if (view_.origin) view_.origin->release(view_.origin);
    if (view_.origin_rows) plugin_host().free(const_cast<int32_t*>(view_.origin_rows));
}

void HostBatch::release() {
    if (refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
}

void retain_column(HostBatch* batch, int64_t column, ArrowArray* out) {
    batch->retain();
    *out = *batch->view().array->children[column];
    out->private_data = batch;
    out->release = [](ArrowArray* array) {
        static_cast<HostBatch*>(array->private_data)->release();
        array->release = nullptr;
    };
}

}  // namespace weir::host
