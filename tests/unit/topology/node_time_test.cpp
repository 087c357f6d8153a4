// The event time of nodes, as a topology has it; broken/event-time.yaml has what is refused.
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/topology/test_catalog.hpp"

namespace weir::host {
namespace {

TEST(NodeTime, IsBehindTheClausesOfASource) {
    const Loaded loaded = load(R"(
parameters: { time: { type: column, default: ts }, late: 5s }
nodes:
  a: { generate: {}, event_time: { column: $time, max_delay: $late, idle_after: 30s, max_future: 1h, align: 10s }, where: n > 1 }
  b: { generate: {}, event_time: at }
  c: { from: [a, b], where: n > 2, event_time: ts, pass: {} }
  d: { from: c, where: n > 3, event_time: ts }
  alone: { from: d, event_time: ts }
  e: { from: alone, console: {} }
)");
    ASSERT_TRUE(loaded.topology) << loaded.text();
    std::map<std::string, std::string> columns;
    for (const NodeSpec& node : loaded.topology->nodes)
        if (node.event_time) columns[node.id] = node.event_time->column;
    EXPECT_EQ(columns, (std::map<std::string, std::string>{{"a/clauses", "ts"}, {"b", "at"}, {"c", "ts"}, {"d", "ts"}, {"alone", "ts"}}));
    const auto find = [&](const char* id) { return *loaded.topology->nodes[static_cast<size_t>(loaded.topology->find_node(id))].event_time; };
    const EventTimeSpec all = find("a/clauses"), least = find("b");
    EXPECT_EQ(all.max_delay, std::chrono::seconds(5));
    EXPECT_EQ(all.idle_after, std::chrono::seconds(30));
    EXPECT_EQ(all.max_future, std::chrono::hours(1));
    EXPECT_EQ(all.align, std::chrono::seconds(10));
    EXPECT_EQ(least.max_delay, std::chrono::seconds(0));
    EXPECT_FALSE(least.idle_after || least.max_future || least.align);
}

}  // namespace
}  // namespace weir::host
