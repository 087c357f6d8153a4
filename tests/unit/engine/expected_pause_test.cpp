// What a change is said to read back while no rows flow.
#include "host/reload/expected_pause.hpp"

#include <gtest/gtest.h>

#include "tests/unit/engine/change_fixture.hpp"

namespace weir::host::testing {
namespace {

class ExpectedPauseTest : public Changed {
protected:
    // Bytes of state that are read back, of `counted` with so many and `again` with a tenth of them.
    int64_t read_back(const std::string& text, const std::string& changed) {
        const Graph from = graph(text), to = graph(changed);  // which plans refer to
        auto before = from.plan_again(), after = to.plan_again();
        RunStats stats;
        stats.workers = (*before)->workers();
        for (const auto& [id, bytes] : {std::pair("counted", 2'000'000'000), std::pair("again", 200'000'000)}) {
            NodeStats& node = stats.nodes.emplace_back();
            node.id = id;
            node.state_bytes = bytes;
        }
        return expect_pause(compare_graphs(**before, **after, {}), **before, **after, stats).bytes;
    }
};

TEST_F(ExpectedPauseTest, IsWithoutStateThatGoesOnInItsInstance) {
    const std::string text = replaced(kCountedGraph, "checkpoint: 20us", "memory_limit: 64MiB\ncheckpoint: 20us") +
                             "  again: { from: doubled, key: n, tally: {} }\n  out2: { from: again, collect: {} }\n";
    const std::string more = "  passed: { from: doubled, union: {} }\n  out3: { from: passed, collect: {} }\n";
    EXPECT_EQ(read_back(text, text + more), 0);
    EXPECT_EQ(read_back(text, replaced(text + more, "again: { from: doubled", "again: { from: passed")), 200'000'000);
    EXPECT_EQ(read_back(text, replaced(text, "workers: 2", "workers: 3")), 2'200'000'000);
    EXPECT_EQ(read_back(text, replaced(text, "memory_limit: 64MiB", "memory_limit: 128MiB")), 2'200'000'000);
}

}  // namespace
}  // namespace weir::host::testing
