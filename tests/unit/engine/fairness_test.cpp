// Who has to wait for whom: inputs have their turns, and what is slow holds up neither watermarks nor barriers.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

#include "host/engine/item.hpp"
#include "tests/unit/engine/engine_fixture.hpp"

namespace weir::host::testing {
namespace {

class Fairness : public EngineFixture {
protected:
    static RunOptions simulated(uint64_t seed) {
        RunOptions out;
        out.simulate = seed;
        return out;
    }
    static void fill(int64_t n) {
        world().splits = {{"s0", {}}};
        for (int64_t i = 0; i < n; ++i) world().splits["s0"].push_back(i);
    }
    static int64_t number_of(const std::string& row) {
        long long n = -1;
        EXPECT_EQ(sscanf(row.c_str(), "{\"n\":%lld", &n), 1) << row;
        return n;
    }
};

// Even numbers come by the one, odd ones by the other, and neither has less than the other but for what waits on an edge.
TEST_F(Fairness, IsBetweenTheInputsOfANode) {
    int64_t worst = 0;
    for (uint64_t seed = 0; seed < seeds(20); ++seed) {
        reset_world();
        world().splits = {{"s0", {}}};
        for (int64_t i = 0; i < 300; ++i) world().splits["s0"].push_back(2 * i + 1);
        world().batch = 1 + static_cast<int64_t>(seed % 4);
        world().drowse = static_cast<int64_t>(seed % 3) * 10;
        ASSERT_EQ(run("name: t\nnodes:\n  a: { numbers: {} }\n  b: { numbers: {} }\n  twice_a: { from: a, twice: {} }\n"
                      "  merged: { from: { left: twice_a, right: b }, both: {} }\n  out: { from: merged, drowsy: {} }\n",
                      simulated(seed)),
                  "");
        ASSERT_EQ(world().sunk.size(), 600u);
        int64_t ahead = 0;
        for (const std::string& row : world().sunk) {
            ahead += number_of(row) % 2 ? 1 : -1;
            worst = std::max(worst, std::abs(ahead) / world().batch);
        }
    }
    EXPECT_LE(worst, static_cast<int64_t>(kMaxQueuedBatches));
}

// Three splits of three workers, and a slow node by key: what another worker sent waits no longer than what its own did.
TEST_F(Fairness, IsBetweenWorkers) {
    int64_t worst = 0;
    for (uint64_t seed = 0; seed < seeds(20); ++seed) {
        reset_world();
        world().splits = {{"s0", {}}, {"s1", {}}, {"s2", {}}};
        for (int64_t i = 0; i < 3'000; ++i)
            for (int64_t s = 0; s < 3; ++s) world().splits[fmt::format("s{}", s)].push_back(3 * (i % 50) + s);
        world().batch = 10;
        world().drowse = 20;
        ASSERT_EQ(run("name: t\nworkers: 3\nnodes:\n  a: { numbers: {} }\n  counted: { from: a, key: n, tally: {} }\n"
                      "  out: { from: counted, drowsy: {} }\n",
                      simulated(seed)),
                  "");
        ASSERT_EQ(world().sunk.size(), 9'000u);
        std::array<int64_t, 3> came{};
        for (const std::string& row : world().sunk) {
            ++came[static_cast<size_t>(number_of(row) % 3)];
            const auto [least, most] = std::minmax_element(came.begin(), came.end());
            worst = std::max(worst, *most - *least);
        }
    }
    EXPECT_LE(worst, 300);
}

// The slow branch takes 100 us for each of 300 batches. A barrier waits for no more than what lies on its edge.
TEST_F(Fairness, LetsBarriersPassASlowBranch) {
    for (const int workers : {1, 3}) {
        reset_world();
        fill(300);
        world().batch = 1;
        world().drowse = 100;
        ASSERT_EQ(run(fmt::format("name: t\nworkers: {}\ncheckpoint: 500us\nnodes:\n  a: {{ numbers: {{}} }}\n"
                                  "  slow: {{ from: a, drowsy: {{}} }}\n  quick: {{ from: a, guard: {{}} }}\n"
                                  "  counted: {{ from: quick, key: n, tally: {{}} }}\n  out: {{ from: counted, collect: {{}} }}\n",
                                  workers),
                      simulated(1)),
                  "");
        EXPECT_EQ(world().sunk.size(), 600u);
        EXPECT_GE(stats_.epochs, 30) << "of 30 ms";
    }
}

// The count of n comes once the watermark has reached n + 10.
TEST_F(Fairness, LetsWatermarksPassASlowBranch) {
    fill(300);
    world().batch = 1;
    world().drowse = 100;
    world().watermarks = true;
    ASSERT_EQ(run("name: t\nnodes:\n  a: { numbers: {} }\n  slow: { from: a, drowsy: {} }\n"
                  "  quick: { from: a, key: n, event_delayed: {} }\n  out: { from: quick, collect: {} }\n",
                  simulated(1)),
              "");
    EXPECT_EQ(world().sunk.size(), 600u);
    int64_t counted = -1;
    for (const std::string& row : world().sunk) {
        if (row.find("value") != row.npos)
            counted = std::max(counted, number_of(row));
        else
            ASSERT_LE(number_of(row) - counted, 10 + 3) << "the slow branch is ahead of the watermark";
    }
}

}  // namespace
}  // namespace weir::host::testing
