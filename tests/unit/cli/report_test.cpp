// What a run tells, out of its numbers.
#include "host/cli/report.hpp"

#include <gtest/gtest.h>

namespace weir::host {
namespace {

NodeStats node(const std::string& id, const std::string& kind, int64_t in, int64_t out, int64_t errors = 0) {
    NodeStats stats;
    stats.id = id;
    stats.kind = kind;
    stats.rows_in = in;
    stats.rows_out = out;
    stats.errors = errors;
    return stats;
}

// As pair-match ends after 12,345 records.
RunStats pair_match_stats() {
    RunStats stats;
    stats.nodes = {node("raw", "source", 0, 12'300, 45), node("pairs", "operator", 12'300, 6'000, 100),
                   node("enriched", "sink", 6'000, 0), node("dead_letters", "sink", 145, 0)};
    stats.nodes[0].metrics.push_back({"lag", WEIR_METRIC_GAUGE, 7});
    stats.nodes[1].metrics.push_back({"waiting", WEIR_METRIC_GAUGE, 200});
    stats.epochs = 10;
    stats.records = 12'345;
    stats.wall = std::chrono::seconds(10);
    stats.cpu = std::chrono::milliseconds(5);
    return stats;
}

Topology named(const std::string& name) {
    Topology topology;
    topology.name = name;
    return topology;
}

TEST(Summary, ReadsAsReadPairsWaitingDeadLettered) {
    EXPECT_EQ(summary_text(named("pair-match"), pair_match_stats(), "done"),
              "pair-match: done after 10.0 s, 10 epochs\n"
              "  read           12,345      1,235/s\n"
              "  pairs           6,000        600/s\n"
              "  waiting           200\n"
              "  dead-lettered     145\n");
}

TEST(Summary, CountsRestarts) {
    RunStats stats;
    stats.nodes = {node("numbers", "source", 0, 5), node("raw", "sink", 5, 0)};
    stats.epochs = 2;
    stats.restarts = 1;
    EXPECT_EQ(summary_text(named("producer"), stats, "done"),
              "producer: done, 2 epochs, 1 restart\n"
              "  read  5\n"
              "  raw   5\n");
}

TEST(Summary, ShowsSinksWhereThereIsNoOperator) {
    RunStats stats;
    stats.nodes = {node("numbers", "source", 0, 5), node("raw", "sink", 5, 0)};
    stats.epochs = 1;
    EXPECT_EQ(summary_text(named("producer"), stats, "stopped"),
              "producer: stopped, 1 epoch\n"
              "  read  5\n"
              "  raw   5\n");
}

TEST(Summary, TellsSeveralSourcesAndOperatorsApart) {
    RunStats stats;
    stats.nodes = {node("a", "source", 0, 5), node("b", "source", 0, 6), node("x", "operator", 5, 1),
                   node("y", "operator", 6, 2)};
    stats.nodes[2].metrics.push_back({"waiting", WEIR_METRIC_GAUGE, 4});
    stats.nodes[3].metrics.push_back({"waiting", WEIR_METRIC_GAUGE, 3});
    EXPECT_EQ(summary_text(named("t"), stats, "done"),
              "t: done, 0 epochs\n"
              "  read a     5\n"
              "  read b     6\n"
              "  x          1\n"
              "  x waiting  4\n"
              "  y          2\n"
              "  y waiting  3\n");
}

TEST(Summary, CountsWhatGoesNowhere) {
    RunStats stats;
    stats.nodes = {node("a", "source", 0, 5, 2), node("x", "operator", 5, 1, 1)};
    stats.nodes[1].unwired = 3;
    EXPECT_EQ(summary_text(named("t"), stats, "done"),
              "t: done, 0 epochs\n"
              "  read                             7\n"
              "  x                                1\n"
              "  refused rows                     3\n"
              "  rows to ports that nobody reads  3\n");
}

TEST(RateMeter, ShowsRatesOfTheLastSecond) {
    const RateMeter::Clock::time_point start{};
    RateMeter meter;
    meter.start({{"read", 0, true}, {"waiting", 0, false}}, start);
    EXPECT_EQ(meter.line({{"read", 500, true}, {"waiting", 3, false}}, start + std::chrono::milliseconds(250)),
              "read 2,000/s  waiting 3");
    EXPECT_EQ(meter.line({{"read", 1'000, true}, {"waiting", 4, false}}, start + std::chrono::milliseconds(1000)),
              "read 1,000/s  waiting 4");
    EXPECT_EQ(meter.line({{"read", 1'000, true}, {"waiting", 4, false}}, start + std::chrono::milliseconds(2000)),
              "read 0/s  waiting 4");
}

TEST(StatsJson, GivesCostAndRateOfARecord) {
    EXPECT_EQ(stats_json(pair_match_stats(), 1000, 0).dump(),
              R"({"records":12345,"cpu_ns_per_record":405.0222762251924,"records_per_s":1234.5,"peak_rss_bytes":1000,"restarts":0})");
    EXPECT_EQ(stats_json(RunStats(), 1000, 0).dump(),
              R"({"records":0,"cpu_ns_per_record":0.0,"records_per_s":0.0,"peak_rss_bytes":1000,"restarts":0})");
}

// A source with event time, what it feeds, and a node that reads it and another that has none.
RunStats timed_stats() {
    RunStats stats;
    stats.nodes = {node("raw", "source", 0, 5), node("quiet", "source", 0, 5), node("both", "operator", 5, 5), node("out", "sink", 5, 0)};
    stats.nodes[0].time = NodeStats::Time{1'716'467'696'500'000, false, "3", true};
    stats.nodes[1].time = NodeStats::Time{1'716'467'690'000'000, true, "", false};
    stats.nodes[2].time = NodeStats::Time{std::nullopt, false, "quiet", false};
    stats.nodes[3].time = stats.nodes[2].time;
    stats.epochs = 1;
    return stats;
}

TEST(Summary, EndsWithWatermarksAndWhatHoldsThemBack) {
    EXPECT_EQ(summary_text(named("timed"), timed_stats(), "done"),
              "timed: done, 1 epoch\n"
              "  read raw    5\n"
              "  read quiet  5\n"
              "  both        5\n"
              "  watermark of raw    2024-05-23T12:34:56.500000Z, held back by split `3`\n"
              "  watermark of quiet  2024-05-23T12:34:50Z\n"
              "  watermark of both   none yet, held back by `quiet`\n");
}

TEST(Lag, IsThatOfTheSlowestNodeThatIsAtWork) {
    RunStats stats = timed_stats();
    EXPECT_EQ(lag_text(stats, 1'716'467'700'000'000), "watermark of both none yet, held back by `quiet`");
    stats.nodes[2].time.reset();
    EXPECT_EQ(lag_text(stats, 1'716'467'700'000'000), "watermark of raw 3.5 s behind, held back by split `3`");
    EXPECT_EQ(lag_text(pair_match_stats(), 0), "");
}

TEST(StatsJson, HasWatermarksWhereThereIsEventTime) {
    EXPECT_EQ(stats_json(timed_stats(), 1000, 1'716'467'700'000'000).at("watermarks").dump(),
              R"([{"node":"raw","idle":false,"watermark":"2024-05-23T12:34:56.500000Z","lag_s":3.5,"held_by_split":"3"},)"
              R"({"node":"quiet","idle":true,"watermark":"2024-05-23T12:34:50Z","lag_s":10.0},)"
              R"({"node":"both","idle":false,"held_by_node":"quiet"}])");
}

TEST(Grouped, SeparatesThousands) {
    EXPECT_EQ(grouped(0), "0");
    EXPECT_EQ(grouped(999), "999");
    EXPECT_EQ(grouped(1'000), "1,000");
    EXPECT_EQ(grouped(-1'234'567), "-1,234,567");
}

}  // namespace
}  // namespace weir::host
