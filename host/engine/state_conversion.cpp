#include "host/engine/state_conversion.hpp"

#include <fmt/format.h>

namespace weir::host {
namespace {

using Convert = int32_t (*)(void* self, const weir_state_block*, const weir_snapshot* out, weir_error*);

Status convert(Instance& instance, Convert convert, const weir_state_block& block, const TakeBlock& take) {
    struct Taker {
        const TakeBlock& take;
        Status fault;
    } taker{take, {}};
    weir_snapshot out{};
    out.size = sizeof out;
    out.mode = WEIR_SNAPSHOT_FULL;
    out.data = &taker;
    out.put = [](const weir_snapshot* s, const weir_state_block* made) -> int32_t {
        auto& to = *static_cast<Taker*>(s->data);
        if (to.fault.ok()) to.fault = to.take(*made);
        return to.fault.ok() ? WEIR_OK : WEIR_E_FATAL;
    };
    Status status = instance.call([&](void* self, weir_error* error) { return convert(self, &block, &out, error); });
    return taker.fault.ok() ? status : taker.fault;
}

}  // namespace

Status migrate_block(Instance& instance, const weir_state_block& block, const TakeBlock& take) {
    const weir_operator& op = instance.descriptor();
    const std::string what = fmt::format("node `{}`: its state is of version {}, {} has version {}",
                                         instance.node().id, block.version, op.name, op.state_version);
    if (block.version > op.state_version) return Status::state_version(what + ": use the newer plugin that wrote it");
    if (!instance.api().migrate) return Status::state_version(what + " and no way to read the older one");
    return convert(instance, instance.api().migrate, block, take);
}

bool can_rekey(const Instance& instance) { return (instance.descriptor().flags & WEIR_OP_OWN_KEY) != 0 && instance.api().rekey != nullptr; }

Status rekey_block(Instance& instance, const weir_state_block& block, const TakeBlock& take, Rekeyed& count) {
    if (!can_rekey(instance) || block.state >= WEIR_HOST_STATES) return Status::unsupported("rekey");
    if (block.kind != WEIR_STATE_KEYED) return take(block);
    (void)instance.take_rekeyed();
    const auto look_and_take = [&](const weir_state_block& made) {
        count.has_moved = count.has_moved || made.group != block.group;
        return take(made);
    };
    const Status status = convert(instance, instance.api().rekey, block, look_and_take);
    const auto told = instance.take_rekeyed();
    count.rows += told ? told->rows : static_cast<int64_t>(block.n);
    count.leaving += told ? told->leaving : 0;
    return status;
}

}  // namespace weir::host
