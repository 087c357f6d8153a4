// Keys looked up many at a time, as evicted entries are, while epochs go on and runs are folded.
#include <atomic>
#include <cstring>
#include <random>
#include <thread>

#include <gtest/gtest.h>

#include "tests/unit/seeds.hpp"
#include "tests/unit/state/workload.hpp"

namespace weir::host {
namespace {

constexpr uint32_t kState = WEIR_HOST_STATES | 7;

StoreOptions with_lookups(bool background_folding) {
    StoreOptions options = small_store(background_folding);
    options.lookups = true;
    return options;
}

std::string key_of(uint64_t n) { return std::string(n % 5, 'k') + std::to_string(n); }

using FoundValues = std::map<std::pair<uint32_t, std::string>, std::pair<std::string, uint32_t>>;  // value and version

FoundValues find(const StateStore& store, const std::vector<std::pair<uint32_t, std::string>>& keys) {
    std::vector<GroupKey> wanted;
    for (const auto& [group, key] : keys) wanted.push_back({group, key});
    FoundValues out;
    const Status status = store.find("n", kState, wanted, [&](size_t i, std::string_view value, uint32_t version) {
        EXPECT_TRUE(out.emplace(keys[i], std::pair(std::string(value), version)).second) << "twice";
        return Status();
    });
    EXPECT_TRUE(status.ok()) << status.message();
    return out;
}

TEST(StoreFind, FindsWhatAMapHolds) {
    for (uint64_t seed = 0; seed < seeds(12); ++seed) {
        std::mt19937_64 random(seed);
        TemporaryFolder folder;
        auto store = open_store(folder / "state", with_lookups(seed % 2 == 0));
        const uint64_t keys = 1 + random() % 3000;
        FoundValues model;
        for (uint64_t epoch = 1; epoch <= 40; ++epoch) {
            std::vector<Change> changes;
            for (uint32_t group = 0; group < 3; ++group) {
                Change change{keyed("n", group, kState), random() % 10 == 0, {}, 1 + static_cast<uint32_t>(epoch / 15)};
                if (change.full) std::erase_if(model, [&](auto& e) { return e.first.first == group; });
                std::map<std::string, std::optional<std::string>> chosen;
                for (uint64_t i = random() % 400; i > 0; --i) {
                    auto& value = chosen[key_of(random() % keys)];
                    value.reset();
                    if (random() % 3) value = std::string(random() % 50, 'v') + std::to_string(epoch);
                }
                for (const auto& [key, value] : chosen) {
                    change.entries.emplace_back(key, value);
                    if (value)
                        model[{group, key}] = {*value, change.version};
                    else
                        model.erase({group, key});
                }
                changes.push_back(std::move(change));
            }
            ASSERT_TRUE(write(*store, epoch, changes).ok());
            if (random() % 9 == 0) {
                ASSERT_TRUE(store->fold().ok());
            }
            if (random() % 9 == 0) {
                store.reset();
                store = open_store(folder / "state", with_lookups(seed % 2 == 0));
                ASSERT_TRUE(store->read("n", [](const weir_state_block&) { return Status(); }).ok());
            }
            std::vector<std::pair<uint32_t, std::string>> wanted;
            for (uint32_t group = 0; group < 4; ++group)
                for (uint64_t i = 0; i < 50; ++i) wanted.emplace_back(group, key_of(random() % (keys + 10)));
            std::sort(wanted.begin(), wanted.end());
            wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
            FoundValues expected;
            for (const auto& key : wanted)
                if (auto found = model.find(key); found != model.end()) expected.insert(*found);
            ASSERT_EQ(find(*store, wanted), expected) << "seed " << seed << ", epoch " << epoch;
        }
        EXPECT_GT(store->lookup_bytes(), 0u);
    }
}

TEST(StoreFind, DoesNotSeeWhatIsNotCommitted) {
    TemporaryFolder folder;
    auto store = open_store(folder / "state", with_lookups(false));
    ASSERT_TRUE(write(*store, 1, {{keyed("n", 0, kState), false, {{"a", "1"}}}}).ok());
    std::vector<EpochPart> parts(1);
    ASSERT_TRUE(put(parts[0], {keyed("n", 0, kState), false, {{"a", "2"}, {"b", "2"}}}).ok());
    ASSERT_TRUE(store->prepare(2, parts, "").ok());
    EXPECT_EQ(find(*store, {{0, "a"}, {0, "b"}}), (FoundValues{{{0, "a"}, {"1", 1}}}));
    ASSERT_TRUE(store->abort(2).ok());
    EXPECT_EQ(find(*store, {{0, "a"}, {0, "b"}}), (FoundValues{{{0, "a"}, {"1", 1}}}));
}

// Every epoch writes its number under all keys.
TEST(StoreFind, GoesOnWhileRunsAreFolded) {
    TemporaryFolder folder;
    auto store = open_store(folder / "state", with_lookups(true));
    std::atomic<bool> done{false};
    std::atomic<uint64_t> committed{0};
    std::thread reader([&] {
        while (!done) {
            const uint64_t before = committed;
            const auto found = find(*store, {{0, "a"}, {0, "b"}, {1, "c"}});
            if (before > 0) {
                EXPECT_EQ(found.size(), 3u);
            }
            for (const auto& [key, value] : found) EXPECT_GE(std::stoull(value.first), before);
        }
    });
    for (uint64_t epoch = 1; epoch <= 150; ++epoch) {
        const std::string value = std::to_string(epoch);
        ASSERT_TRUE(write(*store, epoch, {{keyed("n", 0, kState), false, {{"a", value}, {"b", value}}},
                                          {keyed("n", 1, kState), false, {{"c", value}}}})
                        .ok());
        committed = epoch;
    }
    done = true;
    reader.join();
}

// Values here are their expiry.
TEST(StoreFind, FoldsAwayWhatHasExpired) {
    TemporaryFolder folder;
    StoreOptions options = with_lookups(false);
    options.expired_by = [](std::string_view value, int64_t time) { return std::stoll(std::string(value)) <= time; };
    auto store = open_store(folder / "state", options);
    ASSERT_TRUE(write(*store, 1, {{keyed("n", 0, kState), false, {{"a", "10"}, {"b", "20"}, {"c", "30"}}},
                                  {keyed("n", 1, kState), false, {{"a", "10"}}}})
                    .ok());
    ASSERT_TRUE(write(*store, 2, {{keyed("n", 0, kState), false, {{"a", "40"}, {"d", "5"}}}}).ok());
    store->expire("n", kState, 0, 20);
    ASSERT_TRUE(store->fold().ok());
    EXPECT_EQ(find(*store, {{0, "a"}, {0, "b"}, {0, "c"}, {0, "d"}, {1, "a"}}),
              (FoundValues{{{0, "a"}, {"40", 1}}, {{0, "c"}, {"30", 1}}, {{1, "a"}, {"10", 1}}}));
    EXPECT_EQ(store->summaries()[0].entries, 3u);
}

}  // namespace
}  // namespace weir::host
