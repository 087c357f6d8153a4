// What an instance's keyed states do during the run, and when they are given back.
#include <cstring>

#include <fmt/format.h>

#include <weir/memory.hpp>

#include "host/engine/keyed_state.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace weir::host {

namespace {

constexpr uint64_t kRestoreRows = 1024;
constexpr size_t kCleanACall = 2 * WEIR_BATCH_MAX_ROWS;
constexpr size_t kCleanABarrier = 64 * WEIR_BATCH_MAX_ROWS;

// The key of an item: the node's key, the item's own, and the length of the former.
void item_key(std::string_view key, std::string_view item, std::string& out) {
    out.assign(key);
    out.append(item);
    const auto size = static_cast<uint32_t>(key.size());
    out.append(reinterpret_cast<const char*>(&size), sizeof size);
}

// Of the key's group; otherwise its own.
uint64_t item_hash(uint64_t hash, std::string_view item) {
    constexpr uint64_t kGroup = uint64_t{0xFF} << 56;
    return (hash & kGroup) | (XXH3_64bits_withSeed(item.data(), item.size(), hash) & ~kGroup);
}

// Both parts of an item's key. False: it is none.
bool split_item_key(std::string_view& key, std::string_view& item) {
    uint32_t size = 0;
    if (key.size() < sizeof size) return false;
    std::memcpy(&size, key.data() + key.size() - sizeof size, sizeof size);
    key.remove_suffix(sizeof size);
    if (size > key.size()) return false;
    item = key.substr(size);
    key = key.substr(0, size);
    return true;
}

}  // namespace

void KeyedState::begin_call(size_t input, const weir_batch& batch, const std::function<int64_t()>& now,
                            int64_t watermark) {
    const bool keyed = batch.hashes && input < inputs_.size() && inputs_[input].keyed;
    start_call(keyed ? &inputs_[input].codec : nullptr, batch, now, watermark);
    is_broadcast_ = input < inputs_.size() && inputs_[input].broadcast;
}

void KeyedState::start_call(const KeyCodec* codec, const weir_batch& batch, const std::function<int64_t()>& now,
                            int64_t watermark) {
    call_codec_ = codec;
    hashes_ = batch.hashes;
    encoded_ = is_broadcast_ = false;
    watermark_ = watermark;
    if (needs_clock_) now_ = now();
    for (State& state : states_) {
        if (state.broadcast) state.broadcast->begin_call();
        if (state.ttl.after > 0 && state.table) state.table->clean(time_of(state), kCleanACall);
    }
}

bool KeyedState::is_of_call(const weir_batch& batch, const char* what) {
    if (call_codec_ && batch.hashes == hashes_) return encode_keys(batch);
    return fail(Status::fatal(fmt::format("{}: the batch is not the keyed one of this call", what))).ok();
}

// Once a call, whatever the number of states.
bool KeyedState::encode_keys(const weir_batch& batch) {
    if (encoded_) return true;
    keys_.clear();
    call_codec_->encode(*batch.array, keys_);
    for (size_t i = 0; i < keys_.size(); ++i) {
        if (keys_.bytes(i) <= kMaxKeyBytes) continue;
        return fail(Status::fatal(fmt::format("a key of {} bytes; at most {} are possible", keys_.bytes(i), kMaxKeyBytes))).ok();
    }
    return encoded_ = true;
}

int32_t KeyedState::resolve(uint32_t index, const weir_batch& batch, const int64_t* times, uint32_t flags, void** slots) {
    if (index >= states_.size() || states_[index].items || states_[index].broadcast)
        return fail(Status::fatal(fmt::format("resolve: state {} has no single slot for a key", index))).code();
    State& state = states_[index];
    if (!is_of_call(batch, "resolve")) return fault_.code();
    if (!fetch(state, keys_, hashes_)) return fault_.code();
    table(state).resolve(keys_, hashes_, times, time_of(state), flags, slots);
    return WEIR_OK;
}

int32_t KeyedState::resolve_items(uint32_t index, const weir_batch& batch, const weir_state_item* items, uint64_t n,
                                  uint32_t flags, void** slots) {
    if (index >= states_.size() || !states_[index].items)
        return fail(Status::fatal(fmt::format("resolve_items: state {} has no items", index))).code();
    if (!is_of_call(batch, "resolve_items")) return fault_.code();
    item_keys_.clear();
    item_hashes_.resize(n);
    std::string key;
    for (uint64_t i = 0; i < n; ++i) {
        if (items[i].row < 0 || items[i].row >= batch.rows || items[i].key.size > kMaxKeyBytes / 2)
            return fail(Status::fatal(fmt::format("resolve_items: there is no row {}, or the item's key is too long", items[i].row)))
                .code();
        const auto row = static_cast<size_t>(items[i].row);
        item_key(keys_.view(row), view(items[i].key), key);
        item_keys_.add(key.data(), key.size());
        item_hashes_[i] = item_hash(hashes_[row], view(items[i].key));
    }
    if (!fetch(states_[index], item_keys_, item_hashes_.data())) return fault_.code();
    table(states_[index]).resolve(item_keys_, item_hashes_.data(), nullptr, time_of(states_[index]), flags, slots);
    return WEIR_OK;
}

int32_t KeyedState::resolve_broadcast(uint32_t index, std::span<const weir_str> keys, uint32_t flags, void** slots) {
    if (index >= states_.size() || !states_[index].broadcast)
        return fail(Status::fatal(fmt::format("resolve_broadcast: state {} is not one for all instances", index))).code();
    if (!(flags & WEIR_RESOLVE_READ) && !is_broadcast_)
        return fail(Status::fatal(fmt::format("resolve_broadcast: state `{}` can be changed by rows of a broadcast input alone: "
                                              "otherwise instances would differ",
                                              states_[index].name)))
            .code();
    states_[index].broadcast->resolve(keys, flags, slots);
    return WEIR_OK;
}

int32_t KeyedState::scan_broadcast(uint32_t index, void* data, int32_t (*each)(void* data, weir_str key, const void* slot)) {
    if (index >= states_.size() || !states_[index].broadcast)
        return fail(Status::fatal(fmt::format("scan_broadcast: state {} is not one for all instances", index))).code();
    return states_[index].broadcast->scan(data, each);
}

int32_t KeyedState::set_timer(uint32_t clock, const weir_batch& batch, int64_t row, int64_t time, bool set) {
    if (!has_timers_ || clock >= timers_.size() || row < 0 || row >= batch.rows)
        return fail(Status::fatal("set_timer: no timers were declared, or there is no such clock or row")).code();
    if (!is_of_call(batch, "set_timer")) return fault_.code();
    const auto i = static_cast<size_t>(row);
    Timers& timers = timers_[clock].timers;
    if (set)
        timers.set(time, hashes_[i], keys_.view(i));
    else
        timers.remove(time, hashes_[i], keys_.view(i));
    return WEIR_OK;
}

BatchRef KeyedState::take_timers(uint32_t clock, int64_t upto, std::vector<int64_t>& times,
                                 const std::function<int64_t()>& now, int64_t watermark) {
    BatchBuilder builder(codec_->key_schema());
    Buffer hashes;
    times.clear();
    Timers& timers = timers_[clock].timers;
    keys_of_call_.clear();
    while (times.size() < WEIR_BATCH_MAX_ROWS && timers.is_due(upto) && keys_of_call_.add(timers.due().hash)) {
        const Timers::Timer timer = timers.take();
        codec_->decode(timer.key, builder);
        times.push_back(timer.time);
        hashes.push(timer.hash);
    }
    builder.set_rows(static_cast<int64_t>(times.size()));
    ArrowArray columns;
    builder.finish(&columns);
    weir_batch made{};
    made.size = sizeof made;
    made.rows = static_cast<int64_t>(times.size());
    made.split = WEIR_NO_SPLIT;
    made.array = &columns;
    const BatchRef rows(HostBatch::take(&made, &timer_schema_));
    timer_keys_ = BatchRef(HostBatch::with_hashes(rows.get(), reinterpret_cast<uint64_t*>(hashes.release())));
    start_call(&timer_codec_, timer_keys_.view(), now, watermark);
    return timer_keys_;
}

int32_t KeyedState::erase(uint32_t state, void* slot) {
    const auto erased = [&](State& of) { return of.broadcast ? of.broadcast->erase(slot) : table(of).erase(slot); };
    if (state >= states_.size() || !slot || !erased(states_[state]))
        return fail(Status::fatal("erase: the slot was not resolved for change")).code();
    return WEIR_OK;
}

int32_t KeyedState::set_bytes(uint32_t state, weir_state_bytes* field, weir_str bytes) {
    if (state >= states_.size() || !field)
        return fail(Status::fatal(fmt::format("set_bytes: there is no state {}, or no field", state))).code();
    set_text(*field, view(bytes), pool(states_[state]));
    return WEIR_OK;
}

Status KeyedState::snapshot(const Put& put, uint64_t epoch, int64_t now, int64_t watermark) {
    now_ = now;
    watermark_ = watermark;
    expired_.clear();
    for (State& state : states_) {
        if (state.ttl.after > 0 && time_of(state) != kNoTime) expired_.emplace_back(state.number, time_of(state));
        if (state.broadcast) {
            Status status = state.broadcast->snapshot([&](uint32_t mode, auto keys, auto values) {
                const weir_state_block block{sizeof block, state.number, WEIR_STATE_BROADCAST, 0, state.generation, 0, {},
                                             keys.size(),  keys.data(),  values.data()};
                return put(block, mode);
            });
            if (!status.ok()) return status;
        }
        if (!state.table) continue;
        state.table->clean(time_of(state), kCleanABarrier);
        Status status = state.table->snapshot([&](uint32_t group, uint32_t mode, auto keys, auto values) {
            const weir_state_block block{sizeof block, state.number, WEIR_STATE_KEYED, group,      state.generation, 0, {},
                                         keys.size(),  keys.data(),  values.data()};
            return put(block, mode);
        }, epoch);
        if (!status.ok()) return status;
    }
    for (TimerSet& one : timers_) {
        Status status = one.timers.snapshot([&](uint32_t group, auto keys, auto values) {
            const weir_state_block block{sizeof block, one.number,  WEIR_STATE_KEYED, group, 1, 0, {}, keys.size(),
                                         keys.data(),  values.data()};
            return put(block, WEIR_SNAPSHOT_CHANGES);
        });
        if (!status.ok()) return status;
    }
    return {};
}

Status KeyedState::restore(const weir_state_block& block, int64_t now) {
    for (TimerSet& one : timers_)
        if (has_timers_ && codec_ && block.state == one.number) return restore_timers(one, block);
    State* state = find(block.state);
    if (state && state->broadcast && block.kind == WEIR_STATE_BROADCAST) return restore_broadcast(*state, block);
    if (state && (state->broadcast || block.kind == WEIR_STATE_BROADCAST))
        return Status::state_version(fmt::format("state `{}` was kept {}, and is kept {} now. Give the state another name, or begin "
                                                 "anew (--reset)",
                                                 state->name, state->broadcast ? "by key" : "for all keys",
                                                 state->broadcast ? "for all keys" : "by key"));
    if (!state || !codec_)
        return Status::state_version(fmt::format("there is a keyed state (number {}) of it that the operator no longer has. Run "
                                                 "the plugin that wrote it, or begin anew (--reset)",
                                                 block.state));
    for (uint64_t at = 0; at < block.n; at += kRestoreRows)
        if (Status s = restore_entries(*state, block, at, std::min(kRestoreRows, block.n - at), now); !s.ok()) return s;
    return {};
}

// The hashes of the node's keys, as routing hashes them. False: a key is none, or not of
// the block's group.
bool KeyedState::hash_keys(const std::vector<std::string_view>& keys, uint32_t group, std::vector<uint64_t>& hashes) const {
    BatchBuilder builder(codec_->key_schema());
    for (std::string_view key : keys)
        if (!codec_->decode(key, builder)) return false;
    builder.set_rows(static_cast<int64_t>(keys.size()));
    ArrowArray columns;
    builder.finish(&columns);
    hashes.resize(keys.size());
    hasher_->hash(columns, hashes.data());
    columns.release(&columns);
    return std::all_of(hashes.begin(), hashes.end(), [&](uint64_t hash) { return key_group(hash) == group; });
}

Status KeyedState::restore_timers(TimerSet& into, const weir_state_block& block) {
    std::vector<std::string_view> keys;
    for (uint64_t i = 0; i < block.n; ++i) {
        keys.push_back(view(block.keys[i]));
        if (keys.back().size() < kTimerSuffixBytes) keys.back() = {};
        keys.back().remove_suffix(std::min(keys.back().size(), kTimerSuffixBytes));
    }
    std::vector<uint64_t> hashes;
    if (!hash_keys(keys, block.group, hashes))
        return Status::fatal(fmt::format("timers of key group {}: a key is corrupt", block.group));
    for (uint64_t i = 0; i < block.n; ++i) into.timers.restore(Timers::time_of(view(block.keys[i])), hashes[i], keys[i]);
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
    std::vector<std::string_view> keys, items(n);
    KeyBatch entries;
    for (uint64_t i = 0; i < n; ++i) {
        keys.push_back(view(block.keys[first + i]));
        entries.add(keys.back().data(), keys.back().size());
        if (state.items && !split_item_key(keys.back(), items[i])) return corrupt("an item's key");
    }
    std::vector<uint64_t> hashes;
    if (!hash_keys(keys, block.group, hashes)) return corrupt("a key");
    for (size_t i = 0; i < n; ++i) {
        if (state.items) hashes[i] = item_hash(hashes[i], items[i]);
        if (Status s = restore_entry(state, older, hashes[i], entries.words(i), entries.bytes(i), view(block.values[first + i]),
                                     state.ttl.clock == WEIR_CLOCK_EVENT ? kNoTime : now);
            !s.ok())
            return s;
    }
    return fault_;
}

Status KeyedState::restore_broadcast(State& state, const weir_state_block& block) {
    const auto corrupt = [&](const char* what) {
        return Status::fatal(fmt::format("state `{}`: {} is corrupt", state.name, what));
    };
    auto found = state.readers.find(block.version);
    if (found == state.readers.end()) return corrupt("the record, which lacks a layout,");
    if (!found->second) return found->second.status();
    if (block.version != state.generation) state.broadcast->rewrite();
    for (uint64_t i = 0; i < block.n; ++i) {
        std::optional<int64_t> expiry;
        char* slot = state.broadcast->restore(view(block.keys[i]));
        if (!restore_value(state, *found->second, view(block.values[i]), slot, expiry))
            return fault_.ok() ? corrupt("a value") : fault_;
    }
    return fault_;
}

Status KeyedState::restore_entry(State& state, const Older& older, uint64_t hash, const uint64_t* key, uint32_t key_bytes,
                                 std::string_view value, int64_t now) {
    StateTable& into = table(state);
    char* slot = into.restore(hash, key, key_bytes);
    std::optional<int64_t> expiry;
    if (!restore_value(state, older, value, slot, expiry)) {
        if (!fault_.ok()) return fault_;
        return Status::fatal(fmt::format("state `{}`, key group {}: a value is corrupt", state.name, hash >> 56));
    }
    into.restore_expiry(slot, hash, expiry, now);
    return {};
}

bool KeyedState::restore_value(State& state, const Older& older, std::string_view value, char* slot,
                               std::optional<int64_t>& expiry) {
    BytesPool& pool = this->pool(state);
    if (older.layout == &state.layout) return older.reader.read(value, slot, expiry, pool);
    std::vector<uint64_t> before((older.layout->slot_bytes + 7) / 8);
    auto* from = reinterpret_cast<char*>(before.data());
    if (!older.reader.read(value, from, expiry, pool)) return false;
    const int32_t code = older.layout->convert(context_, state.index, from, slot);
    clear_slot(*older.layout, from, pool);
    if (code == WEIR_OK) return true;
    // The value was read; why it could not be used is in fault_, which ends the restore.
    return !fail(Status::state_version(fmt::format("state `{}`: version {} could not be converted", state.name,
                                                   older.layout->version)))
                .ok();
}

}  // namespace weir::host
