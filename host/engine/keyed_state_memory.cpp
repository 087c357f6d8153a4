// Eviction of an instance's keyed states, and how evicted entries come back.
#include <algorithm>

#include <fmt/format.h>

#include "host/engine/keyed_state.hpp"

namespace weir::host {

// What of these keys is in the store alone comes into memory, in one go.
bool KeyedState::fetch(State& state, const KeyBatch& keys, const uint64_t* hashes) {
    StateTable& into = table(state);
    if (!into.is_partial()) return true;
    into.missing(keys, hashes, missing_);
    if (missing_.empty()) return true;
    sort_missing(keys, hashes);
    const Status status = find_(state.number, wanted_, [&](size_t i, std::string_view value, uint32_t version) -> Status {
        const uint32_t row = missing_[i];
        if (into.has(keys, row, hashes[row])) return {};
        auto found = state.readers.find(version);
        if (found == state.readers.end())
            return Status::fatal(fmt::format("state `{}`: the record lacks layout {}: it is corrupt", state.name, version));
        if (!found->second) return found->second.status();
        return restore_entry(state, *found->second, hashes[row], keys.words(row), keys.bytes(row), value, time_of(state));
    });
    return status.ok() || fail(status).ok();
}

// By hash, and so by group; each key once. Two keys of one hash need not stand beside each other: then one may be there
// twice, and is found twice.
void KeyedState::sort_missing(const KeyBatch& keys, const uint64_t* hashes) {
    by_hash_.clear();
    for (uint32_t row : missing_) by_hash_.emplace_back(hashes[row], row);
    std::sort(by_hash_.begin(), by_hash_.end());
    missing_.clear();
    wanted_.clear();
    for (const auto& [hash, row] : by_hash_) {
        const bool again = !missing_.empty() && hashes[missing_.back()] == hash && keys.view(missing_.back()) == keys.view(row);
        if (again) continue;
        missing_.push_back(row);
        wanted_.push_back({key_group(hash), keys.view(row)});
    }
}

Result<bool> KeyedState::leave_in_store(const weir_state_block& block) {
    State* state = find(block.state);
    if (block.kind != WEIR_STATE_KEYED || !state || state->broadcast || !codec_ || !find_) return false;
    const auto found = state->readers.find(block.version);
    if (found == state->readers.end()) return false;
    if (!found->second) return found->second.status();
    table(*state).set_partial(block.group);
    return true;
}

void KeyedState::committed() {
    for (State& state : states_)
        if (state.table) state.table->committed();
}

KeyedState::Memory KeyedState::memory() const {
    Memory sum;
    for (const State& state : states_) {
        if (!state.table) continue;
        sum.used += state.table->used();
        sum.held += state.table->bytes();
        sum.changed += state.table->changed() * state.table->epoch_bytes();
    }
    if (!find_) sum.fixed = std::exchange(sum.used, 0);
    for (const State& state : states_) {
        if (!state.broadcast) continue;
        sum.fixed += state.broadcast->bytes();
        sum.changed += state.broadcast->changed_bytes();
    }
    for (const TimerSet& one : timers_) {
        sum.fixed += one.timers.bytes();
        sum.changed += one.timers.changed_bytes();
    }
    return sum;
}

size_t KeyedState::evict(size_t bytes, size_t& most) {
    size_t freed = 0;
    for (size_t i = 0; i < states_.size() && find_ && freed < bytes; ++i) {
        State& state = states_[next_evicted_ % states_.size()];
        if (state.table) freed += state.table->evict(bytes - freed, most);
        if (freed < bytes) ++next_evicted_;
    }
    return freed;
}

size_t KeyedState::shrink(size_t bytes) {
    size_t freed = 0;
    for (State& state : states_)
        if (state.table && find_ && freed < bytes) freed += state.table->shrink(bytes - freed);
    return freed;
}

}  // namespace weir::host
