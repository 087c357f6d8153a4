#include "host/reload/state_preview.hpp"

#include "host/state/store.hpp"

namespace weir::host {
namespace {

// Whether an operator can read its state shows in what comes first.
constexpr size_t kEnoughBytes = 1u << 20;

Result<std::unique_ptr<StateStore>> open_beside(const std::filesystem::path& state) {
    StoreOptions options;
    options.read_only = true;
    options.beside_owner = true;
    return StateStore::open(state, options);
}

size_t bytes_of(const weir_state_block& block) {
    size_t sum = 0;
    for (uint64_t i = 0; i < block.n; ++i) sum += block.keys[i].size + block.values[i].size;
    return sum;
}

// Of states that the host holds: whether it could read them as they are declared now.
Status preview_adoption(const StateStore& store, const std::string& stored, KeyedState& keyed) {
    auto record = store.record(store.committed());
    if (!record) return record.status();
    const Json known = Json::parse(record->value_or("{}"), nullptr, false);
    const Json states = known.is_object() ? known.value("states", Json::object()) : Json::object();
    return keyed.adopt(states.value(stored, Json())).status();
}

}  // namespace

Result<Rekeyed> preview_rekey(const std::filesystem::path& state, const std::string& stored, Instance& instance) {
    auto store = open_beside(state);
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

Status preview_restore(const std::filesystem::path& state, const std::string& stored, Instance& instance) {
    auto store = open_beside(state);
    if (!store) return store.status();
    if (instance.keyed())
        if (Status s = preview_adoption(**store, stored, *instance.keyed()); !s.ok()) return s;
    if (!instance.api().restore) return {};
    size_t read = 0;
    const auto restore = [&](const weir_state_block& block) {
        read += bytes_of(block);
        return instance.call([&](void* self, weir_error* error) { return instance.api().restore(self, &block, error); });
    };
    bool is_enough = false;
    const auto take = [&](const weir_state_block& block) -> Status {
        is_enough = read >= kEnoughBytes;
        if (is_enough) return Status::retryable("enough");
        return block.version == instance.descriptor().state_version ? restore(block) : migrate_block(instance, block, restore);
    };
    const Status status = (*store)->read(stored, take, [](uint32_t number) { return number < WEIR_HOST_STATES; });
    const weir_restored_checker* checker = instance.restored_checker();
    if (is_enough || !status.ok() || !checker) return is_enough ? Status() : status;
    return instance.call([&](void* self, weir_error* error) { return checker->check(self, error); });
}

}  // namespace weir::host
