// What Prometheus's own parser makes of the text is tests/integration/admin_test.py's.
#include "host/admin/metrics_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <weir/abi.h>

#include "tests/unit/admin/watched_fixture.hpp"

namespace weir::host::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string text_of(const Watched& watched) { return metrics_text({watched}, ProcessStats{1.5, 100, 4096, 7}, "1.2.3", 10'000'000); }

TEST(MetricsText, HasTheProcessTheTopologyAndItsNodes) {
    EXPECT_THAT(text_of(numbers()), AllOf(HasSubstr("# TYPE weir_build_info gauge\nweir_build_info{version=\"1.2.3\"} 1\n"),
                                          HasSubstr("process_cpu_seconds_total 1.5\n"), HasSubstr("process_open_fds 7\n"),
                                          HasSubstr("weir_topology_ready{topology=\"numbers\"} 1\n"),
                                          HasSubstr("weir_epochs_total{topology=\"numbers\"} 4\n"),
                                          HasSubstr("weir_node_rows_in_total{topology=\"numbers\",node=\"counts\"} 1000\n")));
}

TEST(MetricsText, CountsDurationsOfEpochsInBuckets) {
    EXPECT_THAT(text_of(numbers()), HasSubstr("weir_epoch_duration_seconds_bucket{topology=\"numbers\",le=\"0.01\"} 0\n"
                                              "weir_epoch_duration_seconds_bucket{topology=\"numbers\",le=\"0.025\"} 4\n"));
    EXPECT_THAT(text_of(numbers()), HasSubstr("weir_epoch_duration_seconds_bucket{topology=\"numbers\",le=\"+Inf\"} 4\n"
                                              "weir_epoch_duration_seconds_sum{topology=\"numbers\"} 0.08\n"
                                              "weir_epoch_duration_seconds_count{topology=\"numbers\"} 4\n"));
}

TEST(MetricsText, TellsWhatPluginsMeasureByTheirOperatorsName) {
    Watched watched = numbers();
    watched.stats.nodes[0].metrics = {{"lag", WEIR_METRIC_GAUGE, 12, "Records that are not read yet."}, {"received_bytes", WEIR_METRIC_COUNTER, 34, ""}};
    EXPECT_THAT(text_of(watched), AllOf(HasSubstr("# HELP weir_kafka_source_lag Records that are not read yet.\n# TYPE weir_kafka_source_lag gauge\n"
                                                  "weir_kafka_source_lag{topology=\"numbers\",node=\"raw\"} 12\n"),
                                        HasSubstr("weir_kafka_source_received_bytes_total{topology=\"numbers\",node=\"raw\"} 34\n")));
}

TEST(MetricsText, QuotesWhatStandsInLabels) {
    Watched watched = numbers();
    watched.stats.nodes[1].error_codes = {{"a \"b\"\\\n", 3}};
    EXPECT_THAT(text_of(watched), HasSubstr(R"(weir_node_errors_total{topology="numbers",node="counts",code="a \"b\"\\\n"} 3)"));
}

// What a node's clauses count is the node's: users know no other.
TEST(MetricsText, CountsClausesAsTheirNode) {
    Watched watched = numbers();
    NodeStats clauses = node_of("counts", "clauses", "operator", 2000, 1000);
    clauses.is_clauses = true;
    clauses.errors = 5;
    clauses.error_codes = {{"check", 5}};
    clauses.busy = std::chrono::seconds(2);
    watched.stats.nodes[1].busy = std::chrono::seconds(1);
    watched.stats.nodes.push_back(clauses);
    EXPECT_THAT(text_of(watched), AllOf(HasSubstr("weir_node_rows_in_total{topology=\"numbers\",node=\"counts\"} 2000\n"),
                                        HasSubstr("weir_node_rows_out_total{topology=\"numbers\",node=\"counts\"} 900\n"),
                                        HasSubstr("weir_node_errors_total{topology=\"numbers\",node=\"counts\",code=\"check\"} 5\n"),
                                        HasSubstr("weir_node_busy_seconds_total{topology=\"numbers\",node=\"counts\"} 3\n")));
}

TEST(MetricsText, LeavesOutWhatThereIsNot) {
    Watched watched = numbers();
    watched.stats.checkpoints.age.reset();
    watched.stats.nodes[1].time = NodeStats::Time{4'000'000, false, "", false};
    EXPECT_THAT(text_of(watched), AllOf(Not(HasSubstr("weir_epoch_age_seconds{")), Not(HasSubstr("weir_node_queued_batches{topology=\"numbers\",node=\"raw\"}")),
                                        Not(HasSubstr("weir_node_watermark_lag_seconds{topology=\"numbers\",node=\"raw\"}")),
                                        HasSubstr("weir_node_watermark_lag_seconds{topology=\"numbers\",node=\"counts\"} 6\n")));
}

}  // namespace
}  // namespace weir::host::testing
