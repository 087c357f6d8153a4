// Keyed lists and maps that the host holds, and maps for all keys. Each element and each entry is kept by itself: a change of one writes that
// one, and a time to live is each one's own. Two states on disk: `name`, and `name.items` with the elements.
//
//   auto lists = clicks_.update(in);
//   for (int64_t row = 0; row < in.rows(); ++row) lists.add(row, in.column(1).value<int64_t>(row));
//
// Elements, entries' values: as a ValueState's. Keys of a map: integers, or std::string. Threads: the instance's.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <weir/state.hpp>

namespace weir {

namespace detail {

struct ListHead {
    int64_t first, next;  // indices of the elements
    static auto fields() { return weir::fields(field("first", &ListHead::first), field("next", &ListHead::next)); }
};

// A map knows its keys by a list of those that were ever put since it was last tidied.
struct MapHead {
    weir_state_bytes keys;  // u32 length, bytes, and so on
    int64_t listed;
    int64_t limit;  // tidied beyond it
    static auto fields() {
        return weir::fields(field("keys", &MapHead::keys, "z"), field("listed", &MapHead::listed), field("limit", &MapHead::limit));
    }
};

}  // namespace detail

// The lists of a batch's rows.
template <class T>
class Lists {
public:
    void add(int64_t row, const T &element) {
        const int64_t index = head(row).next++;
        detail::Slot<T>::store(*items_, items_->item(*batch_, row, detail::item_key(index), WEIR_RESOLVE_CREATE), element);
    }
    // What is there, in the order in which it was added.
    std::vector<T> get(int64_t row) const {
        std::vector<T> out;
        for (int64_t i = head(row).first; i < head(row).next; ++i)
            if (const void *slot = items_->item(*batch_, row, detail::item_key(i), WEIR_RESOLVE_READ))
                out.push_back(detail::Slot<T>::load(slot));
        return out;
    }
    // Removes the n first elements.
    void remove_first(int64_t row, int64_t n) {
        for (; n > 0 && head(row).first < head(row).next; ++head(row).first) {
            void *slot = items_->item(*batch_, row, detail::item_key(head(row).first), 0);
            if (!slot) continue;  // its time was over
            items_->erase(slot);
            --n;
        }
    }
    void clear(int64_t row) {
        remove_first(row, head(row).next - head(row).first);
        heads_.clear(row);
    }

private:
    template <class>
    friend class ListState;
    Lists(Values<detail::ListHead> heads, detail::HostState *items, const weir_batch *batch)
        : heads_(heads), items_(items), batch_(batch) {}
    detail::ListHead &head(int64_t row) const { return *heads_.find(row); }

    Values<detail::ListHead> heads_;
    detail::HostState *items_;
    const weir_batch *batch_;
};

template <class T>
class ListState {
public:
    ListState(Context context, const char *name, const StateOptions &options = {})
        : heads_(context, name, {1, options.ttl}),
          items_(detail::items_state<T>(context, std::string(name) + ".items", options)) {}
    Lists<T> update(const BatchView &in) { return {heads_.update(in), &items_, &in.raw()}; }

private:
    ValueState<detail::ListHead> heads_;
    detail::HostState items_;
};

// The maps of a batch's rows.
template <class K, class V>
class Maps {
public:
    std::optional<V> get(int64_t row, const K &key) const {
        const void *slot = items_->item(*batch_, row, detail::item_key(key), WEIR_RESOLVE_READ);
        return slot ? std::optional<V>(detail::Slot<V>::load(slot)) : std::nullopt;
    }
    bool contains(int64_t row, const K &key) const {
        return items_->item(*batch_, row, detail::item_key(key), WEIR_RESOLVE_READ) != nullptr;
    }
    void put(int64_t row, const K &key, const V &value) {
        const std::string bytes = detail::item_key(key);
        if (!items_->item(*batch_, row, bytes, WEIR_RESOLVE_READ)) list(row, bytes);
        detail::Slot<V>::store(*items_, items_->item(*batch_, row, bytes, WEIR_RESOLVE_CREATE), value);
    }
    void remove(int64_t row, const K &key) {
        if (void *slot = items_->item(*batch_, row, detail::item_key(key), 0)) items_->erase(slot);
    }
    // In order of the keys.
    std::vector<std::pair<K, V>> entries(int64_t row) const {
        std::vector<std::pair<K, V>> out;
        for (const std::string &key : keys(row))
            out.emplace_back(detail::key_of_item<K>(key),
                             detail::Slot<V>::load(items_->item(*batch_, row, key, WEIR_RESOLVE_READ)));
        return out;
    }
    void clear(int64_t row) {
        for (const std::string &key : keys(row)) items_->erase(items_->item(*batch_, row, key, 0));
        heads_.clear(row);
    }

private:
    template <class, class>
    friend class MapState;
    Maps(Values<detail::MapHead> heads, ValueState<detail::MapHead> *state, detail::HostState *items, const weir_batch *batch)
        : heads_(heads), state_(state), items_(items), batch_(batch) {}

    // Those that are there, each once, in order.
    std::vector<std::string> keys(int64_t row) const {
        std::vector<std::string> out;
        const weir_state_bytes &listed = heads_.find(row)->keys;
        for (uint64_t at = 0; at < listed.size;) {
            uint32_t size = 0;
            std::memcpy(&size, listed.data + at, sizeof size);
            out.emplace_back(listed.data + at + sizeof size, size);
            at += sizeof size + size;
        }
        std::sort(out.begin(), out.end());
        out.erase(std::unique(out.begin(), out.end()), out.end());
        std::erase_if(out, [&](const std::string &key) { return !items_->item(*batch_, row, key, WEIR_RESOLVE_READ); });
        return out;
    }
    void list(int64_t row, const std::string &key) {
        detail::MapHead &head = *heads_.find(row);
        std::string bytes;
        if (head.listed >= head.limit) {
            const auto there = keys(row);
            for (const std::string &one : there) append(bytes, one);
            head.listed = static_cast<int64_t>(there.size());
            head.limit = 2 * head.listed + 16;
        } else if (head.keys.size) {
            bytes.assign(head.keys.data, head.keys.size);
        }
        append(bytes, key);
        ++head.listed;
        state_->set_text(head.keys, bytes);
    }
    static void append(std::string &to, const std::string &key) {
        const auto size = static_cast<uint32_t>(key.size());
        to.append(reinterpret_cast<const char *>(&size), sizeof size);
        to.append(key);
    }

    Values<detail::MapHead> heads_;
    ValueState<detail::MapHead> *state_;
    detail::HostState *items_;
    const weir_batch *batch_;
};

template <class K, class V>
class MapState {
    static_assert(std::is_integral_v<K> || std::is_same_v<K, std::string>, "keys are integers or std::string");

public:
    MapState(Context context, const char *name, const StateOptions &options = {})
        : heads_(context, name, {1, options.ttl}),
          items_(detail::items_state<V>(context, std::string(name) + ".items", options)) {}
    Maps<K, V> update(const BatchView &in) { return {heads_.update(in), &heads_, &items_, &in.raw()}; }

private:
    ValueState<detail::MapHead> heads_;
    detail::HostState items_;
};

// A map that every instance has whole, such as rules or configuration: changed by the rows of an input with
// WEIR_PORT_BROADCAST, read in any call. All instances are given the rows of one edge in one order, and behind a barrier
// the same of them: what depends on these rows alone is the same for all keys.
template <class K, class V>
class BroadcastState {
    static_assert(std::is_integral_v<K> || std::is_same_v<K, std::string>, "keys are integers or std::string");

public:
    BroadcastState(Context context, const char *name, const StateOptions &options = {})
        : state_(detail::items_state<V>(context, name, options, WEIR_STATE_FOR_ALL)) {}

    std::optional<V> get(const K &key) {
        const void *slot = state_.of_all(detail::item_key(key), WEIR_RESOLVE_READ);
        return slot ? std::optional<V>(detail::Slot<V>::load(slot)) : std::nullopt;
    }
    bool contains(const K &key) { return state_.of_all(detail::item_key(key), WEIR_RESOLVE_READ) != nullptr; }
    // In order of the keys.
    std::vector<std::pair<K, V>> entries() {
        std::vector<std::pair<K, V>> out;
        state_.scan_all([&](std::string_view key, const void *slot) {
            out.emplace_back(detail::key_of_item<K>(key), detail::Slot<V>::load(slot));
        });
        return out;
    }
    void put(const K &key, const V &value) {
        detail::Slot<V>::store(state_, state_.of_all(detail::item_key(key), WEIR_RESOLVE_CREATE), value);
    }
    void remove(const K &key) {
        if (void *slot = state_.of_all(detail::item_key(key), 0)) state_.erase(slot);
    }

private:
    detail::HostState state_;
};

}  // namespace weir
