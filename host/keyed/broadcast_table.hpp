// A broadcast state as one instance has it: a map by its own keys, small, and the same in all instances, because all are
// given the same changes in the same order.
//
// One thread at a time: the instance's worker, or the host before it runs.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include <weir/abi.h>

#include "host/keyed/value_codec.hpp"

namespace weir::host {

class BroadcastTable {
public:
    // The layout must outlive it.
    explicit BroadcastTable(const SlotLayout& layout) : layout_(&layout) {}
    ~BroadcastTable();
    BroadcastTable(const BroadcastTable&) = delete;
    BroadcastTable& operator=(const BroadcastTable&) = delete;

    // Slots that were given before are not valid any more.
    void begin_call();
    // As weir_state_api.resolve_broadcast.
    void resolve(std::span<const weir_str> keys, uint32_t flags, void** slots);
    // The entry is gone at once. False: the slot was not resolved for change in this call.
    bool erase(void* slot);
    // By the keys' bytes, until `each` returns anything but WEIR_OK, which is returned.
    int32_t scan(void* data, int32_t (*each)(void* data, weir_str key, const void* slot)) const;
    BytesPool& pool() { return pool_; }
    // What it holds in memory, about; and what the next snapshot takes.
    size_t bytes() const { return slots_bytes_ + pool_.bytes(); }
    size_t changed_bytes() const { return changed_bytes_; }

    // Hands over what changed since the last snapshot. Entries are borrowed during the call.
    using Put = std::function<Status(uint32_t mode, std::span<const weir_str> keys, std::span<const weir_str> values)>;
    Status snapshot(const Put& put);

    // An entry as of the last snapshot; fill the slot. REQUIRES: the key is not there.
    char* restore(std::string_view key) { return add(std::string(key)); }
    // REQUIRES: it is alike; it must outlive the table.
    void set_layout(const SlotLayout& layout) { layout_ = &layout; }
    // The next snapshot holds all: it was written in another layout.
    void rewrite() { rewrite_ = true; }

private:
    using Slots = std::map<std::string, std::unique_ptr<char[]>, std::less<>>;
    char* add(std::string key);
    size_t bytes_of(std::string_view key) const {
        constexpr size_t kTreeNode = 48, kInline = 15;
        return sizeof(Slots::value_type) + kTreeNode + (key.size() > kInline ? key.size() + 1 : 0) + layout_->slot_bytes;
    }
    // As StateTable::epoch_bytes.
    size_t epoch_bytes(std::string_view key) const { return 4 * (key.size() + layout_->slot_bytes) + 64; }

    const SlotLayout* layout_;
    BytesPool pool_;
    Slots slots_;
    std::set<std::string> changed_;
    size_t slots_bytes_ = 0, changed_bytes_ = 0;
    bool rewrite_ = false;
    // Of the call.
    std::unordered_map<void*, std::string> given_;  // for change, by slot
    std::vector<std::unique_ptr<char[]>> erased_;
};

}  // namespace weir::host
