// Timers against a std::set: random ones set, removed, taken, drained, written and restored.
#include <algorithm>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "host/keyed/timers.hpp"
#include "tests/unit/seeds.hpp"

namespace weir::host {
namespace {

using Key = std::pair<int64_t, std::string>;  // time and key

// Of groups 0 to 2.
uint64_t timer_hash(std::string_view key) { return (uint64_t{key.size() % 3} << 56) + key.size(); }

// What the snapshots of some timers have left, as the store would hold it.
struct StoredTimers {
    std::set<Key> timers;
    size_t entries = 0;  // that were handed over

    Timers::Put put() {
        return [this](uint32_t group, auto keys, auto values) -> Status {
            for (size_t i = 0; i < keys.size(); ++i) {
                const std::string_view entry(keys[i].data, keys[i].size), key = entry.substr(0, entry.size() - kTimerSuffixBytes);
                EXPECT_EQ(timer_hash(key) >> 56, group);
                const Key timer{Timers::time_of(entry), std::string(key)};
                if (values[i].data)
                    EXPECT_TRUE(timers.insert(timer).second) << "it was there";
                else
                    EXPECT_EQ(timers.erase(timer), 1u) << "deleted what was never written";
                ++entries;
            }
            return {};
        };
    }
};

std::string timer_key(std::mt19937_64& random) { return std::string(random() % 40, 'k'); }

TEST(Timers, AreWhatWasSetAndNotRemovedAlsoBehindARestore) {
    for (uint64_t seed = 0; seed < seeds(100); ++seed) {
        std::mt19937_64 random(seed);
        auto timers = std::make_unique<Timers>();
        std::set<Key> model;
        StoredTimers stored;
        for (int step = 0; step < 500; ++step) {
            const Key timer{static_cast<int64_t>(random() % 20) - 10, timer_key(random)};
            switch (random() % 8) {
                case 0: case 1: case 2:
                    timers->set(timer.first, timer_hash(timer.second), timer.second);
                    model.insert(timer);
                    break;
                case 3: case 4:
                    timers->remove(timer.first, timer_hash(timer.second), timer.second);
                    model.erase(timer);
                    break;
                case 5:
                    for (int n = static_cast<int>(random() % 5); n > 0 && timers->is_due(timer.first); --n) {
                        EXPECT_EQ(timers->due().time, model.begin()->first);
                        const Timers::Timer due = timers->take();
                        EXPECT_EQ(model.erase({due.time, due.key}), 1u);
                    }
                    break;
                case 6: ASSERT_TRUE(timers->snapshot(stored.put()).ok()); EXPECT_EQ(stored.timers, model); break;
                default:
                    if (random() % 10) break;
                    timers = std::make_unique<Timers>();
                    for (const auto& [time, key] : stored.timers) timers->restore(time, timer_hash(key), key);
                    model = stored.timers;
            }
            ASSERT_EQ(timers->next(), model.empty() ? std::nullopt : std::optional(model.begin()->first)) << "seed " << seed;
        }
        ASSERT_TRUE(timers->snapshot(stored.put()).ok());
        EXPECT_EQ(stored.timers, model);
        while (timers->is_due(INT64_MAX)) timers->take();
        EXPECT_EQ(timers->bytes(), 0u);
        if (HasFailure()) FAIL() << "seed " << seed;
    }
}

TEST(Timers, ThatMoveWithEveryRowTakeNoMoreThanOne) {
    Timers timers;
    timers.restore(0, 7, "key");
    timers.remove(0, 7, "key");
    timers.set(1, 7, "key");
    const size_t bytes = timers.bytes(), changed = timers.changed_bytes();
    EXPECT_GT(changed, 0u);
    for (int64_t time = 1; time < 100'000; ++time) {
        timers.remove(time, 7, "key");
        timers.set(time + 1, 7, "key");
    }
    EXPECT_EQ(timers.bytes(), bytes);
    EXPECT_EQ(timers.changed_bytes(), changed);
    size_t entries = 0;
    ASSERT_TRUE(timers.snapshot([&](uint32_t, auto keys, auto) {
        entries += keys.size();
        return Status();
    }).ok());
    EXPECT_EQ(entries, 2u) << "that the one is gone, and the other there";
    EXPECT_EQ(timers.changed_bytes(), 0u);
}

TEST(Timers, ThatComeAndGoBetweenSnapshotsAreNotWritten) {
    Timers timers;
    StoredTimers stored;
    timers.set(5, 1, "k");
    EXPECT_TRUE(timers.is_due(5));
    timers.take();
    ASSERT_TRUE(timers.snapshot(stored.put()).ok());
    EXPECT_EQ(stored.entries, 0u);
    EXPECT_EQ(timers.bytes() + timers.changed_bytes(), 0u);
}

TEST(Timers, ThatAreDrainedAreDueUntilTheyAreTakenOrRemoved) {
    Timers timers;
    StoredTimers stored;
    for (int64_t time : {1, 2, 3}) timers.set(time, timer_hash("k"), "k");
    ASSERT_TRUE(timers.snapshot(stored.put()).ok());
    timers.drain();
    EXPECT_EQ(timers.take().time, 1);
    timers.remove(2, timer_hash("k"), "k");
    timers.set(3, timer_hash("k"), "k");  // it is there
    timers.set(1, timer_hash("k"), "k");  // it was, and is set anew
    EXPECT_EQ(timers.take().time, 3);
    EXPECT_FALSE(timers.is_due(INT64_MAX)) << "what is set meanwhile waits";
    EXPECT_EQ(timers.next(), 1);
    ASSERT_TRUE(timers.snapshot(stored.put()).ok());
    EXPECT_EQ(stored.timers, (std::set<Key>{{1, "k"}}));
}

TEST(Timers, ThatAreRemovedAndSetAgainWhileTheOthersAreDrainedAreKept) {
    Timers timers;
    StoredTimers stored;
    timers.set(1, timer_hash("k"), "k");
    timers.set(2, timer_hash("k"), "k");
    ASSERT_TRUE(timers.snapshot(stored.put()).ok());
    timers.drain();
    timers.take();
    timers.remove(2, timer_hash("k"), "k");
    timers.set(2, timer_hash("k"), "k");
    EXPECT_FALSE(timers.is_due(INT64_MAX));
    EXPECT_EQ(timers.next(), 2);
    ASSERT_TRUE(timers.snapshot([&](uint32_t group, auto keys, auto values) -> Status {
        for (size_t i = 0; i < keys.size(); ++i) {  // the last one counts
            const Key timer{Timers::time_of({keys[i].data, keys[i].size}), "k"};
            if (values[i].data) stored.timers.insert(timer);
            else stored.timers.erase(timer);
        }
        EXPECT_EQ(group, timer_hash("k") >> 56);
        return {};
    }).ok());
    EXPECT_EQ(stored.timers, (std::set<Key>{{2, "k"}}));
}

TEST(Timers, OfTimesBeforeAndBehindTheEpochKeepTheirOrderOnDisk) {
    Timers timers;
    std::vector<std::string> entries;
    for (int64_t time : {INT64_MIN, int64_t{-5}, int64_t{0}, int64_t{7}, INT64_MAX}) timers.set(time, 1, "k");
    ASSERT_TRUE(timers.snapshot([&](uint32_t, auto keys, auto) {
        for (const weir_str& key : keys) entries.emplace_back(key.data, key.size);
        return Status();
    }).ok());
    ASSERT_EQ(entries.size(), 5u);
    EXPECT_TRUE(std::is_sorted(entries.begin(), entries.end()));
    EXPECT_EQ(Timers::time_of(entries[0]), INT64_MIN);
    EXPECT_EQ(Timers::time_of(entries[1]), -5);
    EXPECT_EQ(Timers::time_of(entries[4]), INT64_MAX);
}

TEST(KeysOfCall, AreEachThereOnceUntilTheNextCall) {
    KeysOfCall keys;
    for (int call = 0; call < 3; ++call) {
        keys.clear();
        for (uint64_t i = 0; i < WEIR_BATCH_MAX_ROWS; ++i) ASSERT_TRUE(keys.add(i * 2'048)) << "all of one place";
        for (uint64_t i = 0; i < WEIR_BATCH_MAX_ROWS; ++i) ASSERT_FALSE(keys.add(i * 2'048));
    }
}

}  // namespace
}  // namespace weir::host
