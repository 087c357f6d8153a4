// Random inputs against the reference: every pair, in order, for any batch size, outbox and domain.
#include <gtest/gtest.h>

#include <random>

#include "reference.hpp"
#include "support.hpp"

namespace weir::testing {
namespace {

struct Case {
    const char *type;
    int64_t sum, low, high;    // of the parameters
    int64_t lowest, highest;   // of the inputs
    size_t batch;
    bool full;
    bool restart;  // through a full snapshot, after every batch
    bool changes;  // through the sum of all changes, after every batch
};

std::string config(const Case &c) {
    return Json{{"value", "n"}, {"sum", c.sum}, {"min", c.low}, {"max", c.high}, {"carry", {"id"}}}.dump();
}

// Changes upon what there is, as the host would keep it.
void apply_changes(const std::vector<StateBlock> &changes, std::map<uint32_t, StateBlock> *state) {
    for (const StateBlock &block : changes) {
        StateBlock &kept = (*state)[block.group];
        std::map<std::string, std::optional<std::string>> entries;
        for (const auto &entry : kept.entries) entries[entry.first] = entry.second;
        for (const auto &[key, value] : block.entries) {
            if (value)
                entries[key] = value;
            else if (!entries.erase(key))
                ADD_FAILURE() << "an entry was deleted that no snapshot had";
        }
        kept = block;
        kept.entries.assign(entries.begin(), entries.end());
    }
}

void run(const Case &c, uint64_t seed) {
    std::mt19937_64 random(seed);
    std::uniform_int_distribution<int64_t> numbers(c.lowest, c.highest);
    Schema schema = schema_of({{"n", c.type}, {"id", "int64"}});
    HarnessOptions options;
    options.full_outbox = c.full;
    auto h = std::make_unique<Harness>(plugin(), "pair_match", config(c), std::vector{schema}, options);
    ASSERT_EQ(h->start().message(), "");
    Reference reference{c.sum, c.low, c.high, {}, {}, {}};
    std::map<uint32_t, StateBlock> state;
    int64_t id = 0;
    for (int round = 0; round < 25; ++round) {
        Json rows = Json::array();
        for (size_t i = 0; i < c.batch; ++i, ++id) {
            int64_t n = numbers(random);
            rows.push_back({n, id});
            reference.take(n, id);
        }
        ASSERT_TRUE(h->process(make_rows(schema, rows)).done());
        ASSERT_EQ(h->take(), std::exchange(reference.pairs, {})) << "round " << round;
        ASSERT_EQ(h->take_failed().size(), std::exchange(reference.refused, {}).size());
        ASSERT_EQ(h->metric("waiting"), static_cast<int64_t>(reference.waiting.size()));
        if (!c.restart && !c.changes) continue;
        std::vector<StateBlock> blocks = h->snapshot(c.changes ? WEIR_SNAPSHOT_CHANGES : WEIR_SNAPSHOT_FULL);
        if (c.changes) {
            apply_changes(blocks, &state);
            blocks.clear();
            for (const auto &kept : state) blocks.push_back(kept.second);
        }
        if (!c.restart && round % 7) continue;
        h = std::make_unique<Harness>(plugin(), "pair_match", config(c), std::vector{schema}, options);
        ASSERT_TRUE(h->create().ok() && h->bind().ok());
        ASSERT_EQ(h->restore(blocks).message(), "");
        ASSERT_TRUE(h->open().done());
    }
}

class PairMatchProperty : public ::testing::TestWithParam<Case> {};

TEST_P(PairMatchProperty, GivesExactlyThePairsOfTheReference) {
    for (uint64_t seed = 1; seed <= 2; ++seed) run(GetParam(), seed);
}

constexpr int64_t kBig = 1'000'000'000'000;

INSTANTIATE_TEST_SUITE_P(
    Cases, PairMatchProperty,
    ::testing::Values(Case{"int64", 12, 0, 12, -1, 13, 1, false, false, false},
                      Case{"int64", 12, 0, 12, -1, 13, 2, true, false, false},
                      Case{"int64", 12, 0, 12, 0, 12, 1024, false, false, false},
                      Case{"int32", 13, -5, 40, -10, 50, 100, true, true, false},
                      Case{"int64", 12, 0, 12, -1, 13, 50, false, false, true},
                      Case{"int64", 20'000, 0, 20'000, 0, 20'000, 300, false, false, false},
                      Case{"int64", 20'000, 0, 20'000, 9'000, 11'000, 300, false, true, false},
                      Case{"int64", 20'000, 0, 20'000, 9'000, 11'000, 300, true, false, true},
                      Case{"int64", 0, -kBig, kBig, -200, 200, 77, false, true, true},
                      Case{"decimal(38,0)", 12, 0, 12, -1, 13, 64, false, false, true},
                      Case{"decimal(38,0)", 2 * kBig, 0, 2 * kBig, kBig - 300, kBig + 300, 64, false, true, false},
                      Case{"uint64", 2 * kBig, 0, 2 * kBig, kBig - 300, kBig + 300, 200, false, false, true},
                      Case{"int8", 3, -100, 100, -100, 100, 333, false, true, true}));

}  // namespace
}  // namespace weir::testing
