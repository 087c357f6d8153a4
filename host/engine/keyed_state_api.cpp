#include "host/engine/keyed_state_api.hpp"

#include <fmt/format.h>

#include "host/engine/instance.hpp"

namespace weir::host {

namespace {

// Only rows that the host has keyed find their state.
bool is_keyed(Instance& instance, const char* what) {
    const uint32_t flags = instance.descriptor().flags;
    if ((flags & WEIR_OP_KEYED) && !(flags & WEIR_OP_OWN_KEY)) return true;
    return instance.make_keyed()
        .fail(Status::config("", fmt::format("`{}` has {}, and so must be WEIR_OP_KEYED and leave the key to the topology's `key:`",
                                             instance.descriptor().name, what)))
        .ok();
}

bool has_broadcast(Instance& instance) {
    const weir_operator& op = instance.descriptor();
    for (uint32_t i = 0; i < op.n_inputs; ++i)
        if (op.inputs[i].flags & WEIR_PORT_BROADCAST) return true;
    return instance.make_keyed()
        .fail(Status::config("", fmt::format("`{}` has state for all instances, and no input with WEIR_PORT_BROADCAST to change it by",
                                             op.name)))
        .ok();
}

int32_t declare(weir_context* context, const weir_state_spec* spec) {
    Instance& instance = Instance::of(context);
    const bool fits = spec->flags & WEIR_STATE_FOR_ALL ? has_broadcast(instance) : is_keyed(instance, "keyed state");
    return fits ? instance.make_keyed().declare(*spec) : WEIR_E_CONFIG;
}

int32_t resolve_broadcast(weir_context* context, uint32_t state, const weir_str* keys, uint64_t n, uint32_t flags, void** slots) {
    KeyedState* keyed = Instance::of(context).keyed();
    return keyed && keys && slots ? keyed->resolve_broadcast(state, {keys, n}, flags, slots) : WEIR_E_UNSUPPORTED;
}

int32_t scan_broadcast(weir_context* context, uint32_t state, void* data, int32_t (*each)(void*, weir_str, const void*)) {
    KeyedState* keyed = Instance::of(context).keyed();
    return keyed && each ? keyed->scan_broadcast(state, data, each) : WEIR_E_UNSUPPORTED;
}

int32_t resolve_items(weir_context* context, uint32_t state, const weir_batch* batch, const weir_state_item* items, uint64_t n,
                      uint32_t flags, void** slots) {
    KeyedState* keyed = Instance::of(context).keyed();
    return keyed && batch && slots ? keyed->resolve_items(state, *batch, items, n, flags, slots) : WEIR_E_UNSUPPORTED;
}

int32_t declare_timers(weir_context* context) {
    Instance& instance = Instance::of(context);
    if (!is_keyed(instance, "timers")) return WEIR_E_CONFIG;
    instance.make_keyed().declare_timers();
    return WEIR_OK;
}

int32_t set_timer(weir_context* context, uint32_t clock, const weir_batch* batch, int64_t row, int64_t time) {
    KeyedState* keyed = Instance::of(context).keyed();
    return keyed && batch ? keyed->set_timer(clock, *batch, row, time, true) : WEIR_E_UNSUPPORTED;
}

int32_t delete_timer(weir_context* context, uint32_t clock, const weir_batch* batch, int64_t row, int64_t time) {
    KeyedState* keyed = Instance::of(context).keyed();
    return keyed && batch ? keyed->set_timer(clock, *batch, row, time, false) : WEIR_E_UNSUPPORTED;
}

int32_t advance_watermark(weir_context* context, int64_t time) { return Instance::of(context).advance_watermark(time); }

int32_t resolve(weir_context* context, uint32_t state, const weir_batch* batch, const int64_t* times, uint32_t flags,
                void** slots) {
    KeyedState* keyed = Instance::of(context).keyed();
    return keyed && batch && slots ? keyed->resolve(state, *batch, times, flags, slots) : WEIR_E_UNSUPPORTED;
}

int32_t erase(weir_context* context, uint32_t state, void* slot) {
    KeyedState* keyed = Instance::of(context).keyed();
    return keyed ? keyed->erase(state, slot) : WEIR_E_UNSUPPORTED;
}

int32_t set_bytes(weir_context* context, uint32_t state, weir_state_bytes* field, weir_str bytes) {
    KeyedState* keyed = Instance::of(context).keyed();
    return keyed ? keyed->set_bytes(state, field, bytes) : WEIR_E_UNSUPPORTED;
}

}  // namespace

const weir_state_api& keyed_state_api() {
    static const weir_state_api api = [] {
        weir_state_api made{};
        made.size = sizeof made;
        made.declare = declare;
        made.resolve = resolve;
        made.resolve_items = resolve_items;
        made.declare_timers = declare_timers;
        made.set_timer = set_timer;
        made.delete_timer = delete_timer;
        made.advance_watermark = advance_watermark;
        made.erase = erase;
        made.set_bytes = set_bytes;
        made.resolve_broadcast = resolve_broadcast;
        made.scan_broadcast = scan_broadcast;
        return made;
    }();
    return api;
}

}  // namespace weir::host
