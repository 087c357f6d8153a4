// What topologies say of changes while they run.
#include <gtest/gtest.h>

#include "host/topology/language.hpp"
#include "tests/unit/topology/test_catalog.hpp"

namespace weir::host {
namespace {

TEST(Topology, KnowsWhatARenamedNodeAndItsClausesWereCalled) {
    const Loaded loaded = load("nodes:\n  raw: { generate: {}, where: n > 1, renamed_from: old }\n  out: { from: raw, renamed_from: shown, console: {} }\n");
    ASSERT_TRUE(loaded.topology) << loaded.text();
    EXPECT_EQ(loaded.node("raw").former_id(), "old");
    EXPECT_EQ(loaded.node("raw/clauses").former_id(), "old/clauses");
    EXPECT_EQ(loaded.node("out").former_id(), "shown");
    EXPECT_EQ(loaded.node("out").renamed_from_place.text(), "t.yaml:3:35");
}

TEST(Topology, ReadsWhatATrialHasToStand) {
    const Loaded loaded = load("trial: { for: 5s, max_errors: 0.5% }\nnodes: { a: { generate: {} }, b: { from: a, console: {} } }\n");
    ASSERT_TRUE(loaded.topology) << loaded.text();
    EXPECT_EQ(loaded.topology->trial.length, std::chrono::microseconds(5'000'000));
    EXPECT_EQ(loaded.topology->trial.max_errors, 0.005);
    const Loaded alone = load("trial: 2s\nnodes: { a: { generate: {} }, b: { from: a, console: {} } }\n");
    ASSERT_TRUE(alone.topology) << alone.text();
    EXPECT_EQ(alone.topology->trial.length, std::chrono::microseconds(2'000'000));
    EXPECT_FALSE(alone.topology->trial.max_errors);
}

}  // namespace
}  // namespace weir::host
