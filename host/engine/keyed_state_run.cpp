// What an instance's keyed states do during the run, and when they are given back.
#include <fmt/format.h>

#include <weir/memory.hpp>

#include "host/engine/keyed_state.hpp"

namespace weir::host {

namespace {

constexpr uint64_t kRestoreRows = 1024;
constexpr size_t kCleanACall = 2 * WEIR_BATCH_MAX_ROWS;
constexpr size_t kCleanABarrier = 64 * WEIR_BATCH_MAX_ROWS;

}  // namespace

void KeyedState::begin_call(size_t input, const weir_batch& batch, const std::function<int64_t()>& now,
                            int64_t watermark) {
    input_ = input;
    hashes_ = batch.hashes;
    encoded_ = false;
    watermark_ = watermark;
    if (needs_clock_) now_ = now();
    for (State& state : states_)
        if (state.ttl.after > 0 && state.table) state.table->clean(time_of(state), kCleanACall);
}

int32_t KeyedState::resolve(uint32_t state, const weir_batch& batch, const int64_t* times, uint32_t flags, void** slots) {
    if (state >= states_.size()) return fail(Status::fatal(fmt::format("resolve: there is no state {}", state))).code();
    if (!batch.hashes || batch.hashes != hashes_ || input_ >= inputs_.size() || !inputs_[input_].keyed)
        return fail(Status::fatal(fmt::format("resolve of state `{}`: the batch is not the keyed input of this call",
                                              states_[state].name)))
            .code();
    if (!encoded_) {
        keys_.clear();
        inputs_[input_].codec.encode(*batch.array, keys_);
        encoded_ = true;
        for (size_t i = 0; i < keys_.size(); ++i)
            if (keys_.bytes(i) > kMaxKeyBytes)
                return fail(Status::fatal(fmt::format("a key of {} bytes; at most {} are possible", keys_.bytes(i), kMaxKeyBytes)))
                    .code();
    }
    table(states_[state]).resolve(keys_, hashes_, times, time_of(states_[state]), flags, slots);
    return WEIR_OK;
}

int32_t KeyedState::erase(uint32_t state, void* slot) {
    if (state >= states_.size() || !slot || !table(states_[state]).erase(slot))
        return fail(Status::fatal("erase: the slot was not resolved for change")).code();
    return WEIR_OK;
}

int32_t KeyedState::set_bytes(uint32_t state, weir_state_bytes* field, weir_str bytes) {
    if (state >= states_.size() || !field)
        return fail(Status::fatal(fmt::format("set_bytes: there is no state {}, or no field", state))).code();
    set_text(*field, view(bytes), table(states_[state]).pool());
    return WEIR_OK;
}

Status KeyedState::snapshot(const Put& put, int64_t now, int64_t watermark) {
    now_ = now;
    watermark_ = watermark;
    for (State& state : states_) {
        if (!state.table) continue;
        state.table->clean(time_of(state), kCleanABarrier);
        Status status = state.table->snapshot([&](uint32_t group, uint32_t mode, auto keys, auto values) {
            const weir_state_block block{sizeof block, state.number, WEIR_STATE_KEYED, group,      state.generation, 0, {},
                                         keys.size(),  keys.data(),  values.data()};
            return put(block, mode);
        });
        if (!status.ok()) return status;
    }
    return {};
}

Status KeyedState::restore(const weir_state_block& block, int64_t now) {
    State* state = find(block.state);
    if (!state || !codec_)
        return Status::state_version(fmt::format("there is a keyed state (number {}) of it that the operator no longer has. Run "
                                                 "the plugin that wrote it, or begin anew (--reset)",
                                                 block.state));
    for (uint64_t at = 0; at < block.n; at += kRestoreRows)
        if (Status s = restore_entries(*state, block, at, std::min(kRestoreRows, block.n - at), now); !s.ok()) return s;
    return {};
}

Status KeyedState::restore_entries(State& state, const weir_state_block& block, uint64_t first, uint64_t n, int64_t now) {
    const auto corrupt = [&](const char* what) {
        return Status::fatal(fmt::format("state `{}`, key group {}: {} is corrupt", state.name, block.group, what));
    };
    auto found = state.readers.find(block.version);
    if (found == state.readers.end()) return corrupt("the record, which lacks a layout,");
    if (!found->second) return found->second.status();
    const Older& older = *found->second;
    StateTable& into = table(state);
    if (block.version != state.generation) into.rewrite(block.group);
    BatchBuilder builder(codec_->key_schema());
    KeyBatch keys;
    for (uint64_t i = first; i < first + n; ++i) {
        const std::string_view key = view(block.keys[i]);
        if (!codec_->decode(key, builder)) return corrupt("a key");
        keys.add(key.data(), key.size());
    }
    ArrowArray columns;
    builder.finish(&columns);
    std::vector<uint64_t> hashes(n);
    hasher_->hash(columns, hashes.data());
    columns.release(&columns);
    for (size_t i = 0; i < n; ++i) {
        if (key_group(hashes[i]) != block.group) return corrupt("a key's group");
        char* slot = into.restore(hashes[i], keys.words(i), keys.bytes(i));
        std::optional<int64_t> expiry;
        if (!restore_value(state, older, view(block.values[first + i]), slot, expiry)) return corrupt("a value");
        into.restore_expiry(slot, hashes[i], expiry, state.ttl.clock == WEIR_CLOCK_EVENT ? kNoTime : now);
    }
    return fault_;
}

bool KeyedState::restore_value(State& state, const Older& older, std::string_view value, char* slot,
                               std::optional<int64_t>& expiry) {
    BytesPool& pool = table(state).pool();
    if (older.layout == &state.layout) return older.reader.read(value, slot, expiry, pool);
    std::vector<uint64_t> before((older.layout->slot_bytes + 7) / 8);
    auto* from = reinterpret_cast<char*>(before.data());
    if (!older.reader.read(value, from, expiry, pool)) return false;
    const int32_t code = older.layout->convert(context_, state.index, from, slot);
    clear_slot(*older.layout, from, pool);
    if (code != WEIR_OK)
        fail(Status::state_version(fmt::format("state `{}`: version {} could not be converted", state.name, older.layout->version)));
    return true;
}

}  // namespace weir::host
