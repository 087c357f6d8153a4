#include "host/reload/rekey_preview.hpp"

#include "host/state/store.hpp"

namespace weir::host {

Result<Rekeyed> preview_rekey(const std::filesystem::path& state, const std::string& stored, Instance& instance) {
    StoreOptions options;
    options.read_only = true;
    options.beside_owner = true;
    auto store = StateStore::open(state, options);
    if (!store) return store.status();
    Rekeyed count;
    const auto leave = [](const weir_state_block&) { return Status(); };
    const auto rekey = [&](const weir_state_block& block) { return rekey_block(instance, block, leave, count); };
    const Status status = (*store)->read(stored, [&](const weir_state_block& block) {
        if (block.state >= WEIR_HOST_STATES || block.version == instance.descriptor().state_version) return rekey(block);
        return migrate_block(instance, block, rekey);
    });
    if (!status.ok()) return status;
    return count;
}

}  // namespace weir::host
