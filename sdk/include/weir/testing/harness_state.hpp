// Definitions for weir/testing/harness.hpp: extension "weir.state/0", over KeptState.
#pragma once

#include <weir/detail/linkage.hpp>
#include <weir/testing/harness.hpp>

namespace weir::testing {

WEIR_INLINE void Harness::begin_call(const weir_batch *batch, const Schema &schema, bool broadcast) {
    KeptState::Call &call = kept().call_;
    call.batch = batch;
    call.broadcast = broadcast;
    call.now = options_.now;
    call.watermark = watermark_;
    call.keys.clear();
    if (!broadcast && !options_.key.empty()) kept().take_keys(schema, *batch->array, options_.key);
}

WEIR_INLINE Status Harness::fire_timers(uint32_t clock, int64_t upto) {
    std::vector<int64_t> times;
    while (auto rows = kept().take_due(clock, upto, times)) {
        ArrowSchema schema;
        export_schema(kept().key_schema_, &schema);
        weir_batch batch{};
        batch.size = sizeof batch;
        batch.rows = rows->length;
        batch.split = WEIR_NO_SPLIT;
        batch.schema = &schema;
        batch.array = &*rows;
        begin_call(&batch, Schema(kept().key_schema_), false);
        Status status =
            settle_call([&](weir_error *e) { return api().on_timers(self_, clock, &batch, times.data(), e); });
        kept().call_.batch = nullptr;
        rows->release(&*rows);
        schema.release(&schema);
        if (!status.ok()) return status;
    }
    return {};
}

WEIR_INLINE Status Harness::watermark(int64_t time) {
    watermark_ = time;
    if (Status status = fire_timers(WEIR_CLOCK_EVENT, time); !status.ok()) return status;
    return settle_call([&](weir_error *e) { return api().on_watermark ? api().on_watermark(self_, time, e) : WEIR_OK; });
}

WEIR_INLINE Status Harness::finish() {
    if (Status status = fire_timers(WEIR_CLOCK_EVENT, INT64_MAX); !status.ok()) return status;
    return settle_call([&](weir_error *e) { return api().finish ? api().finish(self_, e) : WEIR_OK; });
}

WEIR_INLINE const weir_state_api &Harness::state_api() {
    static const weir_state_api api = [] {
        weir_state_api made{};
        made.size = sizeof made;
        made.declare = [](weir_context *c, const weir_state_spec *spec) { return of(c).kept().declare(*spec); };
        made.resolve = [](weir_context *c, uint32_t number, const weir_batch *batch, const int64_t *times, uint32_t flags,
                          void **slots) -> int32_t {
            KeptState &kept = of(c).kept();
            KeptState::State *state = kept.find(number);
            if (!state || batch != kept.call_.batch || kept.call_.keys.empty()) return WEIR_E_FATAL;
            ++kept.resolve_;
            for (size_t i = 0; i < kept.call_.keys.size(); ++i) {
                const int64_t now = kept.time_of(*state);
                slots[i] = kept.resolve_one(*state, kept.call_.keys[i], times ? std::max(times[i], now) : now, flags);
            }
            return WEIR_OK;
        };
        made.resolve_items = [](weir_context *c, uint32_t number, const weir_batch *batch, const weir_state_item *items,
                                uint64_t n, uint32_t flags, void **slots) -> int32_t {
            KeptState &kept = of(c).kept();
            KeptState::State *state = kept.find(number);
            if (!state || batch != kept.call_.batch) return WEIR_E_FATAL;
            ++kept.resolve_;
            for (uint64_t i = 0; i < n; ++i) {
                const std::string key = kept.call_.keys.at(static_cast<size_t>(items[i].row)) + std::string(view(items[i].key));
                slots[i] = kept.resolve_one(*state, key, kept.time_of(*state), flags);
            }
            return WEIR_OK;
        };
        made.erase = [](weir_context *c, uint32_t number, void *slot) -> int32_t {
            KeptState::State *state = of(c).kept().find(number);
            return state && of(c).kept().erase(*state, slot) ? WEIR_OK : WEIR_E_FATAL;
        };
        made.set_bytes = [](weir_context *c, uint32_t number, weir_state_bytes *field, weir_str bytes) -> int32_t {
            KeptState::State *state = of(c).kept().find(number);
            if (!state) return WEIR_E_FATAL;
            const std::string &text = state->texts.emplace_back(view(bytes));
            *field = {text.empty() ? nullptr : text.data(), text.size()};
            return WEIR_OK;
        };
        made.declare_timers = [](weir_context *) -> int32_t { return WEIR_OK; };
        made.set_timer = [](weir_context *c, uint32_t clock, const weir_batch *, int64_t row, int64_t time) -> int32_t {
            KeptState &kept = of(c).kept();
            kept.timers_.emplace(clock, time, kept.call_.keys.at(static_cast<size_t>(row)));
            return WEIR_OK;
        };
        made.delete_timer = [](weir_context *c, uint32_t clock, const weir_batch *, int64_t row, int64_t time) -> int32_t {
            KeptState &kept = of(c).kept();
            kept.timers_.erase({clock, time, kept.call_.keys.at(static_cast<size_t>(row))});
            return WEIR_OK;
        };
        made.advance_watermark = [](weir_context *c, int64_t time) -> int32_t {
            of(c).watermark_ = std::max(of(c).watermark_, time);
            return WEIR_OK;
        };
        made.resolve_broadcast = [](weir_context *c, uint32_t number, const weir_str *keys, uint64_t n, uint32_t flags,
                                    void **slots) -> int32_t {
            KeptState &kept = of(c).kept();
            KeptState::State *state = kept.find(number);
            if (!state || (!(flags & WEIR_RESOLVE_READ) && !kept.call_.broadcast)) return WEIR_E_FATAL;
            for (uint64_t i = 0; i < n; ++i) slots[i] = kept.resolve_one(*state, std::string(view(keys[i])), INT64_MIN, flags);
            return WEIR_OK;
        };
        made.scan_broadcast = [](weir_context *c, uint32_t number, void *data,
                                 int32_t (*each)(void *, weir_str, const void *)) -> int32_t {
            KeptState &kept = of(c).kept();
            KeptState::State *state = kept.find(number);
            if (!state) return WEIR_E_FATAL;
            for (const auto &[key, entry] : state->entries) {
                if (kept.is_gone(*state, entry, INT64_MIN)) continue;
                if (int32_t code = each(data, to_abi(key), entry.slot.get()); code != WEIR_OK) return code;
            }
            return WEIR_OK;
        };
        return made;
    }();
    return api;
}

}  // namespace weir::testing
