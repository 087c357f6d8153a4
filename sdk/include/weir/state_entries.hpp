// Entries of an operator's own state on their way to the host, in a snapshot: gathered in any order, handed over a block for
// each state, kind and key group. One user at a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <weir/abi.h>
#include <weir/memory.hpp>
#include <weir/result.hpp>

namespace weir {

class StateEntries {
public:
    explicit StateEntries(uint32_t version) : version_(version) {}

    // `value` none: the entry is gone.
    void add(uint32_t state, uint32_t kind, uint32_t group, std::string key, std::optional<std::string> value) {
        entries_.push_back({state, kind, group, std::move(key), std::move(value)});
    }
    Status put(const weir_snapshot &out) {
        std::stable_sort(entries_.begin(), entries_.end(), [](const Entry &a, const Entry &b) { return a.place() < b.place(); });
        std::vector<weir_str> keys, values;
        for (size_t begin = 0, end = 0; begin < entries_.size(); begin = end) {
            keys.clear();
            values.clear();
            for (; end < entries_.size() && entries_[end].place() == entries_[begin].place(); ++end) {
                keys.push_back(to_abi(entries_[end].key));
                values.push_back(entries_[end].value ? to_abi(*entries_[end].value) : weir_str{nullptr, 0});
            }
            weir_state_block block{};
            block.size = sizeof block;
            block.state = entries_[begin].state;
            block.kind = entries_[begin].kind;
            block.group = entries_[begin].group;
            block.version = version_;
            block.n = keys.size();
            block.keys = keys.data();
            block.values = values.data();
            if (out.put(&out, &block) < 0) return Status::fatal("the host did not take the state");
        }
        entries_.clear();
        return {};
    }

private:
    struct Entry {
        uint32_t state, kind, group;
        std::string key;
        std::optional<std::string> value;
        std::tuple<uint32_t, uint32_t, uint32_t> place() const { return {state, kind, group}; }
    };

    const uint32_t version_;
    std::vector<Entry> entries_;
};

}  // namespace weir
