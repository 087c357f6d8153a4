#include "host/admin/why.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/admin/watched_fixture.hpp"

namespace weir::host::testing {
namespace {

using ::testing::ElementsAre;

constexpr std::chrono::seconds kApart{1};
constexpr int64_t kNow = 10'000'000;

// A line each: what it is about, and the sentence.
std::vector<std::string> lines(const Watched& before, const Watched& after) {
    std::vector<std::string> out;
    for (const Finding& one : why_held(before, after, kApart, kNow)) out.push_back(one.about + ": " + one.text);
    return out;
}

TEST(Why, SaysThatNothingIsHeldBack) {
    EXPECT_THAT(lines(numbers(), numbers()), ElementsAre("epoch: nothing holds its epochs: the last one was committed 300 ms ago; they take 20 ms"));
    EXPECT_FALSE(why_held(numbers(), numbers(), kApart, kNow)[0].holds);
}

TEST(Why, NamesTheSinkThatAnEpochWaitsFor) {
    Watched watched = numbers();
    watched.stats.checkpoints.in_flight = EpochStats::InFlight{5, std::chrono::milliseconds(3200), {0}};
    watched.stats.nodes[0].passed = watched.stats.nodes[1].passed = 5;
    watched.stats.nodes[2].passed = 4;
    EXPECT_THAT(lines(numbers(), watched), ElementsAre("epoch: epoch 5 is under way for 3.2 s (they take 20 ms); no positions are committed meanwhile",
                                                       "epoch: sink `out` (kafka.sink) has not acknowledged its rows: the server behind it is slow or away"));
}

TEST(Why, NamesTheFirstNodeThatABarrierHasNotPassed) {
    Watched watched = numbers();
    watched.stats.checkpoints.in_flight = EpochStats::InFlight{5, std::chrono::milliseconds(3200), {0}};
    watched.stats.nodes[0].passed = 5;
    watched.stats.nodes[1].queued = 7;
    EXPECT_EQ(lines(numbers(), watched)[1], "epoch: the barrier waits at `counts` (fold), with 7 batches before it");
    watched.stats.nodes[1].passed = watched.stats.nodes[2].passed = 5;
    watched.stats.checkpoints.in_flight->workers.clear();
    EXPECT_EQ(lines(numbers(), watched)[1], "epoch: all nodes have passed its barrier: it waits for the state store, or the server that decides");
}

TEST(Why, NamesWhoHasNoRoom) {
    Watched watched = numbers();
    watched.stats.nodes[0].blocked = std::chrono::milliseconds(900);
    watched.stats.nodes[1].busy = std::chrono::milliseconds(970);
    const auto found = lines(numbers(), watched);
    EXPECT_EQ(found[1], "queue: `raw` (kafka.source) is held up 90 % of its time: there is no room before `counts` (97 % busy)");
    EXPECT_EQ(found[2], "queue: `counts` (fold) is busy 97 % of its time: it sets the pace");
}

TEST(Why, NamesWhatAWatermarkWaitsFor) {
    Watched watched = numbers();
    watched.stats.nodes[1].time = NodeStats::Time{4'000'000, false, "3", true};
    watched.stats.nodes[2].time = NodeStats::Time{std::nullopt, false, "counts", false};
    const auto found = lines(numbers(), watched);
    EXPECT_EQ(found[1], "watermark: the watermark of `counts` (fold) is 6.0 s behind the clock, held back by split `3`");
    EXPECT_EQ(found[2], "watermark: `out` (kafka.sink) has no watermark yet: it waits for node `counts`");
}

TEST(Why, NamesTheWayOutOfASplitThatSendsNothing) {
    Watched watched = numbers();
    watched.stats.nodes[0].time = NodeStats::Time{4'000'000, false, "events/2", true, 3'000'000};
    watched.stats.nodes[1].time = NodeStats::Time{std::nullopt, false, "events/2", true, 9'000'000};
    const auto found = lines(numbers(), watched);
    EXPECT_EQ(found[1], "watermark: the watermark of `raw` (kafka.source) is 6.0 s behind the clock, held back by split `events/2`, which has sent "
                        "no row since 1970-01-01T00:00:03Z; `event_time: { idle_after: 30s }` stops waiting for it");
    EXPECT_EQ(found[2], "watermark: `counts` (fold) has no watermark yet: it waits for split `events/2`") << "it was silent for a second";
}

TEST(Why, WritesLongSpansAsPeopleDo) {
    Watched watched = numbers();
    watched.stats.nodes[1].time = NodeStats::Time{10'000'000, false, "", false};
    const auto at = [&](int64_t now) { return why_held(numbers(), watched, kApart, now)[1].text; };
    EXPECT_EQ(at(28'108'810'000'000), "the watermark of `counts` (fold) is 325d 8h behind the clock");
    EXPECT_EQ(at(1'716'467'700'000'000), "the watermark of `counts` (fold) is at 1970-01-01T00:00:10Z");
}

TEST(Why, SaysThatItIsPausedOrWaits) {
    Watched watched = numbers();
    watched.stats.is_paused = true;
    EXPECT_EQ(lines(numbers(), watched)[0], "topology: `numbers` is paused: its sources are not polled. `weir resume numbers`");
    watched.stats.is_open = watched.stats.is_paused = false;
    watched.restarting = "broker:9092 does not answer";
    EXPECT_THAT(lines(numbers(), watched), ElementsAre("topology: `numbers` waits to begin again: broker:9092 does not answer"));
}

}  // namespace
}  // namespace weir::host::testing
