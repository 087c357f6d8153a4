#include "state_blocks.hpp"

#include <algorithm>
#include <tuple>

namespace weir::window {

Status StateBlocks::put(const weir_snapshot &out) {
    const auto place = [](const Entry &e) { return std::tuple(e.state, e.group); };
    std::stable_sort(entries_.begin(), entries_.end(), [&](const Entry &a, const Entry &b) { return place(a) < place(b); });
    std::vector<weir_str> keys, values;
    for (size_t begin = 0, end = 0; begin < entries_.size(); begin = end) {
        keys.clear();
        values.clear();
        for (; end < entries_.size() && place(entries_[end]) == place(entries_[begin]); ++end) {
            keys.push_back(to_abi(entries_[end].key));
            values.push_back(entries_[end].value ? to_abi(*entries_[end].value) : weir_str{nullptr, 0});
        }
        weir_state_block block{};
        block.size = sizeof block;
        block.state = entries_[begin].state;
        block.kind = WEIR_STATE_KEYED;
        block.group = entries_[begin].group;
        block.version = kStateVersion;
        block.n = keys.size();
        block.keys = keys.data();
        block.values = values.data();
        if (out.put(&out, &block) < 0) return Status::fatal("the host did not take the state");
    }
    entries_.clear();
    return {};
}

}  // namespace weir::window
