// How an instance takes over the keyed state of another one, of the graph before, as it lies in memory.
#include <algorithm>

#include "host/engine/keyed_state.hpp"

namespace weir::host {

// The store's entries are those of the last snapshot: what changed behind that is of no epoch.
bool KeyedState::is_as_snapshot() const {
    const auto is_unchanged = [](const State& state) {
        return (!state.table || state.table->changed() == 0) && (!state.broadcast || state.broadcast->changed_bytes() == 0);
    };
    return fault_.ok() && std::all_of(states_.begin(), states_.end(), is_unchanged) &&
           std::all_of(timers_.begin(), timers_.end(), [](const TimerSet& one) { return one.timers.is_as_snapshot(); });
}

bool KeyedState::is_alike(const State& one, const State& other) {
    return one.name == other.name && one.generation == other.generation && one.layout.is_alike(other.layout) && one.ttl == other.ttl &&
           one.items == other.items && (one.broadcast == nullptr) == (other.broadcast == nullptr);
}

bool KeyedState::can_take_over(const KeyedState& before) const {
    const bool is_same_key = codec_ && before.codec_ ? codec_->kinds() == before.codec_->kinds() : codec_ == before.codec_;
    if (!is_same_key || !fault_.ok() || !before.is_as_snapshot() || has_timers_ != before.has_timers_) return false;
    if (states_.size() != before.states_.size()) return false;
    return std::all_of(states_.begin(), states_.end(), [&](const State& state) {
        const auto is_its = [&](const State& other) { return is_alike(state, other); };
        return std::any_of(before.states_.begin(), before.states_.end(), is_its);
    });
}

void KeyedState::take_over(KeyedState& before) {
    for (State& state : states_) {
        State& from = *before.find(state.number);
        state.table = std::move(from.table);
        if (state.table) state.table->set_layout(state.layout);
        if (!state.broadcast) continue;
        state.broadcast = std::move(from.broadcast);
        state.broadcast->set_layout(state.layout);
    }
    for (size_t clock = 0; clock < timers_.size(); ++clock) timers_[clock].timers = std::move(before.timers_[clock].timers);
}

bool KeyedState::owns(uint32_t number) const {
    const auto is_it = [&](const auto& one) { return one.number == number; };
    return std::any_of(states_.begin(), states_.end(), is_it) || std::any_of(timers_.begin(), timers_.end(), is_it);
}

}  // namespace weir::host
