// The table of a broadcast state against a std::map.
#include <map>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include <weir/memory.hpp>

#include "host/keyed/broadcast_table.hpp"
#include "tests/unit/seeds.hpp"

namespace weir::host {
namespace {

SlotLayout rule_layout() {
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

struct Rule {
    int64_t n;
    weir_state_bytes text;
};

using Rules = std::map<std::string, std::pair<int64_t, std::string>>;

class RuleTable {
public:
    Rule* resolve(const std::string& key, uint32_t flags) {
        const weir_str name = to_abi(key);
        void* slot = nullptr;
        table.resolve({&name, 1}, flags, &slot);
        return static_cast<Rule*>(slot);
    }
    Rules all() const {
        Rules out;
        table.scan(&out, [](void* data, weir_str key, const void* slot) -> int32_t {
            const auto* rule = static_cast<const Rule*>(slot);
            (*static_cast<Rules*>(data))[std::string(view(key))] = {rule->n, std::string(rule->text.data ? rule->text.data : "", rule->text.size)};
            return WEIR_OK;
        });
        return out;
    }
    SlotLayout layout = rule_layout();
    BroadcastTable table{layout};
};

TEST(BroadcastTable, IsWhatWasWrittenAlsoBehindARestore) {
    for (uint64_t seed = 0; seed < seeds(50); ++seed) {
        std::mt19937_64 random(seed);
        RuleTable rules;
        Rules model;
        std::map<std::string, std::string> stored;
        for (int step = 0; step < 300; ++step) {
            rules.table.begin_call();
            const std::string key = "rule" + std::to_string(random() % 12);
            if (random() % 3) {
                Rule& rule = *rules.resolve(key, WEIR_RESOLVE_CREATE);
                rule.n = step;
                const std::string text(random() % 50, 't');
                set_text(rule.text, text, rules.table.pool());
                model[key] = {step, text};
            } else if (Rule* rule = rules.resolve(key, 0)) {
                EXPECT_TRUE(rules.table.erase(rule));
                EXPECT_FALSE(rules.table.erase(rule)) << "it is gone at once";
                model.erase(key);
            }
            EXPECT_EQ(rules.all(), model);
            if (random() % 10) continue;
            ASSERT_TRUE(rules.table.snapshot([&](uint32_t mode, auto keys, auto values) -> Status {
                EXPECT_EQ(mode, WEIR_SNAPSHOT_CHANGES);
                for (size_t i = 0; i < keys.size(); ++i) {
                    stored.erase(std::string(view(keys[i])));
                    if (values[i].data) stored[std::string(view(keys[i]))] = view(values[i]);
                }
                return {};
            }).ok());
            EXPECT_EQ(stored.size(), model.size());
            EXPECT_EQ(rules.table.changed_bytes(), 0u);
        }
        if (HasFailure()) FAIL() << "seed " << seed;
    }
}

TEST(BroadcastTable, GivesSlotsToReadThatCannotBeErased) {
    RuleTable rules;
    EXPECT_EQ(rules.resolve("a", WEIR_RESOLVE_READ), nullptr);
    rules.resolve("a", WEIR_RESOLVE_CREATE)->n = 5;
    ASSERT_TRUE(rules.table.snapshot([](uint32_t, auto, auto) { return Status(); }).ok());
    rules.table.begin_call();
    Rule* read = rules.resolve("a", WEIR_RESOLVE_READ);
    ASSERT_NE(read, nullptr);
    EXPECT_FALSE(rules.table.erase(read));
    int blocks = 0;
    ASSERT_TRUE(rules.table.snapshot([&](uint32_t, auto, auto) { return ++blocks, Status(); }).ok());
    EXPECT_EQ(blocks, 0) << "nothing has changed";
    rules.table.begin_call();
    EXPECT_FALSE(rules.table.erase(read)) << "a slot of another call";
}

TEST(BroadcastTable, IsWrittenWholeWhereItWasReadFromAnotherLayout) {
    RuleTable rules;
    reinterpret_cast<Rule*>(rules.table.restore("a"))->n = 1;
    reinterpret_cast<Rule*>(rules.table.restore("b"))->n = 2;
    rules.table.rewrite();
    rules.table.begin_call();
    rules.table.erase(rules.resolve("b", 0));
    for (const size_t entries : {1, 0}) {
        size_t written = 0;
        ASSERT_TRUE(rules.table.snapshot([&](uint32_t mode, auto keys, auto) {
            EXPECT_EQ(mode, WEIR_SNAPSHOT_FULL);
            written += keys.size();
            return Status();
        }).ok());
        EXPECT_EQ(written, entries);
    }
}

TEST(BroadcastTable, TellsWhatItTakes) {
    RuleTable rules;
    EXPECT_EQ(rules.table.bytes(), 0u);
    size_t last = 0;
    for (int i = 0; i < 1'000; ++i) {
        rules.table.begin_call();
        set_text(rules.resolve("rule" + std::to_string(i), WEIR_RESOLVE_CREATE)->text, std::string(100, 't'), rules.table.pool());
        ASSERT_GE(rules.table.bytes(), last + 24);
        last = rules.table.bytes();
    }
    EXPECT_GE(rules.table.bytes(), 1'000u * (24 + 100));
    EXPECT_GE(rules.table.changed_bytes(), 1'000u * (24 + 100));
    for (int i = 0; i < 1'000; ++i) {
        rules.table.begin_call();
        rules.table.erase(rules.resolve("rule" + std::to_string(i), 0));
    }
    rules.table.begin_call();
    EXPECT_LE(rules.table.bytes(), last - 1'000 * 24) << "texts leave their room to others";
    EXPECT_GE(rules.table.changed_bytes(), 1'000u * 24) << "the store is to be told that they are gone";
}

}  // namespace
}  // namespace weir::host
