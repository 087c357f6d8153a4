// Definitions for weir/state.hpp.
#pragma once

#include <weir/detail/linkage.hpp>
#include <weir/state.hpp>

namespace weir::detail {

WEIR_INLINE weir_state_layout layout_of(uint32_t version, size_t slot_bytes, const std::vector<weir_state_field> &fields) {
    weir_state_layout out{};
    out.size = sizeof out;
    out.version = version;
    out.slot_bytes = static_cast<uint32_t>(slot_bytes);
    out.n_fields = static_cast<uint32_t>(fields.size());
    out.fields = fields.data();
    return out;
}

WEIR_INLINE const weir_state_api *state_api(weir_context *context) {
    const void *found = context->host->extension(context->host, WEIR_STATE_EXTENSION);
    if (!found) throw std::runtime_error("the host does not offer " WEIR_STATE_EXTENSION);
    return static_cast<const weir_state_api *>(found);
}

WEIR_INLINE void fail_call(int32_t code, const char *call) {
    throw std::runtime_error(std::string(call) + ": the host refused it with code " + std::to_string(code));
}

WEIR_INLINE HostState::HostState(Context context, const char *name, const StateOptions &options,
                                 const std::vector<weir_state_field> &fields, size_t slot_bytes,
                                 const std::vector<OlderLayout> &older, uint32_t flags)
    : context_(context.raw()), api_(state_api(context_)) {
    std::vector<weir_state_layout> older_layouts;
    for (const OlderLayout &one : older) {
        older_layouts.push_back(layout_of(one.version, one.slot_bytes, one.fields));
        older_layouts.back().convert = one.convert;
    }
    weir_state_spec spec{};
    spec.size = sizeof spec;
    spec.name = name;
    spec.layout = layout_of(options.version, slot_bytes, fields);
    spec.older = older_layouts.data();
    spec.n_older = static_cast<uint32_t>(older_layouts.size());
    spec.ttl = options.ttl.after.count();
    spec.ttl_clock = options.ttl.clock;
    spec.flags = flags | (options.ttl.on_read ? WEIR_TTL_ON_READ : 0);
    // A refusal is the host's to tell.
    number_ = static_cast<uint32_t>(api_->declare(context_, &spec));
}

}  // namespace weir::detail
