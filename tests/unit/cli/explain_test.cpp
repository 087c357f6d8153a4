// `weir explain` and `weir graph` from outside: whole outputs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "process.hpp"

namespace weir::test {
namespace {

constexpr const char* kPairs =
    "name: pairs\n"
    "parameters: { sum: 12, rows: { type: int64, default: 3, secret: true } }\n"
    "nodes:\n"
    "  raw: { generate: { columns: { n: { sequence: {} } }, count: $rows } }\n"
    "  matched: { from: raw, pair_match: { value: n, sum: $sum } }\n"
    "  shown: { from: matched, console: json }\n"
    "  failed: { from: matched.errors, console: json }\n";

class Explain : public testing::Test {
protected:
    void SetUp() override { folder_.write("t.yaml", kPairs); }
    Folder folder_;
};

TEST_F(Explain, ShowsTypesKeysStateAndWhereParametersComeFrom) {
    const Outcome got = weir({"explain", "t.yaml", "--set", "sum=10"}, folder_.path());
    EXPECT_EQ(got.err, "");
    EXPECT_EQ(got.out, R"(pairs (t.yaml)
  delivery: at_least_once, checkpoint: 1s, workers: one a core
  $sum   10   --set
  $rows  ***  default

raw  generate (generate)
    -> matched: n: int64
    errors -> the topology stops

matched  pair_match (pair_match)
    <- raw: by its own key, across workers
    state: by key
    -> shown: left: int64, right: int64
    expired -> nobody: n: int64
    errors -> failed

shown  console (console)
    <- matched: stays on its worker
    errors -> the topology stops

failed  console (console)
    <- matched.errors: stays on its worker
    errors -> the topology stops
)");
    EXPECT_EQ(got.code, 0);
}

TEST_F(Explain, SaysTheSameAsJson) {
    const auto all = nlohmann::json::parse(weir({"explain", "t.yaml", "--format", "json"}, folder_.path()).out);
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0]["parameters"][1]["value"], "***");
    EXPECT_EQ(all[0]["nodes"][1]["inputs"], nlohmann::json::parse(R"([{"node":"raw","port":"out","as":"in","routing":"key"}])"));
    EXPECT_EQ(all[0]["nodes"][0]["outputs"][0]["readers"], nlohmann::json::parse(R"(["matched"])"));
    EXPECT_EQ(all[0]["nodes"][0]["unread_errors"], "the topology stops");
}

TEST_F(Explain, RefusesWhatLintRefuses) {
    const Outcome got = weir({"explain", "t.yaml", "--set", "smu=10"}, folder_.path());
    EXPECT_EQ(got.out, "");
    EXPECT_THAT(got.err, testing::HasSubstr("error[unknown-parameter]"));
    EXPECT_EQ(got.code, 2);
}

TEST_F(Explain, DrawsGraphs) {
    EXPECT_EQ(weir({"graph", "t.yaml"}, folder_.path()).out, R"(flowchart LR
    raw(["raw<br/>generate"])
    matched["matched<br/>pair_match"]
    shown(["shown<br/>console"])
    failed(["failed<br/>console"])
    raw -->|"n: int64"| matched
    matched -->|"left: int64, right: int64"| shown
    matched -.->|"errors"| failed
)");
    EXPECT_EQ(weir({"graph", "t.yaml", "--format", "dot"}, folder_.path()).out, R"(digraph "pairs" {
    rankdir=LR;
    node [shape=box];
    "raw" [label="raw\ngenerate", style=rounded];
    "matched" [label="matched\npair_match"];
    "shown" [label="shown\nconsole", style=rounded];
    "failed" [label="failed\nconsole", style=rounded];
    "raw" -> "matched" [label="n: int64"];
    "matched" -> "shown" [label="left: int64, right: int64"];
    "matched" -> "failed" [label="errors", style=dashed];
}
)");
}

}  // namespace
}  // namespace weir::test
