#include "host/engine/keyed_state_api.hpp"

#include <fmt/format.h>

#include "host/engine/instance.hpp"

namespace weir::host {

namespace {

int32_t declare(weir_context* context, const weir_state_spec* spec) {
    Instance& instance = Instance::of(context);
    KeyedState& keyed = instance.make_keyed();
    const uint32_t flags = instance.descriptor().flags;
    if (!(flags & WEIR_OP_KEYED) || (flags & WEIR_OP_OWN_KEY))
        return keyed
            .fail(Status::config("", fmt::format("state `{}`: `{}` must be WEIR_OP_KEYED and keyed by the topology's `key:`",
                                                 spec->name ? spec->name : "", instance.descriptor().name)))
            .code();
    return keyed.declare(*spec);
}

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
        made.erase = erase;
        made.set_bytes = set_bytes;
        return made;
    }();
    return api;
}

}  // namespace weir::host
