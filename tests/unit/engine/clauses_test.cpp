// Clauses of nodes in a running topology: the same result in every order, on any number of workers.
#include <map>
#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/unit/engine/engine_fixture.hpp"

namespace weir::host::testing {
namespace {

class ClausesOfNodes : public EngineFixture {};

TEST_F(ClausesOfNodes, GiveTheSameResultInEveryOrder) {
    for (uint64_t seed = 0; seed < seeds(200); ++seed) {
        std::mt19937_64 random(seed);
        const auto below = [&](uint64_t n) { return static_cast<int64_t>(random() % n); };
        reset_world();
        world().splits.clear();
        world().batch = 1 + below(9);
        world().sink_full_every = static_cast<int>(below(4));
        const int64_t limit = below(40);
        std::map<int64_t, int64_t> expected, seen;
        int64_t violations = 0, failures = 0, failed = 0;
        for (int64_t s = below(5); s >= 0; --s) {
            auto& split = world().splits[fmt::format("s{}", s)];
            for (int64_t i = below(60); i > 0; --i) {
                const int64_t n = below(20);
                split.push_back(n);
                if (n == 2) continue;
                failures += n == 5;
                violations += n != 5 && 3 * n >= limit;
                if (n != 5 && 3 * n < limit) ++expected[3 * n];
            }
        }
        RunOptions options;
        options.simulate = seed;
        const std::string text = fmt::format(R"x(name: t
workers: {}
checkpoint: {}us
parameters: {{ limit: {}, which: {{ type: column, default: n }} }}
nodes:
  numbers_in: {{ numbers: {{}}, where: $which <> 2 }}
  counted:
    from: numbers_in
    set: {{ n: n * 3, x: "100 / (n - 5)" }}
    check: {{ small: n < $limit, possible: x IS NOT NULL }}
    key: {{ seventh: n % 7 }}
    tally: {{}}
  out: {{ from: counted, collect: {{}} }}
  failed: {{ from: counted.errors, select: [node, code, field], collect: {{}} }}
)x",
                                             1 + below(4), 1 + below(50), limit);
        ASSERT_EQ(run(text, options), "") << "seed " << seed;
        for (const std::string& row : world().sunk) {
            long long n = 0, count = 0;
            if (sscanf(row.c_str(), "{\"n\":%lld,\"count\":%lld}", &n, &count) == 2) {
                ASSERT_EQ(count, ++seen[n]) << "out of order, lost or doubled: " << row << " seed " << seed;
            } else {
                ++failed;
                ASSERT_TRUE(row == R"({"node":"counted","code":"check","field":"small"})" ||
                            row == R"({"node":"counted","code":"division-by-zero","field":"x"})")
                    << row;
            }
        }
        ASSERT_EQ(seen, expected) << "seed " << seed << text;
        ASSERT_EQ(failed, violations + failures) << "seed " << seed << text;
    }
}

TEST_F(ClausesOfNodes, AreNoPartOfTheNodesStateButComputedKeysAre) {
    const auto plan_of = [&](const char* node) {
        return plan(fmt::format("name: t\nnodes:\n  numbers_in: {{ numbers: {{}} }}\n  counted: {{ from: numbers_in, {}, tally: {{}} }}\n"
                                "  out: {{ from: counted, collect: {{}} }}\n", node)) != nullptr;
    };
    EXPECT_TRUE(plan_of("where: n > 1, key: n")) << fault_;
    EXPECT_EQ(topology_->nodes[1].id, "counted/clauses");
    EXPECT_EQ(topology_->nodes[2].id, "counted");
    EXPECT_FALSE(plan_of("where: n > 1, key: { m: nn }"));
    EXPECT_EQ(fault_, "test.yaml:4:56: error[bad-expression]: node `counted`: there is no column `nn`\n"
                      "    4 |   counted: { from: numbers_in, where: n > 1, key: { m: nn }, tally: {} }\n"
                      "      |                                                        ^~\n"
                      "   expected: one of `n`; nearest: `n`\n");
}

// What passes a filter alone is still a failed row: its sink writes the record as it came.
TEST_F(ClausesOfNodes, KeepFailedRowsWhatTheyAre) {
    ASSERT_TRUE(plan("name: t\nnodes:\n  numbers_in: { numbers: {} }\n  odd: { from: numbers_in, odd_fails: {} }\n"
                     "  some: { from: odd.errors, where: code <> 'x' }\n  less: { from: some, select: [code] }\n"
                     "  out: { from: [odd, some, less], collect: {} }\n"))
        << fault_;
    Diagnostics diagnostics;
    const auto made = Plan::build(*topology_, resolver_, {}, diagnostics);
    const auto stream_of = [&](const char* id) {
        return made->nodes()[static_cast<size_t>(topology_->find_node(id))].outputs[0].stream;
    };
    EXPECT_EQ(stream_of("odd"), WEIR_STREAM_ROWS);
    EXPECT_EQ(stream_of("some"), WEIR_STREAM_ERRORS);
    EXPECT_EQ(stream_of("less"), WEIR_STREAM_ROWS);
}

}  // namespace
}  // namespace weir::host::testing
