#include "host/admin/readiness.hpp"

#include <gtest/gtest.h>

#include "tests/unit/admin/watched_fixture.hpp"

namespace weir::host::testing {
namespace {

TEST(Readiness, IsThereWhileRowsFlowAndEpochsAreCommitted) { EXPECT_EQ(why_not_ready(numbers()), ""); }

TEST(Readiness, WaitsUntilRowsCanFlow) {
    Watched watched = numbers();
    watched.stats.is_open = false;
    EXPECT_EQ(why_not_ready(watched), "its connections and nodes are being opened");
    watched.restarting = "broker:9092 does not answer";
    EXPECT_EQ(why_not_ready(watched), "it waits to begin again: broker:9092 does not answer");
}

TEST(Readiness, WaitsForSplitsOfEachSource) {
    Watched watched = numbers();
    watched.stats.nodes[0].is_assigned = false;
    EXPECT_EQ(why_not_ready(watched), "source `raw` has nothing to read: no partition, file or other split was assigned to it");
}

TEST(Readiness, EndsWhenTheLastEpochIsOlderThanItsBound) {
    Watched watched = numbers();
    watched.stats.checkpoints.age = epoch_bound(*watched.topology);
    EXPECT_EQ(why_not_ready(watched), "");
    *watched.stats.checkpoints.age += std::chrono::milliseconds(100);
    EXPECT_EQ(why_not_ready(watched), "its last epoch was committed 61.1 s ago, and 61.0 s are allowed (checkpoint and checkpoint_timeout): `weir why numbers` says what it waits for");
}

}  // namespace
}  // namespace weir::host::testing
