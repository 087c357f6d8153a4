// The table against a std::map: random writes, erasures, snapshots, restores into another table, expiry.
#include <map>
#include <random>
#include <set>
#include <string>

#include <gtest/gtest.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "host/keyed/state_table.hpp"
#include "tests/unit/seeds.hpp"

namespace weir::host {
namespace {

uint64_t hash_of(std::string_view key) { return XXH3_64bits(key.data(), key.size()); }

SlotLayout number_and_text() {
    static const weir_state_field fields[] = {{sizeof(weir_state_field), 0, WEIR_NEVER_NULL, 0, "n", "l"},
                                              {sizeof(weir_state_field), 8, WEIR_NEVER_NULL, 0, "t", "u"}};
    weir_state_layout layout{};
    layout.size = sizeof layout;
    layout.version = 1;
    layout.slot_bytes = 24;
    layout.n_fields = 2;
    layout.fields = fields;
    return *SlotLayout::create(layout);
}

struct Slot {
    int64_t n;
    weir_state_bytes text;
};

using Model = std::map<std::string, std::pair<int64_t, std::string>>;

// What epochs have written, as the store would hold it.
struct Stored {
    std::map<std::string, std::string> entries;
    StateTable::Put put() {
        return [this](uint32_t group, uint32_t mode, auto keys, auto values) -> Status {
            if (mode == WEIR_SNAPSHOT_FULL)
                std::erase_if(entries, [&](auto& e) { return hash_of(e.first) >> 56 == group; });
            for (size_t i = 0; i < keys.size(); ++i) {
                const std::string key(keys[i].data, keys[i].size);
                EXPECT_EQ(hash_of(key) >> 56, group);
                if (values[i].data)
                    entries[key] = std::string(values[i].data, values[i].size);
                else
                    EXPECT_EQ(entries.erase(key), 1u) << "deleted what was never written";
            }
            return {};
        };
    }
};

class Table {
public:
    explicit Table(StateTtl ttl = {}) : table(layout, ttl, 0) {}
    // Evicted entries come back from there.
    Table(StateTtl ttl, const Stored& store) : table(layout, ttl, 0), store_(&store) { table.allow_eviction(); }

    std::vector<Slot*> resolve(const std::vector<std::string>& keys, uint32_t flags, int64_t now = 0,
                               const std::vector<int64_t>& times = {}) {
        KeyBatch batch;
        std::vector<uint64_t> hashes;
        for (const std::string& key : keys) {
            batch.add(key.data(), key.size());
            hashes.push_back(hash_of(key));
        }
        if (table.is_partial()) fetch(batch, hashes, now);
        std::vector<void*> slots(keys.size());
        table.resolve(batch, hashes.data(), times.empty() ? nullptr : times.data(), now, flags, slots.data());
        std::vector<Slot*> out;
        for (void* slot : slots) out.push_back(static_cast<Slot*>(slot));
        return out;
    }
    void set(Slot* slot, int64_t n, const std::string& text) {
        slot->n = n;
        set_text(slot->text, text, table.pool());
    }
    void restore(const Stored& stored, int64_t now = 0) {
        auto reader = SlotReader::create(layout.schema(), layout);
        for (const auto& [key, value] : stored.entries) {
            KeyBatch batch;
            batch.add(key.data(), key.size());
            char* slot = table.restore(hash_of(key), batch.words(0), batch.bytes(0));
            std::optional<int64_t> expiry;
            ASSERT_TRUE(reader->read(value, slot, expiry, table.pool()));
            table.restore_expiry(slot, hash_of(key), expiry, now);
        }
    }
    void expect(const Model& model, const std::vector<std::string>& keys) {
        auto slots = resolve(keys, WEIR_RESOLVE_READ);
        for (size_t i = 0; i < keys.size(); ++i) {
            auto found = model.find(keys[i]);
            ASSERT_EQ(slots[i] != nullptr, found != model.end()) << keys[i];
            if (!slots[i]) continue;
            EXPECT_EQ(slots[i]->n, found->second.first);
            EXPECT_EQ(std::string(slots[i]->text.data ? slots[i]->text.data : "", slots[i]->text.size), found->second.second);
        }
    }

    SlotLayout layout = number_and_text();
    StateTable table;

private:
    void fetch(const KeyBatch& keys, const std::vector<uint64_t>& hashes, int64_t now) {
        auto reader = SlotReader::create(layout.schema(), layout);
        std::vector<uint32_t> rows;
        table.missing(keys, hashes.data(), rows);
        std::set<std::string> seen;
        for (uint32_t row : rows) {
            auto found = store_->entries.find(std::string(keys.view(row)));
            if (found == store_->entries.end() || !seen.insert(found->first).second) continue;
            char* slot = table.restore(hashes[row], keys.words(row), keys.bytes(row));
            std::optional<int64_t> expiry;
            ASSERT_TRUE(reader->read(found->second, slot, expiry, table.pool()));
            table.restore_expiry(slot, hashes[row], expiry, now);
        }
    }
    const Stored* store_ = nullptr;
};

std::vector<std::string> some_keys(size_t n) {
    std::vector<std::string> keys;
    for (size_t i = 0; i < n; ++i) keys.push_back(std::string(i % 60, 'k') + std::to_string(i));
    return keys;
}

TEST(StateTable, HoldsWhatAMapHolds) {
    for (uint64_t seed = 0; seed < seeds(12); ++seed) {
        std::mt19937_64 random(seed);
        const auto keys = some_keys(1 + random() % 3000);
        auto table = std::make_unique<Table>();
        Model model;
        Stored stored;
        for (int step = 0; step < 60; ++step) {
            std::vector<std::string> batch;
            for (uint64_t i = random() % 300; i > 0; --i) batch.push_back(keys[random() % keys.size()]);
            auto slots = table->resolve(batch, WEIR_RESOLVE_CREATE);
            for (size_t i = 0; i < batch.size(); ++i) {
                if (random() % 4 == 0) {
                    ASSERT_TRUE(table->table.erase(slots[i]));
                    model.erase(batch[i]);
                    slots[i] = nullptr;
                } else if (slots[i]) {
                    const auto n = static_cast<int64_t>(1 + random() % 100);
                    const std::string text(random() % 3 ? random() % 80 : random() % 9000, 't');
                    table->set(slots[i], n, text);
                    model[batch[i]] = {n, text};
                }
            }
            // An entry whose slot was erased and not written again is gone; another row of the key may have written it.
            if (random() % 5 == 0) {
                ASSERT_TRUE(table->table.snapshot(stored.put(), 1).ok());
                ASSERT_EQ(stored.entries.size(), model.size()) << "seed " << seed;
            }
            if (random() % 11 == 0) {
                ASSERT_TRUE(table->table.snapshot(stored.put(), 1).ok());
                table = std::make_unique<Table>();
                table->restore(stored);
            }
            if (step % 6 == 0) table->expect(model, keys);
            if (HasFatalFailure() || HasNonfatalFailure()) FAIL() << "seed " << seed << ", step " << step;
        }
    }
}

// As above, with entries evicted at any time, epochs that are committed later, crashes before that, and, in every other
// seed, a time to live.
TEST(StateTable, HoldsWhatAMapHoldsWhileEntriesAreEvicted) {
    for (uint64_t seed = 0; seed < seeds(16); ++seed) {
        std::mt19937_64 random(seed);
        const auto keys = some_keys(1 + random() % 2000);
        const StateTtl ttl{seed % 2 ? 1000 : 0, WEIR_CLOCK_PROCESSING, seed % 4 == 3};
        Stored written, committed;
        auto table = std::make_unique<Table>(ttl, committed);
        using Expiring = std::map<std::string, std::pair<std::pair<int64_t, std::string>, int64_t>>;
        Expiring model, model_committed, model_written;
        int64_t now = 1, now_written = 1, now_committed = 1;
        uint64_t epoch = 0;
        bool in_flight = false;
        const auto commit = [&] {
            committed = written;
            model_committed = model_written;
            now_committed = now_written;
            in_flight = false;
        };
        for (int step = 0; step < 120; ++step) {
            now += static_cast<int64_t>(random() % 40);
            table->table.clean(now, random() % 100);
            const auto forget = [&] {
                std::erase_if(model, [&](auto& e) { return e.second.second <= now; });
            };
            forget();
            std::vector<std::string> batch;
            for (uint64_t i = random() % 200; i > 0; --i) batch.push_back(keys[random() % keys.size()]);
            const int64_t until = ttl.after ? now + ttl.after : INT64_MAX;
            auto slots = table->resolve(batch, WEIR_RESOLVE_CREATE, now);
            for (size_t i = 0; i < batch.size(); ++i) {
                const auto found = model.find(batch[i]);
                ASSERT_EQ(slots[i]->n, found == model.end() ? 0 : found->second.first.first) << "seed " << seed << ", step " << step;
                if (random() % 4 == 0) {
                    ASSERT_TRUE(table->table.erase(slots[i]));
                    model.erase(batch[i]);
                } else {
                    const auto n = static_cast<int64_t>(1 + random() % 100);
                    const std::string text(random() % 3 ? random() % 80 : random() % 9000, 't');
                    table->set(slots[i], n, text);
                    model[batch[i]] = {{n, text}, until};
                }
            }
            // Created and left zero is there with nothing in it; the model has no such entries.
            std::vector<std::string> empty;
            for (size_t i = 0; i < batch.size(); ++i)
                if (!model.contains(batch[i])) empty.push_back(batch[i]);
            for (Slot* slot : table->resolve(empty, 0, now))
                if (slot) table->table.erase(slot);
            if (random() % 3 == 0) {
                size_t most = random() % 4000;
                table->table.evict(random() % 100'000, most);
            }
            if (random() % 4 == 0) {
                if (in_flight) commit();
                ASSERT_TRUE(table->table.snapshot(written.put(), ++epoch).ok());
                model_written = model;
                now_written = now;
                in_flight = true;
            } else if (in_flight && random() % 3 == 0) {
                commit();
                table->table.committed();
                if (random() % 2) table->table.shrink(random() % 100'000);
            }
            if (random() % 15 == 0) {  // a crash: the epoch in flight is lost; what is restored is a part of the rest
                table = std::make_unique<Table>(ttl, committed);
                Stored some = committed;
                std::set<uint64_t> left;
                for (uint64_t i = random() % 256; i > 0; --i) left.insert(random() % 256);
                std::erase_if(some.entries, [&](auto& e) { return left.contains(hash_of(e.first) >> 56); });
                table->restore(some, now_committed);
                for (uint64_t group : left) table->table.set_partial(static_cast<uint32_t>(group));
                written = committed;
                model = model_committed;
                now = now_committed;
                in_flight = false;
            }
            if (step % 6 != 0) continue;
            forget();
            auto all = table->resolve(keys, ttl.on_read ? 0u : static_cast<uint32_t>(WEIR_RESOLVE_READ), now);
            for (size_t i = 0; i < keys.size(); ++i) {
                const auto found = model.find(keys[i]);
                ASSERT_EQ(all[i] != nullptr, found != model.end()) << keys[i] << ", seed " << seed << ", step " << step;
                if (!all[i]) continue;
                ASSERT_EQ(all[i]->n, found->second.first.first) << "seed " << seed << ", step " << step;
                ASSERT_EQ(std::string(all[i]->text.data ? all[i]->text.data : "", all[i]->text.size), found->second.first.second);
                if (ttl.on_read) found->second.second = until;
            }
        }
    }
}

TEST(StateTable, EvictsWhatWasNotResolvedForLonger) {
    Stored committed;
    Table table({}, committed);
    const auto keys = some_keys(60'000);
    for (Slot* slot : table.resolve(keys, WEIR_RESOLVE_CREATE)) slot->n = 1;
    size_t most = 100'000;
    EXPECT_EQ(table.table.evict(SIZE_MAX, most), 0u) << "nothing is stored";
    ASSERT_TRUE(table.table.snapshot(committed.put(), 1).ok());
    most = 100'000;
    EXPECT_EQ(table.table.evict(SIZE_MAX, most), 0u) << "the epoch is not committed";
    table.table.committed();
    most = 60'000 + 256 * GroupTable::kPageEntries;
    table.table.evict(SIZE_MAX, most);
    const std::vector<std::string> hot(keys.begin(), keys.begin() + 500);
    table.resolve(hot, WEIR_RESOLVE_READ);
    const size_t held = table.table.bytes();
    most = 1'000'000;
    table.table.evict(table.table.used() / 4 * 3, most);
    const uint64_t left = table.table.entries();
    EXPECT_LT(left, 20'000u);
    EXPECT_EQ(table.table.bytes(), held) << "room is kept for others";
    table.table.shrink(held);
    EXPECT_LT(table.table.bytes(), held * 3 / 4);
    for (Slot* slot : table.resolve(keys, WEIR_RESOLVE_READ)) ASSERT_EQ(slot->n, 1);
}

TEST(StateTable, WritesOnlyWhatChanged) {
    Table table;
    Stored stored;
    auto slots = table.resolve({"a", "b", "c"}, WEIR_RESOLVE_CREATE);
    for (Slot* slot : slots) slot->n = 1;
    ASSERT_TRUE(table.table.snapshot(stored.put(), 1).ok());
    EXPECT_EQ(stored.entries.size(), 3u);
    stored.entries.clear();
    table.resolve({"a", "b", "x"}, WEIR_RESOLVE_READ);
    table.resolve({"b", "y"}, 0)[0]->n = 2;
    ASSERT_TRUE(table.table.snapshot(stored.put(), 1).ok());
    EXPECT_EQ(stored.entries.size(), 1u);
    EXPECT_TRUE(stored.entries.contains("b"));
}

TEST(StateTable, RewritesAGroupThatWasReadFromAnotherLayout) {
    Table table;
    Stored stored;
    for (Slot* slot : table.resolve(some_keys(50), WEIR_RESOLVE_CREATE)) slot->n = 1;
    ASSERT_TRUE(table.table.snapshot(stored.put(), 1).ok());
    Stored again;
    for (uint32_t group = 0; group < 256; ++group) table.table.rewrite(group);
    ASSERT_TRUE(table.table.snapshot(again.put(), 1).ok());
    EXPECT_EQ(again.entries, stored.entries);
}

TEST(StateTable, ForgetsAnEntryWhenItsTimeIsOver) {
    Table table({100, WEIR_CLOCK_PROCESSING, false});
    Stored stored;
    table.resolve({"a", "b"}, WEIR_RESOLVE_CREATE, 0)[0]->n = 1;
    EXPECT_NE(table.resolve({"a"}, WEIR_RESOLVE_READ, 99)[0], nullptr);
    table.resolve({"b"}, 0, 50)[0]->n = 2;  // puts it off
    ASSERT_TRUE(table.table.snapshot(stored.put(), 1).ok());
    EXPECT_EQ(table.resolve({"a"}, WEIR_RESOLVE_READ, 100)[0], nullptr);
    EXPECT_NE(table.resolve({"b"}, WEIR_RESOLVE_READ, 149)[0], nullptr);
    ASSERT_TRUE(table.table.snapshot(stored.put(), 1).ok());
    EXPECT_EQ(stored.entries.size(), 1u);

    Table restored({100, WEIR_CLOCK_PROCESSING, false});
    restored.restore(stored);
    EXPECT_EQ(restored.resolve({"b"}, WEIR_RESOLVE_READ, 149)[0]->n, 2);
    EXPECT_EQ(restored.resolve({"b"}, WEIR_RESOLVE_CREATE, 150)[0]->n, 0) << "a value began anew";
}

TEST(StateTable, JudgesAnEntryByTheFirstRowOfItsKeyInACall) {
    Table table({100, WEIR_CLOCK_EVENT, false});
    table.resolve({"a"}, WEIR_RESOLVE_CREATE, kNoTime, {0})[0]->n = 7;
    auto slots = table.resolve({"a", "a"}, WEIR_RESOLVE_CREATE, kNoTime, {50, 500});
    EXPECT_EQ(slots[0], slots[1]);
    EXPECT_EQ(slots[0]->n, 7) << "what the first row sees is gone";
    EXPECT_NE(table.resolve({"a"}, WEIR_RESOLVE_READ, kNoTime, {599})[0], nullptr);
    EXPECT_EQ(table.resolve({"a"}, WEIR_RESOLVE_READ, kNoTime, {600})[0], nullptr);
}

TEST(StateTable, KeepsAnEntryByItsLatestRow) {
    Table table({100, WEIR_CLOCK_EVENT, false});
    table.resolve({"a"}, WEIR_RESOLVE_CREATE, kNoTime, {200})[0]->n = 1;
    table.resolve({"a"}, WEIR_RESOLVE_CREATE, kNoTime, {120})[0]->n = 2;  // out of order
    EXPECT_NE(table.resolve({"a"}, WEIR_RESOLVE_READ, kNoTime, {299})[0], nullptr);
}

TEST(StateTable, IsCleanedWithoutBeingRead) {
    Table table({6400, WEIR_CLOCK_PROCESSING, false});
    Stored stored;
    const auto keys = some_keys(2000);
    for (size_t i = 0; i < keys.size(); ++i) table.resolve({keys[i]}, WEIR_RESOLVE_CREATE, static_cast<int64_t>(i))[0]->n = 1;
    ASSERT_TRUE(table.table.snapshot(stored.put(), 1).ok());
    EXPECT_EQ(stored.entries.size(), 2000u);
    table.table.clean(7400, 500);
    ASSERT_TRUE(table.table.snapshot(stored.put(), 1).ok());
    EXPECT_EQ(stored.entries.size(), 1500u) << "no more than asked for";
    table.table.clean(9000, 1'000'000);
    ASSERT_TRUE(table.table.snapshot(stored.put(), 1).ok());
    EXPECT_EQ(stored.entries.size(), 0u);
    EXPECT_EQ(table.table.entries(), 0u);
}

TEST(StateTable, PutsTheExpiryOffOnReadsWhereAsked) {
    Table table({100, WEIR_CLOCK_PROCESSING, true});
    table.resolve({"a"}, WEIR_RESOLVE_CREATE, 0)[0]->n = 1;
    EXPECT_NE(table.resolve({"a"}, WEIR_RESOLVE_READ, 90)[0], nullptr);
    EXPECT_NE(table.resolve({"a"}, WEIR_RESOLVE_READ, 180)[0], nullptr);
    table.table.clean(190, 1000);
    EXPECT_NE(table.resolve({"a"}, WEIR_RESOLVE_READ, 190)[0], nullptr);
    EXPECT_EQ(table.resolve({"a"}, WEIR_RESOLVE_READ, 290)[0], nullptr);
}

// Expiry, erasure and reuse of entries' numbers against a map of expiries.
TEST(StateTable, ForgetsWhatAMapForgets) {
    for (uint64_t seed = 0; seed < seeds(12); ++seed) {
        std::mt19937_64 random(seed);
        Table table({1000, WEIR_CLOCK_EVENT, false});
        Stored stored;
        const auto keys = some_keys(60);
        std::map<std::string, int64_t> expiries;
        int64_t now = static_cast<int64_t>(seed % 3) - 1 < 0 ? kNoTime : 0;
        for (int step = 0; step < 400; ++step) {
            if (random() % 3 == 0) {
                if (now == kNoTime) {
                    for (auto& [key, expiry] : expiries) expiry = 1000;
                    now = 0;
                    table.table.clean(now, 0);
                } else {
                    now += static_cast<int64_t>(random() % 300);
                }
            }
            table.table.clean(now, random() % 20);
            if (now != kNoTime) std::erase_if(expiries, [&](auto& e) { return e.second <= now; });
            const std::string& key = keys[random() % keys.size()];
            Slot* slot = table.resolve({key}, WEIR_RESOLVE_CREATE, now)[0];
            EXPECT_EQ(slot->n != 0, expiries.contains(key)) << "seed " << seed;
            slot->n = 1;
            expiries[key] = now == kNoTime ? INT64_MAX : now + 1000;
            if (random() % 5 == 0) {
                table.table.erase(slot);
                expiries.erase(key);
            }
            if (random() % 10 == 0) {
                ASSERT_TRUE(table.table.snapshot(stored.put(), 1).ok());
            }
            for (const std::string& one : keys)
                ASSERT_EQ(table.resolve({one}, WEIR_RESOLVE_READ, now)[0] != nullptr, expiries.contains(one))
                    << "seed " << seed << ", step " << step;
        }
    }
}

}  // namespace
}  // namespace weir::host
