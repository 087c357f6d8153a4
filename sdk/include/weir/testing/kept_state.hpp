// What a Harness keeps for its operator by extension "weir.state/0", simply: maps by key, lost with the last harness that
// shares it. Give it to a second harness (HarnessOptions::state) and that one goes on where the first one ended, as after a
// restart.
//
// One thread. Layouts of other versions are not converted: that is the host's.
#pragma once

#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include <weir/abi/keyed.h>
#include <weir/testing/rows.hpp>

namespace weir::testing {

class KeptState {
public:
    ~KeptState() {
        for (auto &[key, row] : key_rows_) row.release(&row);
    }
    // Entries that a state holds, those whose time is over but were not touched since included.
    size_t entries(const std::string &name) const {
        const auto found = states_.find(name);
        return found == states_.end() ? 0 : found->second.entries.size();
    }
    size_t timers() const { return timers_.size(); }

private:
    friend class Harness;
    static constexpr int64_t kNever = INT64_MAX;
    struct Entry {
        std::unique_ptr<char[]> slot;
        int64_t expiry = kNever;
        bool erased = false;   // gone, unless its slot was written to since
        uint64_t resolve = 0;  // number of the call that judged it last
    };
    struct State {
        uint32_t slot_bytes = 0, flags = 0, ttl_clock = 0;
        int64_t ttl = 0;
        std::map<std::string, Entry> entries;
        std::deque<std::string> texts;  // of slots; those replaced stay, too
    };
    struct Call {
        const weir_batch *batch = nullptr;
        bool broadcast = false;
        int64_t now = 0, watermark = INT64_MIN;
        std::vector<std::string> keys;  // by row
    };
    using Timer = std::tuple<uint32_t, int64_t, std::string>;  // clock, time, key

    int32_t declare(const weir_state_spec &spec) {
        declared_.push_back(spec.name);
        State &state = states_[spec.name];
        state.slot_bytes = spec.layout.slot_bytes;
        state.flags = spec.flags;
        state.ttl = spec.ttl;
        state.ttl_clock = spec.ttl_clock;
        return static_cast<int32_t>(declared_.size() - 1);
    }
    State *find(uint32_t number) {
        return number < declared_.size() ? &states_.at(declared_[number]) : nullptr;
    }
    void *resolve_one(State &state, const std::string &key, int64_t time, uint32_t flags) {
        auto found = state.entries.find(key);
        // As in the host, the first row of a key in a call judges its time for all of them.
        if (found != state.entries.end() && found->second.resolve != resolve_ && is_gone(state, found->second, time)) {
            state.entries.erase(found);
            found = state.entries.end();
        }
        if (found == state.entries.end()) {
            if (!(flags & WEIR_RESOLVE_CREATE)) return nullptr;
            found = state.entries.emplace(key, Entry{std::make_unique<char[]>(state.slot_bytes), kNever, false, resolve_}).first;
        }
        found->second.resolve = resolve_;
        const bool use = !(flags & WEIR_RESOLVE_READ) || (state.flags & WEIR_TTL_ON_READ);
        if (use && state.ttl > 0 && time != INT64_MIN) found->second.expiry = time + state.ttl;
        return found->second.slot.get();
    }
    bool is_gone(const State &state, const Entry &entry, int64_t time) const {
        const std::string zeros(state.slot_bytes, '\0');
        return entry.expiry <= time || (entry.erased && std::memcmp(entry.slot.get(), zeros.data(), zeros.size()) == 0);
    }
    int64_t time_of(const State &state) const {
        return state.ttl_clock == WEIR_CLOCK_EVENT ? call_.watermark : call_.now;
    }
    bool erase(State &state, void *slot) {
        for (auto &[key, entry] : state.entries) {
            if (entry.slot.get() != slot) continue;
            std::memset(slot, 0, state.slot_bytes);
            return entry.erased = true;
        }
        return false;
    }
    // The keys of a batch's rows as text, and a copy of each for on_timers.
    void take_keys(const Schema &schema, const ArrowArray &rows, const std::vector<std::string> &columns) {
        call_.keys.clear();
        std::vector<size_t> at;
        for (const std::string &column : columns)
            for (size_t c = 0; c < schema.size(); ++c)
                if (schema.fields[c].name == column) at.push_back(c);
        if (at.size() != columns.size()) throw std::invalid_argument("a column of HarnessOptions::key is not in the input");
        key_schema_.fields.clear();
        for (size_t c : at) key_schema_.fields.push_back(schema.fields[c]);
        for (int64_t row = 0; row < rows.length; ++row) {
            BatchBuilder one(key_schema_);
            for (size_t k = 0; k < at.size(); ++k)
                one.column(k).append_from(Column(rows.children[at[k]], &schema.fields[at[k]].type), row);
            ArrowArray made;
            one.finish(&made);
            std::string &text = call_.keys.emplace_back();
            append_json_row(text, key_schema_, made, 0, true);
            if (!key_rows_.emplace(text, made).second) made.release(&made);
        }
    }
    // The due timers of a clock, taken out, as rows of the key's columns.
    std::optional<ArrowArray> take_due(uint32_t clock, int64_t upto, std::vector<int64_t> &times) {
        BatchBuilder rows(key_schema_);
        times.clear();
        std::set<std::string> taken;  // each key once a call, as in the host
        for (auto at = timers_.begin(); at != timers_.end() && times.size() < WEIR_BATCH_MAX_ROWS;) {
            const auto &[of, time, key] = *at;
            if (of != clock || time > upto) {
                ++at;
                continue;
            }
            if (!taken.insert(key).second) break;
            const ArrowArray &row = key_rows_.at(key);
            for (size_t k = 0; k < key_schema_.size(); ++k)
                rows.column(k).append_from(Column(row.children[k], &key_schema_.fields[k].type), 0);
            times.push_back(time);
            at = timers_.erase(at);
        }
        if (times.empty()) return std::nullopt;
        rows.set_rows(static_cast<int64_t>(times.size()));
        ArrowArray out;
        rows.finish(&out);
        return out;
    }

    std::map<std::string, State> states_;
    std::set<Timer> timers_;
    std::map<std::string, ArrowArray> key_rows_;
    Schema key_schema_;
    // Of the present harness.
    std::vector<std::string> declared_;
    Call call_;
    uint64_t resolve_ = 0;  // calls so far
};

}  // namespace weir::testing
