// Definitions for weir/operator.hpp.
#pragma once

#include <weir/detail/linkage.hpp>
#include <weir/operator.hpp>

namespace weir {

WEIR_INLINE bool Context::emit_derived(uint32_t port, ArrowArray rows, const weir_batch &parent,
                                  std::span<const int32_t> parent_rows) {
    weir_batch batch = make(rows, parent.split);
    if (weir_origin *origin = parent.origin) {
        origin->retain(origin);
        batch.origin = origin;
        // Row numbers of the origin, through the parent's own mapping where it has one.
        if (parent.origin_rows || !parent_rows.empty()) {
            auto n = static_cast<size_t>(batch.rows);
            Buffer map;
            map.resize(n * sizeof(int32_t));
            for (size_t i = 0; i < n; ++i) {
                int32_t row = parent_rows.empty() ? static_cast<int32_t>(i) : parent_rows[i];
                map.as<int32_t>()[i] = parent.origin_rows ? parent.origin_rows[row] : row;
            }
            batch.origin_rows = reinterpret_cast<const int32_t *>(map.release());
        }
    }
    return emit_raw(port, batch);
}

WEIR_INLINE bool Context::emit_with_origin(uint32_t port, ArrowArray rows, uint64_t split, weir_origin *origin,
                                      std::span<const int32_t> origin_rows) {
    weir_batch batch = make(rows, split);
    batch.origin = origin;
    batch.origin_rows = copy_rows(origin_rows);
    return emit_raw(port, batch);
}

WEIR_INLINE void Context::fail(const weir_batch &batch, std::span<const RowError> errors) {
    if (errors.empty()) return;
    std::vector<weir_row_error> raw;
    raw.reserve(errors.size());
    for (const RowError &e : errors)
        raw.push_back({sizeof(weir_row_error), 0, e.row, to_abi(e.code), to_abi(e.field), to_abi(e.message)});
    raw_->fail_rows(raw_, &batch, raw.data(), raw.size());
}

WEIR_INLINE bool Binding::wanted(uint32_t port, std::string_view column) const {
    const weir_bind_output &out = raw_->outputs[port];
    if (out.n_columns == WEIR_OFFERED_COLUMNS) return true;
    if (out.n_columns == WEIR_ALL_COLUMNS) return !is_metadata_column(column);
    for (uint64_t i = 0; i < out.n_columns; ++i)
        if (view(out.columns[i]) == column) return true;
    return false;
}

WEIR_INLINE Instance::~Instance() = default;

namespace detail {

WEIR_INLINE int32_t InstanceCalls::bind(void *self, const weir_bind *raw, weir_error *error) {
    return guarded(error, [&]() -> Status {
        std::vector<Schema> inputs;
        for (uint32_t i = 0; i < raw->n_inputs; ++i) {
            auto schema = import_schema(*raw->inputs[i].schema);
            if (!schema) return schema.status();
            inputs.push_back(std::move(*schema));
        }
        instance(self)->set_input_schemas(inputs);
        return instance(self)->bind(Binding(raw, std::move(inputs)));
    });
}

WEIR_INLINE int32_t InstanceCalls::restore(void *s, const weir_state_block *b, weir_error *e) {
    return guarded(e, [&] { return instance(s)->restore(*b); });
}

WEIR_INLINE int32_t InstanceCalls::open(void *s, weir_error *e) { return guarded(e, [&] { return instance(s)->open(); }); }

WEIR_INLINE int32_t InstanceCalls::process(void *s, const weir_batch *b, uint32_t input, weir_error *e) {
    return guarded(e, [&] {
        return instance(s)->process(BatchView(*b, instance(s)->input_schema(input)), input);
    });
}

WEIR_INLINE int32_t InstanceCalls::resume(void *s, uint64_t budget, weir_error *e) {
    return guarded(e, [&] { return instance(s)->resume(budget); });
}

WEIR_INLINE int32_t InstanceCalls::on_watermark(void *s, int64_t time, weir_error *e) {
    return guarded(e, [&] { return instance(s)->on_watermark(time); });
}

WEIR_INLINE int32_t InstanceCalls::on_timers(void *s, uint32_t clock, const weir_batch *keys, const int64_t *times, weir_error *e) {
    return guarded(e, [&]() -> Status {
        auto schema = import_schema(*keys->schema);
        return schema ? instance(s)->on_timers(clock, BatchView(*keys, *schema), times) : schema.status();
    });
}

WEIR_INLINE int32_t InstanceCalls::on_wake(void *s, weir_error *e) { return guarded(e, [&] { return instance(s)->on_wake(); }); }

WEIR_INLINE int32_t InstanceCalls::finish(void *s, weir_error *e) { return guarded(e, [&] { return instance(s)->finish(); }); }

WEIR_INLINE int32_t InstanceCalls::snapshot(void *s, const weir_snapshot *out, weir_error *e) {
    return guarded(e, [&] { return instance(s)->snapshot(*out); });
}

WEIR_INLINE int32_t InstanceCalls::reconfigure(void *s, weir_str config, weir_error *e) {
    return guarded(e, [&]() -> Status {
        auto parsed = Config::parse(view(config));
        return parsed ? instance(s)->reconfigure(*parsed) : parsed.status();
    });
}

WEIR_INLINE int32_t InstanceCalls::migrate(void *s, const weir_state_block *b, const weir_snapshot *out, weir_error *e) {
    return guarded(e, [&] { return instance(s)->migrate(*b, *out); });
}

WEIR_INLINE int32_t InstanceCalls::rekey(void *s, const weir_state_block *b, const weir_snapshot *out, weir_error *e) {
    return guarded(e, [&] { return instance(s)->rekey(*b, *out); });
}

WEIR_INLINE void InstanceCalls::cancel(void *s) { instance(s)->cancel(); }

WEIR_INLINE int32_t InstanceCalls::close(void *s, weir_error *e) { return guarded(e, [&] { return instance(s)->close(); }); }

WEIR_INLINE void InstanceCalls::destroy(void *s) { delete instance(s); }

WEIR_INLINE int32_t InstanceCalls::compute_key(void *s, const weir_batch *b, uint32_t input, uint64_t *hashes, weir_error *e) {
    return guarded(e, [&] {
        return instance(s)->compute_key(BatchView(*b, instance(s)->input_schema(input)), input, hashes);
    });
}

WEIR_INLINE int32_t InstanceCalls::prepare(void *s, uint64_t epoch, const weir_bytes_out *out, weir_error *e) {
    return guarded(e, [&] { return instance(s)->prepare(epoch, *out); });
}

WEIR_INLINE int32_t InstanceCalls::commit(void *s, uint64_t epoch, weir_str committable, const weir_bytes_out *instead, weir_error *e) {
    return guarded(e, [&] { return instance(s)->commit(epoch, view(committable), *instead); });
}

WEIR_INLINE int32_t InstanceCalls::discover(void *s, const weir_bytes_out *ids, weir_error *e) {
    return guarded(e, [&] { return instance(s)->discover(*ids); });
}

WEIR_INLINE int32_t InstanceCalls::assign(void *s, uint64_t split, weir_str id, weir_str position, weir_error *e) {
    return guarded(e, [&] { return instance(s)->assign(split, view(id), position); });
}

WEIR_INLINE int32_t InstanceCalls::revoke(void *s, uint64_t split, weir_error *e) {
    return guarded(e, [&] { return instance(s)->revoke(split); });
}

WEIR_INLINE int32_t InstanceCalls::poll(void *s, uint64_t split, uint64_t rows, uint64_t bytes, weir_error *e) {
    return guarded(e, [&] { return instance(s)->poll(split, rows, bytes); });
}

WEIR_INLINE int32_t InstanceCalls::position(void *s, uint64_t split, const weir_bytes_out *out, weir_error *e) {
    return guarded(e, [&] { return instance(s)->position(split, *out); });
}

WEIR_INLINE int32_t InstanceCalls::on_epoch_committed(void *s, uint64_t epoch, const weir_position *positions, uint64_t n, weir_error *e) {
    return guarded(e, [&] { return instance(s)->on_epoch_committed(epoch, {positions, n}); });
}

WEIR_INLINE int32_t InstanceCalls::check(void *s, const weir_check *c, weir_error *e) {
    return guarded(e, [&] { return instance(s)->check_outside(Check(*c)); });
}

}  // namespace detail
}  // namespace weir
