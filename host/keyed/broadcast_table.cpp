#include "host/keyed/broadcast_table.hpp"

#include <weir/memory.hpp>

namespace weir::host {

BroadcastTable::~BroadcastTable() {
    for (auto& [key, slot] : slots_) clear_slot(*layout_, slot.get(), pool_);
    begin_call();
}

void BroadcastTable::begin_call() {
    given_.clear();
    // What the plugin wrote to a slot behind its end is freed with it.
    for (auto& slot : erased_) clear_slot(*layout_, slot.get(), pool_);
    erased_.clear();
}

char* BroadcastTable::add(std::string key) {
    slots_bytes_ += bytes_of(key);
    auto slot = std::make_unique<char[]>(layout_->slot_bytes);
    return slots_.emplace(std::move(key), std::move(slot)).first->second.get();
}

void BroadcastTable::resolve(std::span<const weir_str> keys, uint32_t flags, void** slots) {
    for (size_t i = 0; i < keys.size(); ++i) {
        const std::string_view key = view(keys[i]);
        const auto found = slots_.find(key);
        slots[i] = found != slots_.end() ? found->second.get()
                   : flags & WEIR_RESOLVE_CREATE ? add(std::string(key))
                                                 : nullptr;
        if (!slots[i] || (flags & WEIR_RESOLVE_READ)) continue;
        if (changed_.emplace(key).second) changed_bytes_ += epoch_bytes(key);
        given_.emplace(slots[i], key);
    }
}

bool BroadcastTable::erase(void* slot) {
    const auto given = given_.find(slot);
    if (given == given_.end()) return false;
    const auto entry = slots_.find(given->second);
    clear_slot(*layout_, entry->second.get(), pool_);
    slots_bytes_ -= bytes_of(entry->first);
    erased_.push_back(std::move(entry->second));
    slots_.erase(entry);
    given_.erase(given);
    return true;
}

int32_t BroadcastTable::scan(void* data, int32_t (*each)(void* data, weir_str key, const void* slot)) const {
    for (const auto& [key, slot] : slots_)
        if (const int32_t code = each(data, to_abi(key), slot.get()); code != WEIR_OK) return code;
    return WEIR_OK;
}

Status BroadcastTable::snapshot(const Put& put) {
    if (!rewrite_ && changed_.empty()) return {};
    if (rewrite_)
        for (const auto& [key, slot] : slots_) changed_.insert(key);
    std::vector<weir_str> keys, values;
    std::vector<std::string> bytes;
    bytes.reserve(changed_.size());
    for (const std::string& key : changed_) {
        const auto found = slots_.find(key);
        if (found == slots_.end() && rewrite_) continue;
        keys.push_back(to_abi(key));
        values.push_back({nullptr, 0});
        if (found == slots_.end()) continue;
        encode_slot(*layout_, found->second.get(), std::nullopt, bytes.emplace_back());
        values.back() = to_abi(bytes.back());
    }
    Status status = put(rewrite_ ? WEIR_SNAPSHOT_FULL : WEIR_SNAPSHOT_CHANGES, keys, values);
    changed_.clear();
    changed_bytes_ = 0;
    rewrite_ = false;
    return status;
}

}  // namespace weir::host
