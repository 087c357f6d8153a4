// The keyed states that one instance has declared: what the extension weir.state/0 does for it.
//
// A state's number on disk comes from its name, so that declarations may come in any order. Beside the states, the
// epoch's record keeps every layout that any block was written in (the catalogue); a block's version is the number of
// its layout there, from 1.
//
// Threads: declare, adopt and restore on one host thread before the run; the rest on the instance's worker.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <weir/abi.h>
#include <weir/config.hpp>
#include <weir/result.hpp>

#include "host/engine/batch.hpp"
#include "host/engine/key_hash.hpp"
#include "host/keyed/broadcast_table.hpp"
#include "host/keyed/state_table.hpp"
#include "host/keyed/timers.hpp"
#include "host/state/store.hpp"

namespace weir::host {

class KeyedState {
public:
    // The context of the instance, for conversions.
    explicit KeyedState(weir_context* context);
    ~KeyedState();

    // The first thing that was done wrong, by declaration or by a call; done if nothing was.
    const Status& fault() const { return fault_; }
    Status fail(Status status);

    int32_t declare(const weir_state_spec& spec);
    // The rows of input edge `input` have this schema and are keyed by these columns.
    Status bind_input(size_t input, const Schema& schema, const std::vector<std::string>& key);
    // The rows of input edge `input` reach every instance.
    void bind_broadcast(size_t input);
    // Compares what was declared with the catalogue of the last epoch (null: none), and makes the next one's.
    Result<nlohmann::ordered_json> adopt(const nlohmann::ordered_json& catalogue);
    // `now`: of the processing clock.
    Status restore(const weir_state_block& block, int64_t now);

    // Whether all that another instance has, of the graph before, can become this one's as it is: it holds what its last snapshot
    // handed over, under the same key, in the same layouts. REQUIRES: adopt, nothing was restored.
    bool can_take_over(const KeyedState& before) const;
    void take_over(KeyedState& before);  // REQUIRES: can_take_over; `before` is only destroyed then
    // Whether the number on disk is one of its states' or timers'.
    bool owns(uint32_t number) const;

    // A call of process begins; `now` is asked for once a call where it matters.
    void begin_call(size_t input, const weir_batch& batch, const std::function<int64_t()>& now, int64_t watermark);
    int32_t resolve(uint32_t state, const weir_batch& batch, const int64_t* times, uint32_t flags, void** slots);
    int32_t resolve_items(uint32_t state, const weir_batch& batch, const weir_state_item* items, uint64_t n,
                          uint32_t flags, void** slots);
    int32_t resolve_broadcast(uint32_t state, std::span<const weir_str> keys, uint32_t flags, void** slots);
    int32_t scan_broadcast(uint32_t state, void* data, int32_t (*each)(void* data, weir_str key, const void* slot));
    int32_t erase(uint32_t state, void* slot);
    int32_t set_bytes(uint32_t state, weir_state_bytes* field, weir_str bytes);

    // The names of the states by key without a time to live.
    std::vector<std::string> kept_for_good() const;

    // Timers. `set` false: delete it.
    void declare_timers() { has_timers_ = true; }
    int32_t set_timer(uint32_t clock, const weir_batch& batch, int64_t row, int64_t time, bool set);
    std::optional<int64_t> next_timer(uint32_t clock) const { return timers_[clock].timers.next(); }
    // No timer that is set from now on is due before the ones there are have been taken: the end of the inputs.
    void drain_timers(uint32_t clock) { timers_[clock].timers.drain(); }
    bool is_due(uint32_t clock, int64_t upto) const { return timers_[clock].timers.is_due(upto); }
    // The keys of a batch of due timers, each once, for on_timers, which begins with it. REQUIRES: is_due.
    BatchRef take_timers(uint32_t clock, int64_t upto, std::vector<int64_t>& times, const std::function<int64_t()>& now,
                         int64_t watermark);

    // Hands over what changed, after a last look for what has expired.
    using Put = std::function<Status(const weir_state_block&, uint32_t mode)>;
    Status snapshot(const Put& put, uint64_t epoch, int64_t now, int64_t watermark);
    // The epoch of the last snapshot is committed.
    void committed();
    // States with a time to live, by their number on disk, and up to when they had expired at the last snapshot.
    const std::vector<std::pair<uint32_t, int64_t>>& expired() const { return expired_; }

    // Entries may be evicted from now on, and are read back by this. Before anything is restored.
    using Find = std::function<Status(uint32_t state, std::span<const GroupKey>, const StateStore::Found&)>;
    void allow_eviction(Find find) { find_ = std::move(find); }
    // Instead of restore, where there is no room for entries. False: the block is one that must be restored.
    Result<bool> leave_in_store(const weir_state_block& block);
    struct Memory {
        size_t used = 0;     // by entries
        size_t held = 0;     // the same and what evicted entries have left
        size_t fixed = 0;    // timers, broadcast state, and entries that cannot be evicted
        size_t changed = 0;  // what the next epoch takes
    };
    Memory memory() const;
    // As StateTable's, over all states in turn.
    size_t evict(size_t bytes, size_t& most);
    size_t shrink(size_t bytes);

private:
    struct Older {  // how a layout of the catalogue is read
        SlotReader reader;
        const SlotLayout* layout = nullptr;  // the state's own, or one that is converted
    };
    struct State {
        std::string name;
        uint32_t index = 0;   // in the ABI
        uint32_t number = 0;  // on disk
        SlotLayout layout;
        std::deque<SlotLayout> older;
        StateTtl ttl;
        bool items = false;
        uint32_t generation = 1;  // of the layout in the catalogue
        std::map<uint32_t, Result<Older>> readers;  // by generation
        std::unique_ptr<StateTable> table;
        std::unique_ptr<BroadcastTable> broadcast;  // from its declaration on
    };
    struct Input {
        KeyCodec codec;
        bool keyed = false;
        bool broadcast = false;
    };
    struct TimerSet {
        Timers timers;
        uint32_t number;  // on disk
    };
    State* find(uint32_t number);
    static bool is_alike(const State& one, const State& other);
    bool is_as_snapshot() const;
    StateTable& table(State& state);
    BytesPool& pool(State& state) { return state.broadcast ? state.broadcast->pool() : table(state).pool(); }
    int64_t time_of(const State& state) const {
        return state.ttl.clock == WEIR_CLOCK_EVENT ? watermark_ : now_;
    }
    bool is_of_call(const weir_batch& batch, const char* what);
    bool encode_keys(const weir_batch& batch);
    void start_call(const KeyCodec* codec, const weir_batch& batch, const std::function<int64_t()>& now,
                    int64_t watermark);
    void sort_missing(const KeyBatch& keys, const uint64_t* hashes);
    bool fetch(State& state, const KeyBatch& keys, const uint64_t* hashes);
    Status restore_timers(TimerSet& into, const weir_state_block& block);
    bool hash_keys(const std::vector<std::string_view>& keys, uint32_t group, std::vector<uint64_t>& hashes) const;
    Status adopt_one(State& state, const nlohmann::ordered_json& layouts);
    Result<Older> reader_of(State& state, uint32_t version, const Schema& written);
    Status restore_broadcast(State& state, const weir_state_block& block);
    Status restore_entry(State& state, const Older& older, uint64_t hash, const uint64_t* key, uint32_t key_bytes,
                         std::string_view value, int64_t now);
    Status restore_entries(State& state, const weir_state_block& block, uint64_t first, uint64_t n, int64_t now);
    bool restore_value(State& state, const Older& older, std::string_view value, char* slot,
                       std::optional<int64_t>& expiry);

    weir_context* context_;
    Status fault_;
    std::deque<State> states_;  // by number in the ABI
    std::vector<Input> inputs_;
    const KeyCodec* codec_ = nullptr;  // of all inputs
    KeyCodec timer_codec_;             // of the key's columns alone
    std::optional<KeyHasher> hasher_;  // of the key's columns alone
    std::array<TimerSet, 2> timers_;  // by clock
    ArrowSchema timer_schema_{};      // of the key's columns
    bool has_timers_ = false;
    bool needs_clock_ = false;

    // Of the call.
    const KeyCodec* call_codec_ = nullptr;  // null: its batch has no key
    BatchRef timer_keys_;
    KeysOfCall keys_of_call_;
    bool is_broadcast_ = false;  // its rows reach every instance
    const uint64_t* hashes_ = nullptr;
    bool encoded_ = false;
    KeyBatch keys_, item_keys_;
    std::vector<uint64_t> item_hashes_;
    int64_t now_ = kNoTime, watermark_ = kNoTime;

    Find find_;
    std::vector<uint32_t> missing_;
    std::vector<std::pair<uint64_t, uint32_t>> by_hash_;
    std::vector<GroupKey> wanted_;
    size_t next_evicted_ = 0;  // state
    std::vector<std::pair<uint32_t, int64_t>> expired_;
};

}  // namespace weir::host
