// The state of an operator of its own over several snapshots of changes, as a store has it.
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include <weir/testing/harness.hpp>

namespace weir::testing {

class KeptBlocks {
public:
    void take(const std::vector<StateBlock> &blocks) {
        for (const StateBlock &block : blocks)
            for (const auto &[key, value] : block.entries) {
                const Id id{block.state, block.kind, block.group, block.version, key};
                if (value) entries_[id] = *value;
                else entries_.erase(id);
            }
    }
    std::vector<StateBlock> blocks() const {
        std::vector<StateBlock> out;
        for (const auto &[id, value] : entries_) {
            const auto &[state, kind, group, version, key] = id;
            out.push_back({state, kind, group, version, "", {{key, value}}});
        }
        return out;
    }
    // Entries of one state.
    size_t count(uint32_t state) const {
        size_t n = 0;
        for (const auto &[id, value] : entries_) n += std::get<0>(id) == state;
        return n;
    }

private:
    using Id = std::tuple<uint32_t, uint32_t, uint32_t, uint32_t, std::string>;
    std::map<Id, std::string> entries_;
};

}  // namespace weir::testing
