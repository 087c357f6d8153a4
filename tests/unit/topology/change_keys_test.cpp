// What a file says of its change: which ids its nodes had, and what a trial has to stand.
#include <chrono>

#include <gtest/gtest.h>

#include "host/topology/topology.hpp"
#include "tests/unit/topology/test_catalog.hpp"

namespace weir::host {
namespace {

std::optional<Topology> read_change(const std::string& text) {
    Diagnostics diagnostics;
    auto topology = load_topology_text("t.yaml", text, {}, test_catalog(), diagnostics);
    EXPECT_TRUE(topology.has_value()) << diagnostics.text();
    return topology;
}

TEST(RenamedNodes, AndTheirClausesKnowWhatTheyWereCalled) {
    const auto topology = read_change("nodes:\n  raw: { generate: {}, where: n > 1, renamed_from: old }\n  out: { from: raw, renamed_from: shown, console: {} }\n");
    ASSERT_TRUE(topology);
    const auto node = [&](const char* id) -> const NodeSpec& { return topology->nodes[static_cast<size_t>(topology->find_node(id))]; };
    EXPECT_EQ(node("raw").former_id(), "old");
    EXPECT_EQ(node("raw/clauses").former_id(), "old/clauses");
    EXPECT_EQ(node("out").former_id(), "shown");
    EXPECT_EQ(node("out").renamed_from_place.text(), "t.yaml:3:35");
}

TEST(Trials, AreAsLongAsIsWrittenAndMayHaveABound) {
    const std::string nodes = "nodes: { a: { generate: {} }, b: { from: a, console: {} } }\n";
    const auto whole = read_change("trial: { for: 5s, max_errors: 0.5% }\n" + nodes);
    ASSERT_TRUE(whole);
    EXPECT_EQ(whole->trial.length, std::chrono::seconds(5));
    EXPECT_EQ(whole->trial.max_errors, 0.005);
    const auto alone = read_change("trial: 2s\n" + nodes);
    ASSERT_TRUE(alone);
    EXPECT_EQ(alone->trial.length, std::chrono::seconds(2));
    EXPECT_FALSE(alone->trial.max_errors);
}

}  // namespace
}  // namespace weir::host
